"""Mean gradient by layer and epoch: the paper's Figures 11 and 15."""

from collections.abc import Collection, Mapping

import pandas as pd
import plotly.graph_objects as go

from vanishing_gradients.analysis.figures.layer_panels import layer_panels
from vanishing_gradients.analysis.figures.marks import NOT_FINITE, ORDINARY, ZERO, Mark
from vanishing_gradients.analysis.figures.style import (
    INK,
    MINUS,
    VANISHING_INK,
    exact,
    level,
    title_of_run,
)
from vanishing_gradients.analysis.figures.symmetric_log import SymmetricLog
from vanishing_gradients.analysis.runs import Run

VANISHING_REGION = 1e-3  # of a mean gradient, either side of zero: the paper's Figure 11

MARKS = {
    ZERO: Mark("circle", "exactly zero"),
    NOT_FINITE: Mark("hourglass", "no finite gradient, drawn at the top"),
}
HEADINGS = ("With weights: gradient of the weights", "Without: gradient of a sample")


def mean_gradient(
    norms: pd.DataFrame, run: Run, layers: Collection[int] | None = None
) -> go.Figure:
    """Draw `mean` of the rows of gradient_norms of one run, of all its layers or of `layers` alone.

    The axis is linear about zero and logarithmic beyond: means have either sign and all magnitudes.
    A layer alone looks as it does among all others. Raises ValueError for layers the run has not.
    """
    names = dict(zip(norms["layer"], norms["layer_name"], strict=True))
    if layers is not None:
        if not layers or not set(layers) <= set(names):
            raise ValueError(f"layers {sorted(layers)} are not some of {sorted(names)}")
        norms = norms[norms["layer"].isin(layers)]
    scale = SymmetricLog.fitting(norms["mean"], VANISHING_REGION)
    largest = max(norms["mean"].abs().fillna(0).max(), VANISHING_REGION)
    edge = float(scale.position(pd.Series([largest]))[0]) * 1.08
    marks = pd.Series(ORDINARY, index=norms.index, dtype="object")
    marks[norms["mean"] == 0] = ZERO
    marks[norms["mean"].isna()] = NOT_FINITE
    points = norms[["epoch", "layer"]].assign(
        y=scale.position(norms["mean"]).fillna(edge),
        mark=marks,
        hover=[_hover(row) for row in norms.to_dict("records")],
    )
    title = title_of_run(_what(layers, names), run, of_gradients=True)
    figure = layer_panels(title, HEADINGS, points, names, MARKS)
    positions, texts = scale.ticks(largest)
    figure.update_yaxes(
        range=[-1.14 * edge, 1.14 * edge],
        tickvals=positions,
        ticktext=texts,
        zeroline=True,
        zerolinecolor=INK,
        title_text=f"mean gradient (linear within ±{scale.unit:.0e})",
    )
    line = float(scale.position(pd.Series([VANISHING_REGION]))[0])
    level(figure, line, f"{VANISHING_REGION:g}", VANISHING_INK, "dash", below=False)
    level(figure, -line, f"{MINUS}{VANISHING_REGION:g}", VANISHING_INK, "dash", below=True)
    return figure


def _what(layers: Collection[int] | None, names: Mapping[int, str]) -> str:
    if layers is None:
        return "Mean gradient by layer and epoch"
    *before, last = sorted(set(layers))
    if not before:
        return f"Mean gradient of {names[last]}"
    return f"Mean gradient of layers {', '.join(map(str, before))} and {last}"


def _hover(row: Mapping[str, object]) -> str:
    return "<br>".join(
        (
            f"<b>{row['layer_name']}, epoch {row['epoch']}</b>",
            f"mean gradient {exact(row['mean'])}",
            f"median {exact(row['median'])}",
        )
    )
