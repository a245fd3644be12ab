"""Sections 3.1, 6.1.1 and 6.4.1: what the derivatives of the activations are said to do."""

import sys

import pandas as pd

from vanishing_gradients.analysis import paper
from vanishing_gradients.analysis.audit.claim import Finding, Section
from vanishing_gradients.analysis.audit.judges import MOST_SEEDS, at, cells, in_most_seeds, span

FACTOR = 10.0
UNIT = sys.float_info.epsilon
BY_A_FACTOR = f"a factor of {FACTOR:g}, in epoch 1, {MOST_SEEDS}"

claim = Section("Theory")


@claim("Section 3.1.1", tolerance=BY_A_FACTOR, experiment="sigmoid_sgd")
def five_sigmoids(norms: pd.DataFrame) -> Finding:
    """with 5 sigmoid layers the gradient of the first would be multiplied by 0.25^5 (0.00098)"""
    return _multiplied_by(0.25**5, norms)


@claim("Section 6.1.1, Equation 7", tolerance=BY_A_FACTOR, experiment="relu_adam")
def relu_passes_unchanged(norms: pd.DataFrame) -> Finding:
    """whenever a neuron is active the gradient passes through unchanged and stays stable"""
    return _multiplied_by(1.0, norms)


def _multiplied_by(expected: float, norms: pd.DataFrame) -> Finding:
    """Test the norm of layer 2 over that of layer 12 in epoch 1."""
    through = at(norms, "norm", 1, 2) / at(norms, "norm", 1, paper.LAYERS)
    return in_most_seeds(
        through.between(expected / FACTOR, expected * FACTOR),
        "from layer 12 back to layer 2, through five activations and the weights between, the norm "
        f"of a sample's gradient is multiplied by {span(through)} in epoch 1",
    )


@claim(
    "Section 6.4.1",
    tolerance=f"a norm below 100 times the rounding unit of doubles, {UNIT:.1e}, {MOST_SEEDS}",
    experiment="sigmoid_sgd",
)
def machine_precision(norms: pd.DataFrame) -> Finding:
    """the gradient magnitude at early layers can approach machine-level precision limits"""
    first = cells(norms, "norm", 1)
    return in_most_seeds((first < 100 * UNIT).any(axis=1), f"norms of layer 1 are {span(first)}")
