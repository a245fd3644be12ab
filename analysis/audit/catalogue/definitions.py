"""Sections 4.4 (norms, ratios and thresholds) and 3.1, 6.1.1, 6.4.1 (the effect of slopes)."""

import math

import numpy as np
import pandas as pd

from vanishing_gradients.analysis import paper
from vanishing_gradients.analysis.audit.claim import Finding, Section, Verdict
from vanishing_gradients.analysis.audit.evidence import Evidence
from vanishing_gradients.analysis.audit.judges import (
    SEEDS,
    at,
    between,
    cells,
    in_seeds,
    number,
    seeds,
    span,
)

NEAR = 1e-3  # relative: distinguishes definitions, which differ by factors
NEAR_TABLE_9 = 3e-7  # less than half of what the norms of Table 9 fall by in ten epochs
RELATIVE = f"a relative {NEAR:g}: the definitions differ by factors"

definitions = Section("Definitions")


@definitions("Equation 3", tolerance=RELATIVE, experiment="relu_sgd")
def norm_equation_3(norms: pd.DataFrame) -> Finding:
    """the average gradient norm is the mean over the steps of the norm of the layer's gradient"""
    last = norms[norms["layer"] == paper.LAYERS].groupby("epoch")[["norm", "gradient_norm"]].mean()
    printed = paper.printed_norms()["layer_12_norm"]
    off = last.sub(printed, axis=0).abs().div(printed, axis=0).fillna(math.inf).max()
    return Finding.consistent_if(
        off["norm"] > NEAR,
        off["gradient_norm"] <= NEAR,
        f"Table 9 begins with {printed.iloc[0]:.9f}; the mean norm of the rows, which Figure 8 "
        f"computes, with {last['norm'].iloc[0]:.9f}; the mean norm of layer 12's whole gradient, "
        f"by Equation 3's rule, with {number(last['gradient_norm'].iloc[0])}",
    )


@definitions(
    "Figure 8", tolerance=f"Table 9 within {NEAR_TABLE_9:g} in every seed", experiment="relu_sgd",
    same_as="table_9_layer_12",
)  # fmt: skip
def norm_figure_8(norms: pd.DataFrame) -> Finding:
    """the root of the sum of squares of a row, averaged over the rows of an epoch"""
    last = norms[norms["layer"] == paper.LAYERS].set_index("epoch")["norm"]
    table_9 = last.index.map(paper.printed_norms()["layer_12_norm"])
    off = float((last - table_9).abs().fillna(math.inf).max())
    return Finding.reproduced_if(
        off <= NEAR_TABLE_9,
        f"mean norms of layer 12 are within {number(off)} of Table 9, "
        f"{seeds(norms['seed'].nunique())}",
    )


def matching(classes: pd.DataFrame, column: str = "class") -> list[int]:
    """Return how many cells of Table 7 agree with our classes, seed by seed."""
    printed = paper.printed_cells(7).stack()
    return [
        int((own.set_index(["epoch", "layer"])[column].reindex(printed.index) == printed).sum())
        for _, own in classes.groupby("seed")
    ]


@definitions(
    "Equation 4", tolerance="the direction that gives more cells of Table 7", experiment="relu_adam"
)
def ratio_equation_4(ratios: pd.DataFrame, evidence: Evidence) -> Finding:
    """the ratio divides the norm of layer l by that of layer l + 1"""
    lines = evidence.ask("ratio_thresholds").iloc[0]
    inverse = 1 / ratios["ratio"].where(ratios["ratio"] != 0)
    classes = pd.Series("stable", index=ratios.index)
    classes[inverse <= lines["vanishing"]] = "vanishing"
    classes[inverse > lines["exploding"]] = "exploding"
    classes[inverse.isna()] = "undefined"
    figure_9, equation_4 = matching(ratios), matching(ratios.assign(inverse=classes), "inverse")
    if sum(equation_4) > sum(figure_9):
        verdict = Verdict.REPRODUCED
    else:
        verdict = Verdict.UNDECIDED if sum(equation_4) == sum(figure_9) else Verdict.MISPRINT
    return Finding(
        verdict,
        "the text above it divides layer n by layer n - 1, and so does Figure 9; of Table 7's "
        f"110 cells that direction gives {_range(figure_9)} and Equation 4's "
        f"{_range(equation_4)}, {seeds(len(figure_9))}",
    )


@definitions(
    "Table 6", tolerance="the line that gives more cells of Table 7", experiment="relu_adam"
)
def threshold_table_6(ratios: pd.DataFrame, evidence: Evidence) -> Finding:
    """“>5”: “Possible exploding gradient”"""
    lines = evidence.ask("ratio_thresholds").iloc[0]
    at_thousand, at_five = matching(ratios), matching(ratios, "class_table_6")
    return Finding.consistent_if(
        sum(at_five) >= sum(at_thousand),
        sum(at_five) > sum(at_thousand),
        f"Section 5.3.1 goes by it (layer 2, 13 to 23, explodes) and so does Table 12 (7.31); "
        f"Figure 10, Section 5.1.1 and Table 7 go by {lines['exploding']:g}. Of Table 7's 110 "
        f"cells {_range(at_thousand)} agree if that is the line, and {_range(at_five)} if it is "
        f"{lines['exploding_table_6']:g}, {seeds(len(at_five))}",
    )


def _range(counts: list[int]) -> str:
    return between([str(min(counts)), str(max(counts))])


FACTOR = 10.0
SINGLE, DOUBLE = (float(np.finfo(kind).eps) for kind in (np.float32, np.float64))
BY_A_FACTOR = f"a factor of {FACTOR:g}, in epoch 1, {SEEDS}"

theory = Section("Theory")


@theory("Section 6.1.1, Equation 7", tolerance=BY_A_FACTOR, experiment="relu_adam")
def relu_passes_unchanged(norms: pd.DataFrame) -> Finding:
    """“When ... for most layers (as with ReLU), the gradient magnitude stays stable”, the slope
    being about 1
    """
    through = at(norms, "norm", 1, 2) / at(norms, "norm", 1, paper.LAYERS)
    return in_seeds(
        through.between(1 / FACTOR, FACTOR),
        "from layer 12 back to layer 2, through five activations and the weights between, the norm "
        f"of a sample's gradient is multiplied by {span(through)} in epoch 1",
    )


@theory(
    "Section 6.4.1",
    tolerance=f"a norm of layer 1 below the rounding unit of doubles, {DOUBLE:.1e}, {SEEDS}; which "
    f"precision is meant is not said, and that of single is {SINGLE:.1e}",
    experiment="sigmoid_sgd",
)
def machine_precision(norms: pd.DataFrame) -> Finding:
    """“the gradient magnitude at early layers can approach machine-level precision limits”"""
    first = cells(norms, "norm", 1)
    told = f"norms of layer 1 are {span(first)}"
    smallest = first.min(axis=1)
    if (smallest < SINGLE).all() and not (smallest < DOUBLE).any():
        return Finding(
            Verdict.UNDECIDED,
            f"{told}: below the unit of single precision, but not of doubles, which 45 GB (Section "
            "4.3.5) and the digits of Table 9 speak for",
        )
    return in_seeds(smallest < DOUBLE, told)
