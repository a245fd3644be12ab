"""Section 4.4: what a norm, a ratio and a threshold is, by which the tables can be told apart."""

import math

import pandas as pd

from vanishing_gradients.analysis import paper
from vanishing_gradients.analysis.audit.claim import Claim
from vanishing_gradients.analysis.audit.evidence import Evidence
from vanishing_gradients.analysis.audit.judges import between, number, seeds
from vanishing_gradients.analysis.audit.verdict import Finding, consistent_if, reproduced_if

NEAR = 1e-3  # relative: a thousandth tells definitions apart that differ by factors


def _equation_3(evidence: Evidence, dataset: str) -> Finding:
    norms = evidence.norms("relu_sgd", dataset)
    last = norms[norms["layer"] == paper.LAYERS].groupby("epoch")[["norm", "gradient_norm"]].mean()
    printed = paper.printed_norms()["layer_12_norm"]
    off = last.sub(printed, axis=0).abs().div(printed, axis=0).fillna(math.inf).max()
    return consistent_if(
        off["norm"] > NEAR,
        off["gradient_norm"] <= NEAR,
        f"Table 9 begins with {printed.iloc[0]:.9f}; the mean norm of the rows, which Figure 8 "
        f"computes, with {last['norm'].iloc[0]:.9f}; the mean norm of the layer's whole gradient, "
        f"which Equation 3 defines, with {number(last['gradient_norm'].iloc[0])}",
    )


def _figure_8(evidence: Evidence, dataset: str) -> Finding:
    norms = evidence.norms("relu_sgd", dataset)
    last = norms[norms["layer"] == paper.LAYERS].set_index("epoch")["norm"]
    printed = paper.printed_norms()["layer_12_norm"]
    table_9 = last.index.map(printed)
    count = norms["seed"].nunique()
    off = float(((last - table_9) / table_9).abs().fillna(math.inf).max())
    return reproduced_if(
        off <= NEAR,
        f"mean norms of layer 12 are within a relative {number(off)} of Table 9, {seeds(count)}",
    )


def matching(classes: pd.DataFrame, column: str = "class") -> int:
    """Return how many cells of Table 7 agree with the classes of one seed."""
    printed = paper.printed_cells(7).stack()
    ours = classes.set_index(["epoch", "layer"])[column]
    return int((ours.reindex(printed.index) == printed).sum())


def _equation_4(evidence: Evidence, dataset: str) -> Finding:
    ratios = evidence.ratios("relu_adam", dataset)
    lines = evidence.thresholds()
    inverse = 1 / ratios["ratio"].where(ratios["ratio"] != 0)
    classes = pd.Series("stable", index=ratios.index)
    classes[inverse <= lines["vanishing"]] = "vanishing"
    classes[inverse > lines["exploding"]] = "exploding"
    classes[inverse.isna()] = "undefined"
    both = ratios.assign(inverse=classes)
    figure_9 = [matching(own) for _, own in both.groupby("seed")]
    equation_4 = [matching(own, "inverse") for _, own in both.groupby("seed")]
    return consistent_if(
        sum(equation_4) >= sum(figure_9),
        sum(equation_4) > sum(figure_9),
        f"of Table 7's 110 cells, Figure 9's direction, l + 1 over l, gives {_range(figure_9)} and "
        f"Equation 4's {_range(equation_4)}, {seeds(len(figure_9))}",
    )


def _table_6(evidence: Evidence, dataset: str) -> Finding:
    ratios = evidence.ratios("relu_adam", dataset)
    lines = evidence.thresholds()
    at_thousand = [matching(own) for _, own in ratios.groupby("seed")]
    at_five = [matching(own, "class_table_6") for _, own in ratios.groupby("seed")]
    return consistent_if(
        sum(at_five) >= sum(at_thousand),
        sum(at_five) > sum(at_thousand),
        f"of Table 7's 110 cells, the line at {lines['exploding']:g}, which Figure 10 draws, gives "
        f"{_range(at_thousand)} and that at {lines['exploding_table_6']:g} {_range(at_five)}, "
        f"{seeds(len(at_five))}",
    )


def _range(counts: list[int]) -> str:
    return between([str(min(counts)), str(max(counts))])


CLAIMS = (
    Claim(
        "norm_equation_3",
        "Equation 3",
        "the average gradient norm is the mean over the steps of the norm of the layer's gradient",
        f"a relative {NEAR:g}: the definitions differ by factors",
        _equation_3,
    ),
    Claim(
        "norm_figure_8",
        "Figure 8",
        "AVG(SQRT(POW(Gradient1, 2) + ...)) over the rows of an epoch",
        f"a relative {NEAR:g}: the definitions differ by factors",
        _figure_8,
    ),
    Claim(
        "ratio_equation_4",
        "Equation 4",
        "the ratio divides the norm of layer l by that of layer l + 1",
        "the direction that gives more cells of Table 7",
        _equation_4,
    ),
    Claim(
        "threshold_table_6",
        "Table 6",
        "above 5: possible exploding gradient",
        "the line that gives more cells of Table 7",
        _table_6,
    ),
)
