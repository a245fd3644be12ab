"""Accuracy and loss of several experiments, a line each: the paper's Figures 22 and 23."""

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from vanishing_gradients.analysis.figures.curve import curve, gaps, note_of_gaps
from vanishing_gradients.analysis.figures.style import (
    ACCURACY_AXIS,
    LOSS_AXIS,
    layout,
    training_images,
    whole_axis,
    with_subtitle,
)
from vanishing_gradients.analysis.runs import Run

PANELS = (("Training", ""), ("Validation", "test_"))


def accuracy_by_experiment(curves: pd.DataFrame, runs: Sequence[Run]) -> go.Figure:
    """Draw the accuracy of `runs`, one of each experiment, all on one data set.

    `curves` holds the rows of training_curves of them all. Raises ValueError for runs on different
    data sets.
    """
    return _by_experiment("accuracy", ACCURACY_AXIS, curves, runs)


def loss_by_experiment(curves: pd.DataFrame, runs: Sequence[Run]) -> go.Figure:
    """Draw the loss of `runs`, as accuracy_by_experiment draws their accuracy."""
    return _by_experiment("loss", LOSS_AXIS, curves, runs)


def _by_experiment(
    metric: str, axis: Mapping[str, object], curves: pd.DataFrame, runs: Sequence[Run]
) -> go.Figure:
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
    figure = make_subplots(
        rows=2,
        cols=1,
        shared_xaxes=True,
        vertical_spacing=0.08,
        subplot_titles=[heading for heading, _ in PANELS],
    )
    figure.update_layout(layout(title))
    figure.update_annotations(x=0, xanchor="left", font={"size": 13})
    for row, (_, prefix) in enumerate(PANELS, start=1):
        missing = {}
        for place, run in enumerate(runs):
            own = curves[curves["run_id"] == run.run_id]
            parts = [f"run {run.run_id}", f"seed {run.seed}", run.precision]
            name = f"{run.experiment} ({', '.join(parts + [training_images(run)] * mixed)})"
            line = curve(own["epoch"], own[prefix + metric], name, metric, place)
            if line:
                figure.add_trace(line.update(showlegend=row == 1), row, 1)
            missing[run.experiment] = gaps(own, prefix + metric)
        note_of_gaps(figure, missing, row)
        whole_axis(figure, curves["epoch"], row)
        figure.update_yaxes(title_text=metric, **axis, row=row, col=1)
    figure.update_xaxes(title_text="epoch", row=2, col=1)
    return figure
