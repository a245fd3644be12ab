"""Accuracy and loss over the epochs: the paper's Figures 12, 16, 19, 21, 22 and 23."""

from collections.abc import Collection, Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go

from vanishing_gradients.analysis.errors import LeftOutError
from vanishing_gradients.analysis.figures import style
from vanishing_gradients.analysis.figures.figure import figure
from vanishing_gradients.analysis.figures.marks import numbered_look
from vanishing_gradients.analysis.runs import Run
from vanishing_gradients.analysis.words import NOT_FINITE, exact, plural

PARTS = {"training": "", "test": "test_"}
HEADINGS = [part.capitalize() for part in PARTS]
MOST_NAMED = 6  # epochs
NOBODY = "they were not logged: w.log(loss=...) and w.evaluated(...) do that"
UNTOLD = f"not told, or {NOT_FINITE},"

Lines = Mapping[str, tuple[str, str, pd.DataFrame]]
"""Name in the legend -> name in a note of gaps, column, and rows of training_curves."""


@figure("Accuracy and loss", curves="training_curves")
def accuracy_and_loss(curves: pd.DataFrame, run: Run) -> go.Figure:
    """Draw the rows of training_curves of one run: accuracy above, loss below, from zero up.

    Training values are averages over the epoch, while the weights change; test values are over the
    test images after the epoch. The loss is the one that the network was trained with, categorical
    cross-entropy in the paper. As in its Figures 12, 16, 19 and 21.

    Raises LeftOutError for a watched model that logged neither.
    """
    metrics = [each for each in style.METRIC_AXES if not run.watched or _is_told(curves, each)]
    if not metrics:
        raise LeftOutError(" and ".join(style.METRIC_AXES), NOBODY)
    what = " and ".join(metrics).capitalize()
    title = style.title_of_run(f"{what} by epoch", run, of_gradients=False)
    figure = style.stacked(title, [""] * len(metrics), 0.07)
    for row, metric in enumerate(metrics, start=1):
        lines = {part: (part, prefix + metric, curves) for part, prefix in PARTS.items()}
        add_curves(figure, row, lines, metric, lines if run.watched else ())
        figure.update_yaxes(title_text=metric, **style.METRIC_AXES[metric], row=row)
    style.whole_axis(figure, curves["epoch"], "epoch")
    return figure


@figure("Accuracy by experiment", curves="training_curves")
def accuracy_by_experiment(curves: pd.DataFrame, runs: Sequence[Run]) -> go.Figure:
    """Draw the accuracy of `runs`, one per experiment, all on one data set.

    One line per experiment: its latest finished run on this data set. As in the paper's Figure 22.

    `curves` holds the rows of training_curves of them all. Raises ValueError for runs on different
    data sets.
    """
    return _by_experiment("accuracy", curves, runs)


@figure("Loss by experiment", curves="training_curves")
def loss_by_experiment(curves: pd.DataFrame, runs: Sequence[Run]) -> go.Figure:
    """Draw the loss of `runs`, as accuracy_by_experiment draws their accuracy.

    One line per experiment: its latest finished run on this data set. As in the paper's Figure 23.
    """
    return _by_experiment("loss", curves, runs)


def _is_told(curves: pd.DataFrame, metric: str) -> bool:
    """Return whether a metric's training or test values are known for any epoch."""
    return bool(curves[[prefix + metric for prefix in PARTS.values()]].notna().any(axis=None))


def add_curves(
    figure: go.Figure, row: int, lines: Lines, metric: str, watched: Collection[str] = ()
) -> None:
    """Draw `lines` in panel `row`, and say in which epochs they have no finite value.

    `watched` has the names of the lines of watched models, whose missing values may never have been
    logged.
    """
    listed = {trace.name for trace in figure.data}
    for place, (name, (_, column, own)) in enumerate(lines.items()):
        if own[column].isna().all():
            continue
        look = numbered_look(name, place)
        line = go.Scatter(
            x=own["epoch"].tolist(),
            y=[None if pd.isna(value) else value for value in own[column]],
            text=[
                f"<b>{name}, epoch {epoch}</b><br>{metric} {exact(value)}"
                for epoch, value in zip(own["epoch"], own[column], strict=True)
            ],
            mode="lines+markers",
            name=name,
            legendgroup=name,
            showlegend=name not in listed,
            cliponaxis=False,
            line={"color": look.color, "dash": look.dash, "width": 2},
            marker={"symbol": look.symbol, "size": 8},
            hovertemplate="%{text}<extra></extra>",
        )
        figure.add_trace(line, row, 1)
    notes = []
    for key, (name, column, own) in lines.items():
        missing = own[column].isna()
        if key in watched and missing.all():
            notes.append(f"{name}: not told")
        elif missing.any():
            why = UNTOLD if key in watched else NOT_FINITE
            notes.append(f"{name}: {why} in {_epochs(own.loc[missing, 'epoch'].tolist())}")
    _note(figure, notes, row)


def note_of_gaps(figure: go.Figure, gaps: Mapping[str, list[int]], row: int) -> None:
    """Write into panel `row` which lines have no finite value, and in which epochs."""
    notes = [f"{name}: {NOT_FINITE} in {_epochs(own)}" for name, own in gaps.items() if own]
    _note(figure, notes, row)


def _note(figure: go.Figure, notes: Sequence[str], row: int) -> None:
    if notes:
        figure.add_annotation(
            text="<br>".join(notes),
            x=0.02,
            y=0.5,
            xref="x domain",
            yref="y domain",
            xanchor="left",
            align="left",
            showarrow=False,
            font={"color": style.INK, "size": 12},
            bgcolor="rgba(255,255,255,0.85)",
            row=row,
            col=1,
        )


def _epochs(epochs: list[int]) -> str:
    named = ", ".join(map(str, epochs[:MOST_NAMED]))
    more = len(epochs) - MOST_NAMED
    return f"{plural(len(epochs), 'epoch')} {named}" + (f" and {more} more" if more > 0 else "")


def _by_experiment(metric: str, curves: pd.DataFrame, runs: Sequence[Run]) -> go.Figure:
    datasets = {run.dataset for run in runs}
    if len(datasets) != 1:
        raise ValueError(
            f"one figure compares runs on one data set, not on {sorted(map(str, datasets))}"
        )
    mixed = len({run.training_images for run in runs}) > 1
    images = [style.training_images(run) for run in runs]
    common = f", {images[0]}" if images[0] and not mixed else ""
    title = style.with_subtitle(
        f"{metric.capitalize()} by experiment",
        f"{style.on_dataset(datasets.pop()).strip()}{common}",
        "the latest finished run of each experiment",
    )
    figure = style.stacked(title, HEADINGS, 0.08)
    for row, prefix in enumerate(PARTS.values(), start=1):
        lines = {}
        for run, seen in zip(runs, images, strict=True):
            about = style.about(run, "") + (f", {seen}" if mixed and seen else "")
            own = curves[curves["run_id"] == run.run_id]
            lines[f"{run.experiment} ({about})"] = (run.experiment, prefix + metric, own)
        names = zip(lines, runs, strict=True)
        add_curves(figure, row, lines, metric, [name for name, run in names if run.watched])
    figure.update_yaxes(title_text=metric, **style.METRIC_AXES[metric])
    style.whole_axis(figure, curves["epoch"], "epoch")
    return figure
