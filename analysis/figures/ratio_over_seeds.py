"""Ratio of neighbouring layers' gradient norms of one experiment, over seeds."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from vanishing_gradients.analysis.figures.bands import Look, draw_lines, points_over_seeds
from vanishing_gradients.analysis.figures.gradient_norm_ratio import (
    HEADINGS,
    MARKS,
    PLACES,
    ratio_axes,
    special_ratios,
)
from vanishing_gradients.analysis.figures.layer_panels import open_panels
from vanishing_gradients.analysis.figures.layer_styles import LayerStyle, layer_styles
from vanishing_gradients.analysis.figures.marks import INFINITE
from vanishing_gradients.analysis.figures.seeds import by_experiment, title_over_seeds
from vanishing_gradients.analysis.figures.style import whole_axis
from vanishing_gradients.analysis.runs import Run


def ratio_over_seeds(
    norms: pd.DataFrame, thresholds: pd.DataFrame, runs: Sequence[Run]
) -> go.Figure:
    """Draw the ratios of `runs`, all of one experiment, as gradient_norm_ratio draws those of one.

    Each seed has its own ratio, norm of layer l + 1 over norm of layer l; the line is their median.
    An infinite ratio counts as larger than all others, an undefined one is left out. `norms` holds
    the rows of gradient_norms of all runs, `thresholds` the row of ratio_thresholds. Raises
    ValueError for runs of different experiments, on different data sets, or with the same seed.
    """
    groups = by_experiment(runs)
    if len(groups) != 1:
        raise ValueError(f"this figure is of one experiment, not of {sorted(groups)}")
    norms = norms[norms["run_id"].isin([run.run_id for run in runs])]
    styles = layer_styles(dict(zip(norms["layer"], norms["layer_name"], strict=True)))
    values = _values(norms, {run.run_id: run.seed for run in runs})
    title = title_over_seeds("Gradient-norm ratio over seeds", runs, of_gradients=True)
    figure, panels = open_panels(title, HEADINGS, [styles[n] for n in values["layer"].unique()])
    shown: set[str] = set()
    for row, members in enumerate(panels, start=1):
        lines = [
            (_look(style), points_over_seeds(values[values["layer"] == style.layer], PLACES))
            for style in members
        ]
        draw_lines(figure, row, lines, MARKS, shown)
        whole_axis(figure, values["x"], row)
    figure.update_xaxes(title_text="epoch", row=len(panels), col=1)
    drawn = values["mark"].map(PLACES).fillna(values["value"]).astype("float64")
    ratio_axes(figure, drawn, thresholds)
    return figure


def _values(norms: pd.DataFrame, seeds: dict[int, int]) -> pd.DataFrame:
    """Return the ratios of all layers, as points_over_seeds takes those of one."""
    below = norms[["run_id", "epoch", "layer", "norm"]]
    above = below.assign(layer=below["layer"] - 1)
    both = below.merge(above, on=["run_id", "epoch", "layer"], suffixes=("_below", "_above"))
    ratios = pd.DataFrame(
        {
            "ratio": both["norm_above"] / both["norm_below"].where(both["norm_below"] > 0),
            "numerator": both["norm_above"],
            "denominator": both["norm_below"],
        }
    )
    marks = special_ratios(ratios)
    return pd.DataFrame(
        {
            "layer": both["layer"],
            "strand": 0,
            "x": both["epoch"],
            "seed": both["run_id"].map(seeds),
            "value": ratios["ratio"].mask(marks == INFINITE, np.inf),
            "mark": marks,
            "heading": [
                f"<b>layer {row.layer}, epoch {row.epoch}</b><br>norm of layer {row.layer + 1} / "
                f"norm of layer {row.layer}"
                for row in both.itertuples()
            ],
        }
    )


def _look(style: LayerStyle) -> Look:
    return Look(str(style.layer), style.layer, style.color, style.dash, style.symbol)
