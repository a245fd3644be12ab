"""`make compare`: a few runs of any kind beside each other, what differs between them first.

Both are printed as tables, and written as a page with figures, and PNG of the figures beside it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy import Connection

from vanishing_gradients.analysis.errors import NoRowsError
from vanishing_gradients.analysis.figures.compared import (
    curves_compared,
    dense_norms,
    first_to_last,
    first_to_last_compared,
    label,
    norms_compared,
    ratio_in_words,
)
from vanishing_gradients.analysis.pages import INDEX, add_images, drawn, page, publish
from vanishing_gradients.analysis.runs import Run
from vanishing_gradients.analysis.settings import Difference, differences
from vanishing_gradients.analysis.views import ask
from vanishing_gradients.analysis.words import NOT_FINITE, Say, digits

CAPTIONS = {
    "curves": "Training values are over the images as the epoch met them, the weights changing "
    "meanwhile; test values are after the epoch. View: training_curves.",
    "norms": "Mean L2 norm of a row of the gradient of the weights. View: epoch_means.",
    "first_to_last": "Norm of the first dense layer over that of the last: far below 1 gradients "
    "vanish on their way to the input, far above 1 they explode. View: epoch_means.",
}
UNKNOWN = "not recorded"
WIDTH = 140  # of tables, where there is no terminal


@dataclass(frozen=True)
class Outcome:
    """One number of every run, as text, with what it is and how it was got."""

    name: str
    meaning: str
    values: tuple[str, ...]


def compare(connection: Connection, runs: list[Run], folder: Path, images: bool, say: Say) -> None:
    """Print a comparison of `runs`, and write it as a page with figures into `folder`."""
    ids = [run.run_id for run in runs]
    norms = ask(connection, "epoch_means", run_id=ids)
    curves = ask(connection, "training_curves", run_id=ids)
    provenance = [ask(connection, "run_provenance", run_id=run_id) for run_id in ids]
    found = differences(pd.concat(provenance), ids)
    results = outcomes(connection, runs, norms)
    notes = remarks(runs, norms)
    print_tables(runs, found, results)
    for note in notes:
        say(note)
    figures = {
        "curves": curves_compared(curves, runs),
        "norms": norms_compared(norms, runs),
        "first_to_last": first_to_last_compared(norms, runs),
    }
    text = page(
        "compare",
        runs=runs,
        labels=[label(run) for run in runs],
        notes=notes,
        differences=found,
        outcomes=results,
        plates=[(drawn(figure, name), CAPTIONS[name]) for name, figure in figures.items()],
    )
    publish(folder, {INDEX: text})
    for name in figures:  # an image shows what the page said when it was drawn
        (folder / f"{name}.png").unlink(missing_ok=True)
    say(f"{folder / INDEX}: open it in a browser; it needs no network.")
    if images:
        add_images(folder, figures, say, "page")


def remarks(runs: Sequence[Run], norms: pd.DataFrame) -> list[str]:
    """Return what keeps the runs from being compared one to one, a sentence each."""
    found = []
    datasets = sorted({run.dataset for run in runs})
    if len(datasets) > 1:
        found.append(
            f"The runs are on different data sets ({', '.join(datasets)}): losses and accuracies "
            "are not of one task."
        )
    depths = dense_norms(norms).groupby("run_id")["depth"].max()
    if depths.nunique() > 1:
        each = ", ".join(f"run {run.run_id} {depths[run.run_id]}" for run in runs)
        found.append(
            f"The networks are not equally deep (dense layers: {each}): norms are drawn by "
            "relative depth."
        )
    if len({run.epochs for run in runs}) > 1:
        found.append("The runs have different numbers of epochs: the last epoch is each one's own.")
    return found


def outcomes(connection: Connection, runs: list[Run], norms: pd.DataFrame) -> list[Outcome]:
    """Return the outcomes of `runs`, all of the last epoch; `norms` holds rows of epoch_means."""
    last = norms[norms["epoch"] == norms.groupby("run_id")["epoch"].transform("max")]
    dense = dict(iter(dense_norms(last).groupby("run_id")))
    ends = first_to_last(last).set_index("run_id")

    def each(value: Callable[[Run], str]) -> tuple[str, ...]:
        return tuple(_known(value, run) for run in runs)

    return [
        Outcome("epochs", "complete", each(lambda run: str(run.epochs))),
        Outcome("training loss", "as the epoch met it", each(lambda run: digits(run.loss))),
        Outcome("test loss", "after the epoch", each(lambda run: digits(run.test_loss))),
        Outcome("training accuracy", "", each(lambda run: _share(run.accuracy))),
        Outcome("test accuracy", "", each(lambda run: _share(run.test_accuracy))),
        Outcome(
            "smallest dense norm",
            "mean row norm, and whose",
            each(lambda run: _extreme(dense[run.run_id], "min")),
        ),
        Outcome(
            "largest dense norm",
            "mean row norm, and whose",
            each(lambda run: _extreme(dense[run.run_id], "max")),
        ),
        Outcome(
            "first / last dense norm",
            "far below 1: vanishing",
            each(lambda run: ratio_in_words(ends.loc[run.run_id], 4)),
        ),
        Outcome(
            "dead neurons",
            "of dense layers: gradient exactly zero all epoch",
            each(lambda run: _dead(connection, run, dense[run.run_id])),
        ),
        Outcome(
            "saturated values",
            "of activations: slope below 1 % of its largest",
            each(lambda run: _saturated(connection, run, dense[run.run_id])),
        ),
        Outcome(
            "update / weights",
            "median over layers; usual guide 1e-3",
            each(lambda run: _update(connection, run)),
        ),
        Outcome("seconds", "wall time of all epochs", each(lambda run: _seconds(run))),
    ]


def print_tables(
    runs: Sequence[Run], found: Sequence[Difference], results: Sequence[Outcome]
) -> None:
    """Print what differs between the runs, then what came of them."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    if found:
        console.print(_table("What differs", runs, [(key, values) for key, values in found]))
    else:
        console.print("Nothing differs in what the runs were told to do.")
    lines = [(outcome.name, outcome.values) for outcome in results]
    console.print(_table("What came of it, in the last epoch", runs, lines))


