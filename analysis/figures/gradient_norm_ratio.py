"""Ratio of neighbouring layers' gradient norms: the paper's Figures 10, 13, 17, 18 and 20."""

import math
from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from vanishing_gradients.analysis.figures.layer_panels import layer_panels
from vanishing_gradients.analysis.figures.marks import (
    INFINITE,
    NOT_FINITE,
    ORDINARY,
    UNDEFINED,
    ZERO,
    Mark,
)
from vanishing_gradients.analysis.figures.style import (
    EXPLODING_INK,
    MINUS,
    VANISHING_INK,
    exact,
    level,
    title_of_run,
)
from vanishing_gradients.analysis.runs import Run

# A logarithmic axis has no place for infinity and zero: the paper draws them here.
INFINITE_AT = 1e6
ZERO_AT = 1e-6
PLACES = {INFINITE: INFINITE_AT, UNDEFINED: INFINITE_AT, NOT_FINITE: INFINITE_AT, ZERO: ZERO_AT}
MARKS = {
    INFINITE: Mark("triangle-up", "infinite (x / 0), drawn at 10<sup>6</sup>"),
    UNDEFINED: Mark("x", "undefined (0 / 0), drawn at 10<sup>6</sup>"),
    NOT_FINITE: Mark("hourglass", "no finite gradient, drawn at 10<sup>6</sup>"),
    ZERO: Mark("triangle-down", f"zero (0 / x), drawn at 10<sup>{MINUS}6</sup>"),
}

HEADINGS = ("<i>l</i> is a layer with weights", "<i>l</i> is an activation or other layer")
MOST_TICKS = 8


def gradient_norm_ratio(
    ratios: pd.DataFrame, names: Mapping[int, str], thresholds: pd.DataFrame, run: Run
) -> go.Figure:
    """Draw the rows of gradient_norm_ratios of one run on a logarithmic axis.

    `names` is number -> name of all layers, `thresholds` the row of ratio_thresholds. Line l is the
    norm of layer l + 1 over the norm of layer l.
    """
    marks = special_ratios(ratios)
    points = ratios[["epoch", "layer"]].assign(
        y=marks.map(PLACES).fillna(ratios["ratio"]).astype("float64"),
        mark=marks,
        hover=[
            hover_of_ratio(row, mark, names)
            for row, mark in zip(ratios.to_dict("records"), marks, strict=True)
        ],
    )
    title = title_of_run("Gradient-norm ratio by layer and epoch", run, of_gradients=True)
    figure = layer_panels(title, HEADINGS, points, names, MARKS)
    ratio_axes(figure, points["y"], thresholds)
    return figure


def ratio_axes(figure: go.Figure, drawn: pd.Series, thresholds: pd.DataFrame) -> None:
    """Give every panel a logarithmic axis that holds all that is `drawn`, and the thresholds."""
    vanishing, exploding = thresholds[["vanishing", "exploding"]].iloc[0]
    lowest = math.log10(min(drawn.min(), vanishing))
    highest = math.log10(max(drawn.max(), exploding))
    margin = 0.12 * (highest - lowest)  # the labels of the two lines may lie in it
    figure.update_yaxes(
        type="log",
        range=[lowest - margin, highest + margin],
        dtick=math.ceil((highest - lowest) / MOST_TICKS),
        exponentformat="power",
        tickfont={"size": 11},  # plotly enlarges powers of ten by a quarter
        title_text="norm of <i>l</i> + 1 / norm of <i>l</i>",
    )
    level(figure, vanishing, f"vanishing ≤ {vanishing:g}", VANISHING_INK, "dash", below=True)
    level(figure, exploding, f"exploding > {exploding:g}", EXPLODING_INK, "dashdot", below=False)


def special_ratios(ratios: pd.DataFrame) -> pd.Series:
    """Return what kind of special value each ratio is, ORDINARY for a positive number.

    `ratios` has a ratio, NaN where there is none, its numerator and its denominator.
    """
    undefined = ratios["ratio"].isna()
    marks = pd.Series(ORDINARY, index=ratios.index, dtype="object")
    marks[ratios["ratio"] == 0] = ZERO
    marks[undefined & (ratios["numerator"] > 0)] = INFINITE
    marks[undefined & (ratios["numerator"] == 0)] = UNDEFINED
    marks[undefined & ratios[["numerator", "denominator"]].isna().any(axis=1)] = NOT_FINITE
    return marks


def hover_of_ratio(row: Mapping[str, object], mark: str, names: Mapping[int, str]) -> str:
    """Return what is said of one row of gradient_norm_ratios, with its mark."""
    layer = row["layer"]
    value = {
        INFINITE: "infinite (x / 0)",
        UNDEFINED: "undefined (0 / 0)",
        NOT_FINITE: "no finite gradient",
    }
    return "<br>".join(
        (
            f"<b>layer {layer}, epoch {row['epoch']}</b>",
            f"ratio {value.get(mark, exact(row['ratio']))} ({row['class']})",
            f"{names[layer + 1]}: norm {exact(row['numerator'])}",
            f"{names[layer]}: norm {exact(row['denominator'])}",
        )
    )
