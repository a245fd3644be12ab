"""Sections 5.4 and 6.4: sigmoid with SGD, Table 11, Figures 20 and 21."""

import pandas as pd

from vanishing_gradients.analysis import paper
from vanishing_gradients.analysis.audit.catalogue.training import at_chance, loss_between
from vanishing_gradients.analysis.audit.claim import Claim
from vanishing_gradients.analysis.audit.evidence import Evidence
from vanishing_gradients.analysis.audit.judges import ratios_of, sentence, span
from vanishing_gradients.analysis.audit.stored import DIGITS, all_ones, constant, infinite, zero
from vanishing_gradients.analysis.audit.verdict import Finding, consistent_if

EXPERIMENT = "sigmoid_sgd"
EARLY = (1, 2, 3, 4)
DEEP = tuple(range(5, paper.LAYERS))
COLUMNS = {(5, 7, 9, 11): "1", (6,): "1.224744871", (8,): "1.08012345", (10,): "1.026436276"}
TO_TEN_DIGITS = f"{DIGITS:g}: the paper prints ten digits"


def constants(experiment: str, table: int) -> tuple[Claim, ...]:
    """Return the claims on the columns of a table that hold one number in all epochs."""
    return tuple(
        Claim(
            f"table_{table}_layers_{'_'.join(map(str, layers))}",
            f"Table {table}",
            f"{'layers' if len(layers) > 1 else 'layer'} {', '.join(map(str, layers))}: "
            f"{printed} in all epochs",
            TO_TEN_DIGITS,
            constant(experiment, table, layers),
        )
        for layers, printed in COLUMNS.items()
    )


def _exactly_one(ratios: pd.DataFrame) -> bool:
    own = ratios[ratios["layer"].isin(DEEP)]
    return bool(((own["ratio"] - 1).abs() <= DIGITS).all())


def _layers_1_14(evidence: Evidence, dataset: str) -> Finding:
    layers = evidence.sizes(EXPERIMENT, dataset)["layer"].max()
    return consistent_if(
        paper.LAYERS >= 14,
        layers >= 14,
        f"there are {layers} layers, and Table 11 is infinite in layers 1 to 4",
    )


def _preserved(evidence: Evidence, dataset: str) -> Finding:
    finding = all_ones(EXPERIMENT, DEEP)(evidence, dataset)
    norms = evidence.norms(EXPERIMENT, dataset)
    wide = norms.pivot(index=["seed", "epoch"], columns="layer", values="norm")
    growth = wide[11] / wide[5].where(wide[5] != 0)
    told = f"{finding.found}; of the dense layers, the norm of 11 is {span(growth)} times that of 5"
    return Finding(finding.verdict, told, finding.view)


CLAIMS = (
    Claim(
        "table_11_infinite",
        "Table 11",
        "layers 1 to 4: infinity in all epochs",
        "exact: a norm is zero or is not",
        infinite(EXPERIMENT, EARLY),
    ),
    *constants(EXPERIMENT, 11),
    Claim(
        "no_signal_at_all",
        "Sections 5.4.1, 6.4.2",
        "layers 1 to 4 are receiving no gradient signal at all; the average gradient is 0",
        "exact: a norm is zero or is not",
        zero(EXPERIMENT, EARLY),
    ),
    Claim(
        "exactly_one",
        "Section 6.4",
        "layers 5 to 11 showed constant ratios (exactly 1.0)",
        TO_TEN_DIGITS,
        sentence(
            lambda: bool((paper.printed_ratios(11)[list(DEEP)] == 1).all(axis=None)),
            ratios_of(EXPERIMENT),
            _exactly_one,
            lambda ratios: f"ours are {span(ratios.loc[ratios['layer'].isin(DEEP), 'ratio'])}",
        ),
    ),
    Claim(
        "consistently_preserved",
        "Section 5.4.1",
        "the gradient is consistently preserved across layers 5 to 11, with no vanishing",
        "a factor of two either way, in most cells",
        _preserved,
    ),
    Claim(
        "layers_1_to_14",
        "Section 5.4.1",
        "backpropagation breaks down in the early layers (Layers 1-14)",
        "exact: it is a count",
        _layers_1_14,
    ),
    at_chance(EXPERIMENT, "Section 5.4.2, Figure 21", "accuracy remains fixed at 10%"),
    loss_between(EXPERIMENT, "Section 5.4.2, Figure 21", 2.303, 2.304),
)
