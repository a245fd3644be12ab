"""How far a step moves a layer's weights, for their size."""

import math
from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from vanishing_gradients.analysis.figures.layer_panels import layer_panels
from vanishing_gradients.analysis.figures.log_panel import log_panel
from vanishing_gradients.analysis.figures.marks import NOT_FINITE, ORDINARY, ZERO, Mark
from vanishing_gradients.analysis.figures.style import EXPLODING_INK, exact, level, title_of_run
from vanishing_gradients.analysis.runs import Run

# A. Karpathy, CS231n, "Neural Networks Part 3", section "Ratio of weights:updates", Stanford, 2015,
# https://cs231n.github.io/neural-networks-3/#ratio: "somewhere around 1e-3"; far below it the
# learning rate may be too low, far above it too high.
GUIDE = 1e-3

MARKS = {
    ZERO: Mark("triangle-down", "zero: no step at all, at the bottom"),
    NOT_FINITE: Mark("hourglass", "not finite, or x / 0: at the top"),
}
HEADINGS = ("", "")


def update_ratio(ratios: pd.DataFrame, run: Run) -> go.Figure:
    """Draw `ratio` of the rows of update_ratios of one run, logarithmically, a line a layer."""
    marks = pd.Series(ORDINARY, index=ratios.index, dtype="object")
    marks[ratios["ratio"] == 0] = ZERO
    marks[ratios["ratio"].isna()] = NOT_FINITE
    axis = log_panel(ratios["ratio"], [GUIDE])
    points = ratios[["epoch", "layer"]].assign(
        y=ratios["ratio"].mask(marks == ZERO, axis.bottom).fillna(axis.top),
        mark=marks,
        hover=[_hover(row) for row in ratios.to_dict("records")],
    )
    names = dict(zip(ratios["layer"], ratios["layer_name"], strict=True))
    title = title_of_run("Update-to-weight ratio by layer", run, of_gradients=True)
    figure = layer_panels(title, HEADINGS, points, names, MARKS)
    figure.update_yaxes(**axis.layout("norm of the step / norm of the weights"))
    level(figure, GUIDE, f"usual guide: {GUIDE:g}", EXPLODING_INK, "dashdot", below=False)
    return figure


def _hover(row: Mapping[str, object]) -> str:
    lines = [
        f"<b>{row['layer_name']}, epoch {row['epoch']}</b>",
        f"update / weights {exact(row['ratio'])}",
        f"L2 norm of the weights {exact(row['weight_norm'])}",
        f"L2 norm of the update {exact(row['update_norm'])}",
        f"L2 norm of the gradient {exact(row['gradient_norm'])}",
    ]
    if not math.isnan(row["clipped"]) and row["clipped"] > 0:
        lines.append(f"clipped to {exact(row['clipped_norm'])}, in {row['clipped']:.1%} of steps")
    return "<br>".join(lines)
