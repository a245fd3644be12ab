"""Gradient noise scale by layer and epoch: how many samples a batch takes to be more than noise."""

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from vanishing_gradients.analysis.figures.layer_panels import layer_panels
from vanishing_gradients.analysis.figures.log_panel import log_panel
from vanishing_gradients.analysis.figures.marks import NOT_FINITE, ORDINARY, UNDEFINED, ZERO, Mark
from vanishing_gradients.analysis.figures.style import (
    EXPLODING_INK,
    exact,
    level,
    many,
    title_of_run,
)
from vanishing_gradients.analysis.runs import Run

MARKS = {
    ZERO: Mark("triangle-down", "zero or below: no noise, at the bottom"),
    UNDEFINED: Mark("x", "no estimate: noise, or zeros; at the top"),
    NOT_FINITE: Mark("hourglass", "no finite gradient, at the top"),
}
HEADINGS = ("", "")


def noise_scale(scales: pd.DataFrame, batch_size: int, run: Run) -> go.Figure:
    """Draw the simple noise scale, tr(Sigma) / |G|^2 in samples, a line a layer.

    McCandlish, Kaplan, Amodei and the OpenAI Dota Team, 2018, An Empirical Model of Large-Batch
    Training, Equation 2.9, https://arxiv.org/abs/1812.06162. `scales` has layer, layer_name and the
    columns of a layer's noise_scale view; `batch_size` is drawn as a line.
    """
    marks = pd.Series(ORDINARY, index=scales.index, dtype="object")
    marks[scales["noise_scale"] <= 0] = ZERO
    marks[scales["noise_scale"].isna()] = UNDEFINED
    marks[scales["mean_square"].isna()] = NOT_FINITE
    values = scales["noise_scale"].clip(lower=0)
    axis = log_panel(values, [batch_size])
    points = scales[["epoch", "layer"]].assign(
        y=values.mask(marks == ZERO, axis.bottom).fillna(axis.top),
        mark=marks,
        hover=[_hover(row) for row in scales.to_dict("records")],
    )
    names = dict(zip(scales["layer"], scales["layer_name"], strict=True))
    title = title_of_run("Gradient noise scale by layer", run, of_gradients=True)
    figure = layer_panels(title, HEADINGS, points, names, MARKS)
    figure.update_yaxes(**axis.layout("simple noise scale, in samples"))
    level(figure, batch_size, f"batch size {batch_size}", EXPLODING_INK, "dashdot", below=False)
    return figure


def _hover(row: Mapping[str, object]) -> str:
    return "<br>".join(
        (
            f"<b>{row['layer_name']}, epoch {row['epoch']}</b>",
            f"noise scale {exact(row['noise_scale'])} samples",
            f"mean of |g|² {exact(row['mean_square'])}",
            f"|mean of g|² {exact(row['square_of_mean'])}",
            many(row["steps"], "batch", "batches"),
        )
    )
