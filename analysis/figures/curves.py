"""Accuracy and loss over the epochs: the paper's Figures 12, 16, 19, 21, 22 and 23."""

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go

from vanishing_gradients.analysis.figures.lines import curve, gaps, note_of_gaps
from vanishing_gradients.analysis.figures.style import (
    METRIC_AXES,
    stacked,
    title_of_run,
    training_images,
    whole_axis,
    with_subtitle,
)
from vanishing_gradients.analysis.runs import Run

PARTS = {"training": "", "test": "test_"}
HEADINGS = [part.capitalize() for part in PARTS]

Lines = Mapping[str, tuple[str, str, pd.DataFrame]]
"""Name in the legend -> name in a note of gaps, column, and rows of training_curves."""


def accuracy_and_loss(curves: pd.DataFrame, run: Run) -> go.Figure:
    """Draw the rows of training_curves of one run: accuracy above, loss below, from zero up."""
    title = title_of_run("Accuracy and loss by epoch", run, of_gradients=False)
    figure = stacked(title, [""] * len(METRIC_AXES), 0.07)
    for row, metric in enumerate(METRIC_AXES, start=1):
        lines = {part: (part, prefix + metric, curves) for part, prefix in PARTS.items()}
        add_curves(figure, row, lines, metric)
        whole_axis(figure, curves["epoch"], row)
        figure.update_yaxes(title_text=metric, **METRIC_AXES[metric], row=row, col=1)
    return figure.update_xaxes(title_text="epoch", row=len(METRIC_AXES), col=1)


def accuracy_by_experiment(curves: pd.DataFrame, runs: Sequence[Run]) -> go.Figure:
    """Draw the accuracy of `runs`, one of each experiment, all on one data set.

    `curves` holds the rows of training_curves of them all. Raises ValueError for runs on different
    data sets.
    """
    return _by_experiment("accuracy", curves, runs)


def loss_by_experiment(curves: pd.DataFrame, runs: Sequence[Run]) -> go.Figure:
    """Draw the loss of `runs`, as accuracy_by_experiment draws their accuracy."""
    return _by_experiment("loss", curves, runs)


def add_curves(figure: go.Figure, row: int, lines: Lines, metric: str) -> None:
    """Draw `lines` in panel `row`, and say of which epochs they have no finite value."""
    for place, (name, (_, column, own)) in enumerate(lines.items()):
        line = curve(own["epoch"], own[column], name, metric, place)
        if line:
            figure.add_trace(line.update(showlegend=row == 1), row, 1)
    missing = {name: gaps(own, column) for name, column, own in lines.values()}
    note_of_gaps(figure, missing, row)


def _by_experiment(metric: str, curves: pd.DataFrame, runs: Sequence[Run]) -> go.Figure:
    datasets = {run.dataset for run in runs}
    if len(datasets) != 1:
        raise ValueError(f"one figure compares runs on one data set, not on {sorted(datasets)}")
    mixed = len({run.training_images for run in runs}) > 1
    common = "" if mixed else f", {training_images(runs[0])}"
    title = with_subtitle(
        f"{metric.capitalize()} by experiment",
        f"on <b>{datasets.pop()}</b>{common}",
        "the latest finished run of each experiment",
    )
    figure = stacked(title, HEADINGS, 0.08)
    for row, prefix in enumerate(PARTS.values(), start=1):
        lines = {}
        for run in runs:
            parts = [f"run {run.run_id}", f"seed {run.seed}", run.float_type]
            name = f"{run.experiment} ({', '.join(parts + [training_images(run)] * mixed)})"
            own = curves[curves["run_id"] == run.run_id]
            lines[name] = (run.experiment, prefix + metric, own)
        add_curves(figure, row, lines, metric)
        whole_axis(figure, curves["epoch"], row)
        figure.update_yaxes(title_text=metric, **METRIC_AXES[metric], row=row, col=1)
    return figure.update_xaxes(title_text="epoch", row=2, col=1)