def _table(title: str, runs: Sequence[Run], lines: Sequence[tuple[str, Sequence[str]]]) -> Table:
    table = Table(title=title, title_justify="left", show_lines=True)
    table.add_column("")
    for run in runs:
        table.add_column(Text(label(run)), overflow="fold")
    for name, values in lines:
        table.add_row(Text(name), *map(Text, values))
    return table


def _known(value: Callable[[Run], str], run: Run) -> str:
    try:
        return value(run)
    except (NoRowsError, KeyError):
        return UNKNOWN


def _last(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["epoch"] == frame["epoch"].max()]


def _dead(connection: Connection, run: Run, dense: pd.DataFrame) -> str:
    last = _last(ask(connection, "dead_neurons", run_id=run.run_id))
    own = last[last["layer"].isin(dense.loc[dense["norm"].notna(), "layer"])]
    if own.empty:  # the view calls no neuron dead whose gradient is not finite
        return NOT_FINITE
    dead, all_of_them = int(own["dead"].sum()), int(own["width"].sum())
    return f"{dead / all_of_them:.1%} ({dead:,} of {all_of_them:,})"


def _saturated(connection: Connection, run: Run, dense: pd.DataFrame) -> str:
    own = _last(ask(connection, "saturation", run_id=run.run_id))
    if dense["norm"].isna().all():
        return NOT_FINITE
    return f"{(own['saturated'] * own['width']).sum() / own['width'].sum():.1%}"


def _update(connection: Connection, run: Run) -> str:
    return digits(_last(ask(connection, "update_ratios", run_id=run.run_id))["ratio"].median())


def _extreme(dense: pd.DataFrame, which: str) -> str:
    known = dense.dropna(subset="norm")
    if known.empty:
        return NOT_FINITE
    row = known.loc[known["norm"].idxmin() if which == "min" else known["norm"].idxmax()]
    same = len(known) > 1 and known["norm"].nunique() == 1
    whose = "every layer" if same else f"layer {row['layer']}"
    return f"{digits(row['norm'])} ({whose})"


def _share(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.2%}"


def _seconds(run: Run) -> str:
    return UNKNOWN if run.seconds is None else f"{run.seconds:,.1f}"
