"""Sections 3.1, 6.1.1 and 6.4.1: what the derivatives of the activations are said to do."""

import sys

import pandas as pd

from vanishing_gradients.analysis import paper
from vanishing_gradients.analysis.audit.claim import Claim
from vanishing_gradients.analysis.audit.evidence import Evidence
from vanishing_gradients.analysis.audit.judges import MOST_SEEDS, in_most_seeds, norms_of, span
from vanishing_gradients.analysis.audit.verdict import Finding

FACTOR = 10.0
UNIT = sys.float_info.epsilon


def _through(norms: pd.DataFrame) -> pd.Series:
    """Return per seed, in epoch 1, the norm of layer 2 over that of layer 12."""
    first = norms[norms["epoch"] == 1].pivot(index="seed", columns="layer", values="norm")
    return first[2] / first[paper.LAYERS]


def _five_derivatives(norms: pd.DataFrame) -> bool:
    return bool(_through(norms).between(0.25**5 / FACTOR, 0.25**5 * FACTOR).all())


def _passes_unchanged(norms: pd.DataFrame) -> bool:
    return bool(_through(norms).between(1 / FACTOR, FACTOR).all())


def _found(norms: pd.DataFrame) -> str:
    return (
        "from layer 12 back to layer 2, through five activations and the weights between, the norm "
        f"of a sample's gradient is multiplied by {span(_through(norms))} in epoch 1"
    )


def _machine_precision(evidence: Evidence, dataset: str) -> Finding:
    def near(norms: pd.DataFrame) -> bool:
        return bool((norms.loc[norms["layer"] == 1, "norm"] < 100 * UNIT).any())

    def found(norms: pd.DataFrame) -> str:
        return f"norms of layer 1 are {span(norms.loc[norms['layer'] == 1, 'norm'])}"

    return in_most_seeds(norms_of("sigmoid_sgd"), near, found)(evidence, dataset)


CLAIMS = (
    Claim(
        "five_sigmoids",
        "Section 3.1.1",
        "with 5 sigmoid layers the gradient of the first would be multiplied by 0.25^5 (0.00098)",
        f"a factor of {FACTOR:g}, in epoch 1, {MOST_SEEDS}",
        in_most_seeds(norms_of("sigmoid_sgd"), _five_derivatives, _found),
    ),
    Claim(
        "relu_passes_unchanged",
        "Section 6.1.1, Equation 7",
        "whenever a neuron is active the gradient passes through unchanged and stays stable",
        f"a factor of {FACTOR:g}, in epoch 1, {MOST_SEEDS}",
        in_most_seeds(norms_of("relu_adam"), _passes_unchanged, _found),
    ),
    Claim(
        "machine_precision",
        "Section 6.4.1",
        "the gradient magnitude at early layers can approach machine-level precision limits",
        f"a norm below 100 times the rounding unit of doubles, {UNIT:.1e}, {MOST_SEEDS}",
        _machine_precision,
    ),
)
