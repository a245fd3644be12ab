"""A few runs of any kind beside each other: how they learn, and how far gradients reach."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from vanishing_gradients.analysis.figures.bands import Look, numbered_look
from vanishing_gradients.analysis.figures.curve import curve, gaps, note_of_gaps
from vanishing_gradients.analysis.figures.layer_styles import is_dense
from vanishing_gradients.analysis.figures.log_panel import log_panel
from vanishing_gradients.analysis.figures.marked_line import marked_line, outlines
from vanishing_gradients.analysis.figures.marks import (
    INFINITE,
    NOT_FINITE,
    ORDINARY,
    UNDEFINED,
    ZERO,
    Mark,
)
from vanishing_gradients.analysis.figures.style import (
    ACCURACY_AXIS,
    HEIGHT,
    INK,
    LOSS_AXIS,
    ONE_PANEL,
    exact,
    layout,
    level,
    whole_axis,
    with_subtitle,
)
from vanishing_gradients.analysis.runs import Run

CURVES = (
    ("Test accuracy", "test_accuracy", ACCURACY_AXIS),
    ("Test loss", "test_loss", LOSS_AXIS),
    ("Training accuracy", "accuracy", ACCURACY_AXIS),
    ("Training loss", "loss", LOSS_AXIS),
)
MARKS = {
    ZERO: Mark("triangle-down", "exactly zero, at the bottom"),
    INFINITE: Mark("triangle-up", "infinite (x / 0), at the top"),
    UNDEFINED: Mark("x", "undefined (0 / 0), at the top"),
    NOT_FINITE: Mark("hourglass", "no finite gradient, at the top"),
}
EVEN = 1.0  # first and last layer get gradients of one size


def label(run: Run) -> str:
    """Return how figures and tables name a run among others."""
    return f"{run.run_id} {run.experiment}"


def curves_compared(curves: pd.DataFrame, runs: Sequence[Run]) -> go.Figure:
    """Draw accuracy and loss of `runs`, a line each; `curves` holds rows of training_curves."""
    height = round(1.5 * HEIGHT)
    figure = make_subplots(
        rows=len(CURVES),
        cols=1,
        shared_xaxes=True,
        vertical_spacing=0.05,
        subplot_titles=[heading for heading, _, _ in CURVES],
    )
    figure.update_layout(layout(with_subtitle("Accuracy and loss", _data(runs)), height))
    figure.update_annotations(x=0, xanchor="left", font={"size": 13})
    for row, (heading, column, axis) in enumerate(CURVES, start=1):
        missing = {}
        for place, run in enumerate(runs):
            own = curves[curves["run_id"] == run.run_id]
            line = curve(own["epoch"], own[column], label(run), heading.lower(), place)
            if line:
                figure.add_trace(line.update(showlegend=row == 1), row, 1)
            missing[label(run)] = gaps(own, column)
        note_of_gaps(figure, missing, row)
        whole_axis(figure, curves["epoch"], row)
        figure.update_yaxes(**axis, row=row, col=1)
    figure.update_xaxes(title_text="epoch", row=len(CURVES), col=1)
    return figure


def norms_compared(norms: pd.DataFrame, runs: Sequence[Run]) -> go.Figure:
    """Draw the norm of every dense layer of `runs` in the first epoch, and in the last of each.

    `norms` holds rows of epoch_means. Where the runs differ in their number of dense layers the
    axis is relative depth: 0 is the first dense layer, 1 the last.
    """
    dense = dense_norms(norms)
    depths = dense.groupby("run_id")["depth"].max()
    relative = depths.nunique() > 1
    steps = (dense["run_id"].map(depths) - 1).clip(lower=1)
    dense = dense.assign(x=(dense["depth"] - 1) / steps if relative else dense["depth"])
    epochs = dense.groupby("run_id")["epoch"]
    parts = [("First epoch", epochs.transform("min")), ("Last epoch", epochs.transform("max"))]
    panels = {heading: dense[dense["epoch"] == epoch] for heading, epoch in parts}
    axis = log_panel(pd.concat(panels.values())["norm"])
    title = with_subtitle("Gradient norm of dense layers", _data(runs), "mean L2 norm of a row")
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.1, subplot_titles=list(panels)
    )
    figure.update_layout(layout(title))
    figure.update_annotations(x=0, xanchor="left", font={"size": 13})
    shown: set[str] = set()
    for row, panel in enumerate(panels.values(), start=1):
        marks = pd.Series(ORDINARY, index=panel.index, dtype="object")
        marks[panel["norm"] == 0] = ZERO
        marks[panel["norm"].isna()] = NOT_FINITE
        hover = [
            f"<b>run {each.run_id} {each.experiment}</b><br>{each.layer_name} (dense {each.depth} "
            f"of {depths[each.run_id]}), epoch {each.epoch}<br>norm {exact(each.norm)}"
            for each in panel.itertuples()
        ]
        points = panel[["run_id", "x"]].assign(
            y=panel["norm"].mask(marks == ZERO, axis.bottom).fillna(axis.top),
            mark=marks,
            hover=hover,
        )
        _draw(figure, row, points, runs, shown)
        if relative:
            figure.update_xaxes(range=[-0.04, 1.04], row=row, col=1)
        else:
            whole_axis(figure, dense["depth"], row)
    figure.update_yaxes(**axis.layout("norm"))
    what = "relative depth: 0 first dense layer, 1 last" if relative else "number of dense layer"
    figure.update_xaxes(title_text=what, row=2, col=1)
    return figure


def first_to_last_compared(norms: pd.DataFrame, runs: Sequence[Run]) -> go.Figure:
    """Draw the norm of the first dense layer over that of the last, by epoch, a line a run."""
    ratios = first_to_last(norms)
    endless = ratios["ratio"].where(ratios["mark"].isin((ORDINARY, ZERO)))
    axis = log_panel(endless, [EVEN])
    points = ratios.assign(
        x=ratios["epoch"],
        y=endless.mask(ratios["mark"] == ZERO, axis.bottom).fillna(axis.top),
        hover=[
            f"<b>run {each.run_id} {each.experiment}, epoch {each.epoch}</b><br>"
            f"first / last {exact(each.ratio)}<br>first: norm {exact(each.first)}<br>"
            f"last: norm {exact(each.last)}"
            for each in ratios.itertuples()
        ],
    )
    title = with_subtitle("First dense layer's norm over the last one's", _data(runs))
    figure = make_subplots(rows=1, cols=1)
    figure.update_layout(layout(title, ONE_PANEL))
    _draw(figure, 1, points, runs, set())
    whole_axis(figure, ratios["epoch"], 1)
    figure.update_xaxes(title_text="epoch")
    figure.update_yaxes(**axis.layout("norm of first / norm of last"))
    level(figure, EVEN, "as large as in the last", INK, "dot", below=False)
    return figure


def dense_norms(norms: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of dense layers, with `depth`: 1 is the first dense layer of its run."""
    dense = norms[[is_dense(name) for name in norms["layer_name"]]]
    return dense.assign(
        depth=dense.groupby(["run_id", "epoch"])["layer"].rank().astype("int64")
    ).sort_values(["run_id", "epoch", "layer"])


