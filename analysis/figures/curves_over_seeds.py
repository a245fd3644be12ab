"""Accuracy and loss of several experiments over seeds, after the paper's Figures 22 and 23."""

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from vanishing_gradients.analysis.figures.bands import draw_lines, numbered_look, points_over_seeds
from vanishing_gradients.analysis.figures.by_experiment import PANELS
from vanishing_gradients.analysis.figures.curve import gaps, note_of_gaps
from vanishing_gradients.analysis.figures.marks import NOT_FINITE, ORDINARY
from vanishing_gradients.analysis.figures.seeds import by_experiment, seeds, title_over_seeds
from vanishing_gradients.analysis.figures.style import ACCURACY_AXIS, LOSS_AXIS, layout, whole_axis
from vanishing_gradients.analysis.runs import Run


def accuracy_over_seeds(curves: pd.DataFrame, runs: Sequence[Run]) -> go.Figure:
    """Draw the accuracy of `runs`, an experiment a line: its median over seeds, in a band.

    `curves` holds the rows of training_curves of them all. Raises ValueError for runs on different
    data sets, or with the same experiment and seed.
    """
    return _over_seeds("accuracy", ACCURACY_AXIS, curves, runs)


def loss_over_seeds(curves: pd.DataFrame, runs: Sequence[Run]) -> go.Figure:
    """Draw the loss of `runs`, as accuracy_over_seeds draws their accuracy.

    A loss that was not finite is left out of the median; the legend says of how many seeds.
    """
    return _over_seeds("loss", LOSS_AXIS, curves, runs)


def _over_seeds(
    metric: str, axis: Mapping[str, object], curves: pd.DataFrame, runs: Sequence[Run]
) -> go.Figure:
    groups = by_experiment(runs)
    figure = make_subplots(
        rows=2,
        cols=1,
        shared_xaxes=True,
        vertical_spacing=0.08,
        subplot_titles=[heading for heading, _ in PANELS],
    )
    title = title_over_seeds(f"{metric.capitalize()} over seeds", runs, of_gradients=False)
    figure.update_layout(layout(title))
    figure.update_annotations(x=0, xanchor="left", font={"size": 13})
    shown: set[str] = set()
    epochs = curves.loc[curves["run_id"].isin([run.run_id for run in runs]), "epoch"]
    for row, (_, prefix) in enumerate(PANELS, start=1):
        lines, missing = [], {}
        for place, (experiment, members) in enumerate(groups.items()):
            own = curves[curves["run_id"].isin([run.run_id for run in members])]
            look = numbered_look(f"{experiment} ({_seeds(own, metric, members)})", place)
            lines.append((look, points_over_seeds(_values(own, prefix + metric, members), {})))
            if own[prefix + metric].isna().all():
                missing[experiment] = sorted(set(gaps(own, prefix + metric)))
        draw_lines(figure, row, lines, {}, shown)
        note_of_gaps(figure, missing, row)
        whole_axis(figure, epochs, row)
        figure.update_yaxes(title_text=metric, **axis, row=row, col=1)
    figure.update_xaxes(title_text="epoch", row=2, col=1)
    return figure


def _seeds(own: pd.DataFrame, metric: str, members: Sequence[Run]) -> str:
    """Return the number of seeds, and how many of them had a value that was not finite."""
    broken = own[[prefix + metric for _, prefix in PANELS]].isna().any(axis=1)
    count = own.loc[broken, "run_id"].nunique()
    return seeds(members) + (f", {count} not always finite" if count else "")


def _values(own: pd.DataFrame, column: str, members: Sequence[Run]) -> pd.DataFrame:
    """Return the values of one line, as points_over_seeds takes them."""
    what = column.replace("_", " ")
    return pd.DataFrame(
        {
            "strand": 0,
            "x": own["epoch"],
            "seed": own["run_id"].map({run.run_id: run.seed for run in members}),
            "value": own[column],
            "mark": own[column].isna().map({True: NOT_FINITE, False: ORDINARY}),
            "heading": [
                f"<b>{members[0].experiment}, epoch {epoch}</b><br>{what}" for epoch in own["epoch"]
            ],
        }
    )
