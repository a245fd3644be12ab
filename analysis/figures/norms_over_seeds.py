"""Gradient norms along the layers of several experiments, over seeds, at first and at last."""

import math
from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from vanishing_gradients.analysis.figures.bands import draw_lines, numbered_look, points_over_seeds
from vanishing_gradients.analysis.figures.layer_styles import is_dense
from vanishing_gradients.analysis.figures.marks import NOT_FINITE, ORDINARY, ZERO, Mark
from vanishing_gradients.analysis.figures.seeds import by_experiment, seeds, title_over_seeds
from vanishing_gradients.analysis.figures.style import HEIGHT, ONE_PANEL, layout, whole_axis
from vanishing_gradients.analysis.runs import Run

MARKS = {
    ZERO: Mark("triangle-down", "zero in one seed or more, at the bottom"),
    NOT_FINITE: Mark("hourglass", "not finite in one seed or more, at the top"),
}
MOST_TICKS = 8


def norms_over_seeds(norms: pd.DataFrame, runs: Sequence[Run]) -> go.Figure:
    """Draw the norms of `runs`, an experiment a line, in their first epoch and in their last.

    `norms` holds the rows of gradient_norms of them all. A line connects dense layers, or all
    others, since the two kinds of norms differ by construction. Raises ValueError for runs on
    different data sets, or with the same experiment and seed.
    """
    groups = by_experiment(runs)
    norms = norms[norms["run_id"].isin([run.run_id for run in runs])]
    epochs = norms.groupby("run_id")["epoch"]
    first, last = epochs.transform("min"), epochs.transform("max")
    panels = {_heading("First", first): norms[norms["epoch"] == first]}
    if (first < last).any():
        panels[_heading("Last", last)] = norms[norms["epoch"] == last]
    shown_norms = pd.concat(panels.values())["norm"]
    bottom, top = _powers(shown_norms)
    places = {ZERO: 10.0**bottom, NOT_FINITE: 10.0**top}
    figure = make_subplots(
        rows=len(panels),
        cols=1,
        shared_xaxes=True,
        vertical_spacing=0.1,
        subplot_titles=list(panels),
    )
    title = title_over_seeds("Gradient norms by layer", runs, of_gradients=True)
    figure.update_layout(layout(title, HEIGHT if len(panels) > 1 else ONE_PANEL))
    figure.update_annotations(x=0, xanchor="left", font={"size": 13})
    shown: set[str] = set()
    for row, panel in enumerate(panels.values(), start=1):
        lines = []
        for place, (experiment, members) in enumerate(groups.items()):
            own = panel[panel["run_id"].isin([run.run_id for run in members])]
            look = numbered_look(f"{experiment} ({seeds(members)})", place)
            lines.append((look, points_over_seeds(_values(own, members), places)))
        draw_lines(figure, row, lines, MARKS, shown)
        whole_axis(figure, norms["layer"], row)
    figure.update_yaxes(
        type="log",
        range=[bottom - 0.5, top - 0.5 + shown_norms.isna().any()],
        dtick=math.ceil((top - bottom) / MOST_TICKS),
        exponentformat="power",
        tickfont={"size": 11},
        title_text="mean L2 norm of a row",
    )
    figure.update_xaxes(title_text="layer; filled: dense, open: other", row=len(panels), col=1)
    return figure


def _heading(which: str, epochs: pd.Series) -> str:
    smallest, largest = epochs.min(), epochs.max()
    return f"{which} epoch: {smallest}" + (f" to {largest}" if smallest < largest else "")


def _powers(norms: pd.Series) -> tuple[int, int]:
    """Return the powers of ten at which zeros, and norms that are not finite, are drawn."""
    positive = norms[norms > 0]
    if positive.empty:
        return -1, 1
    return math.floor(math.log10(positive.min())) - 1, math.ceil(math.log10(positive.max())) + 1


def _values(own: pd.DataFrame, members: Sequence[Run]) -> pd.DataFrame:
    """Return the values of one line, as points_over_seeds takes them."""
    marks = pd.Series(ORDINARY, index=own.index, dtype="object")
    marks[own["norm"] == 0] = ZERO
    marks[own["norm"].isna()] = NOT_FINITE
    return pd.DataFrame(
        {
            "strand": [0 if is_dense(name) else 1 for name in own["layer_name"]],
            "x": own["layer"],
            "seed": own["run_id"].map({run.run_id: run.seed for run in members}),
            "value": own["norm"],
            "mark": marks,
            "heading": [
                f"<b>{members[0].experiment}, {row.layer_name}</b><br>epoch {row.epoch}, norm"
                for row in own.itertuples()
            ],
        }
    )
