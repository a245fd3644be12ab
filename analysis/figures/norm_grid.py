"""Norms of gradients, and their ratios, as colours: a row a layer, a column an epoch."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from vanishing_gradients.analysis.figures.epoch_grid import Panel, by_kind, epoch_grid, marked
from vanishing_gradients.analysis.figures.gradient_norm_ratio import HEADINGS as RATIO_HEADINGS
from vanishing_gradients.analysis.figures.gradient_norm_ratio import hover_of_ratio, special_ratios
from vanishing_gradients.analysis.figures.log_colors import log_colors, log_colors_about_one
from vanishing_gradients.analysis.figures.marks import (
    INFINITE,
    NOT_FINITE,
    ORDINARY,
    UNDEFINED,
    ZERO,
)
from vanishing_gradients.analysis.figures.mean_gradient import HEADINGS
from vanishing_gradients.analysis.figures.style import exact, title_of_run
from vanishing_gradients.analysis.runs import Run

NORM_MEANINGS = {ZERO: "exactly zero", NOT_FINITE: "undefined: no finite gradient"}
RATIO_MEANINGS = {
    ZERO: "zero (0 / x)",
    INFINITE: "infinite (x / 0)",
    UNDEFINED: "undefined (0 / 0)",
    NOT_FINITE: "no finite gradient",
}


def norm_grid(norms: pd.DataFrame, run: Run) -> go.Figure:
    """Draw `norm` of the rows of gradient_norms of one run, coloured by its logarithm.

    Layers with weights have a panel and colours of their own: their norms differ from all others'
    by construction.
    """
    names = dict(zip(norms["layer"], norms["layer_name"], strict=True))
    marks = pd.Series(ORDINARY, index=norms.index, dtype="object")
    marks[norms["norm"] == 0] = ZERO
    marks[norms["norm"].isna()] = NOT_FINITE
    cells = norms[["layer", "epoch", "norm"]].assign(
        value=np.log10(marked(norms["norm"], marks)),
        mark=marks,
        hover=[_hover(row) for row in norms.to_dict("records")],
    )
    panels = [
        Panel(heading, own, log_colors(own["norm"], "mean L2 norm of a row"))
        for heading, own in by_kind(cells, names, HEADINGS)
    ]
    title = title_of_run("Gradient norm by layer and epoch", run, of_gradients=True)
    return epoch_grid(title, panels, NORM_MEANINGS)


def ratio_grid(ratios: pd.DataFrame, names: Mapping[int, str], run: Run) -> go.Figure:
    """Draw the rows of gradient_norm_ratios of one run, coloured by the ratio's logarithm.

    Row l is the norm of layer l + 1 over the norm of layer l; `names` is number -> name of layers.
    """
    marks = special_ratios(ratios)
    cells = ratios[["layer", "epoch", "ratio"]].assign(
        value=np.log10(marked(ratios["ratio"], marks)),
        mark=marks,
        hover=[
            hover_of_ratio(row, mark, names)
            for row, mark in zip(ratios.to_dict("records"), marks, strict=True)
        ],
    )
    panels = [
        Panel(heading, own, log_colors_about_one(own["ratio"], "norm of <i>l</i> + 1 / <i>l</i>"))
        for heading, own in by_kind(cells, names, RATIO_HEADINGS)
    ]
    title = title_of_run("Gradient-norm ratio as a map", run, of_gradients=True)
    return epoch_grid(title, panels, RATIO_MEANINGS)


def _hover(row: Mapping[str, object]) -> str:
    return "<br>".join(
        (
            f"<b>{row['layer_name']}, epoch {row['epoch']}</b>",
            f"mean L2 norm of a row {exact(row['norm'])}",
            f"L2 norm of the whole gradient {exact(row['gradient_norm'])}",
        )
    )