def first_to_last(norms: pd.DataFrame) -> pd.DataFrame:
    """Return one row a (run, epoch): ratio, what it is of (first, last), and its mark.

    `ratio` is infinite for x / 0 and NaN for 0 / 0 and where a norm is not finite.
    """
    groups = dense_norms(norms).groupby(["run_id", "experiment", "epoch"], sort=True)
    # Not first() and last(), which pass over NaN.
    ends = groups["norm"].agg(first=lambda own: own.iloc[0], last=lambda own: own.iloc[-1])
    ends = ends.reset_index()
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = pd.Series(ends["first"].to_numpy() / ends["last"].to_numpy(), index=ends.index)
    marks = pd.Series(ORDINARY, index=ends.index, dtype="object")
    marks[ratio == 0] = ZERO
    marks[np.isinf(ratio)] = INFINITE
    marks[ratio.isna()] = UNDEFINED
    marks[ends[["first", "last"]].isna().any(axis=1)] = NOT_FINITE
    return ends.assign(ratio=ratio, mark=marks)


def _draw(
    figure: go.Figure, row: int, points: pd.DataFrame, runs: Sequence[Run], shown: set[str]
) -> None:
    for run, look in looks(runs).items():
        own = points[points["run_id"] == run.run_id]
        if own.empty:
            continue
        line = marked_line(own, look, MARKS)
        line.update(legendgroup=look.name, showlegend=look.name not in shown, cliponaxis=False)
        figure.add_trace(line, row, 1)
        shown.add(look.name)
    for key, trace in outlines(points, MARKS, shown).items():
        figure.add_trace(trace, row, 1)
        shown.add(key)


def looks(runs: Sequence[Run]) -> Mapping[Run, Look]:
    """Return how each run is drawn, the same in every figure."""
    return {run: numbered_look(label(run), place) for place, run in enumerate(runs)}


def _data(runs: Sequence[Run]) -> str:
    datasets = sorted({run.dataset for run in runs})
    if len(datasets) == 1:
        return f"{len(runs)} runs on <b>{datasets[0]}</b>"
    return f"{len(runs)} runs, on <b>different data sets</b>: {', '.join(datasets)}"
