"""`make compare`: a few runs of any kind side by side, starting with their differences.

The tables are printed, and written as a page with figures, plus PNG of the figures.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from html import unescape
from pathlib import Path

import pandas as pd
from rich.table import Table
from rich.text import Text
from sqlalchemy import Connection

from vanishing_gradients.analysis.errors import LeftOutError, NoRowsError
from vanishing_gradients.analysis.figures import compared
from vanishing_gradients.analysis.figures.figure import Ask
from vanishing_gradients.analysis.figures.layer_names import in_own_names, layer_labels
from vanishing_gradients.analysis.figures.marks import is_dense
from vanishing_gradients.analysis.pages import page
from vanishing_gradients.analysis.runs import Run
from vanishing_gradients.analysis.settings import differences
from vanishing_gradients.analysis.views import ask
from vanishing_gradients.analysis.words import NOT_FINITE, Say, digits, plural
from vanishing_gradients.console import show

FIGURES = (compared.curves_compared, compared.norms_compared, compared.first_to_last_compared)
UNKNOWN = "not recorded"
WIDTH = 140  # of tables, without a terminal

Outcome = tuple[str, str, list[str]]
"""Its name, what it means or how it was obtained, and its text for each run."""


def write(
    connection: Connection, runs: Sequence[Run], folder: Path, images: bool, say: Say
) -> None:
    """Write a comparison of `runs` as a page with figures into `folder`, and print it."""
    asked = cache(in_own_names(cache(partial(ask, connection))))
    ids = tuple(run.run_id for run in runs)
    dense = compared.dense_norms(asked("epoch_means", run_id=ids), asked("layer_sizes", run_id=ids))
    found = differences(asked("run_provenance", run_id=ids), ids)
    results = outcomes(asked, runs, dense)
    notes = remarks(runs, dense, asked("layer_sizes", run_id=ids))
    figures = {}
    for each in FIGURES:
        try:
            figures[each.name] = each.drawn(asked, runs=runs)
        except LeftOutError as error:
            notes.append("Left out: {}, since {}.".format(*error.args))
    labels = [compared.label(run) for run in runs]
    text = page.render(
        "compare",
        runs=runs,
        labels=labels,
        notes=notes,
        differences=found,
        outcomes=results,
        figures=[
            (page.drawn(figures[each.name], each.name), each.caption)
            for each in FIGURES
            if each.name in figures
        ],
    )
    page.publish(folder, {page.INDEX: text}, stale=figures)
    told: list[str] = []
    if images:
        page.add_images(folder, figures, told.append, "page")
    # Last, because a reader that closes the pipe ends the command.
    _print(labels, "What differs", found)
    _print(labels, "Results of the last epoch", [(name, texts) for name, _, texts in results])
    for line in [*notes, f"{folder / page.INDEX}: open it in a browser; it needs no network."]:
        say(line)
    for line in told:
        say(line)


def remarks(runs: Sequence[Run], dense: pd.DataFrame, layers: pd.DataFrame) -> list[str]:
    """Return which runs try remedies, and why the runs cannot be compared one to one.

    `dense` is from dense_norms, `layers` has rows of layer_sizes.
    """
    found = [
        f"Run {run.run_id} tries a remedy of run {run.remedy_of}, which `make diagnose "
        f"RUN={run.remedy_of}` names."
        for run in runs
        if run.remedy_of is not None
    ]
    datasets = sorted({run.dataset for run in runs if run.dataset})
    if len(datasets) > 1:
        found.append(
            f"The runs are on different data sets ({', '.join(datasets)}): losses and "
            "accuracies are not comparable."
        )
    if unknown := [f"{run.run_id}" for run in runs if not run.dataset]:
        found.append(
            f"The data set of {plural(len(unknown), 'run')} {', '.join(unknown)} is not "
            "known: losses and accuracies may not be comparable."
        )
    others = set(layers.loc[is_dense(layers), "kind"]) - {"dense"}
    if others:
        found.append(
            "All layers with weights whose rows are inputs count as dense layers, here "
            f"also those of kind {', '.join(sorted(others))}."
        )
    depths = dense.groupby("run_id")["depth"].max().reindex([run.run_id for run in runs]).fillna(0)
    if depths.nunique() > 1:
        each = ", ".join(f"run {run.run_id} {depths[run.run_id]:.0f}" for run in runs)
        found.append(
            f"The networks are not equally deep (dense layers: {each}): norms are drawn by "
            "relative depth."
        )
    if len({run.epochs for run in runs}) > 1:
        found.append("The runs have different numbers of epochs: the last epoch is each one's own.")
    return found


def outcomes(ask: Ask, runs: Sequence[Run], norms: pd.DataFrame) -> list[Outcome]:
    """Return the outcomes of `runs` in the last epoch; `norms` is from dense_norms."""
    last = norms[norms["epoch"] == norms.groupby("run_id")["epoch"].transform("max")]
    dense = dict(iter(last.groupby("run_id")))
    ends = compared.first_to_last(last).set_index("run_id")

    def rows(view: str, run: Run) -> pd.DataFrame:
        """Return the rows of a run's last epoch."""
        frame = ask(view, run_id=run.run_id)
        return frame[frame["epoch"] == frame["epoch"].max()]

    def text(value: Callable[[Run], str], run: Run) -> str:
        try:
            return value(run)
        except (NoRowsError, KeyError):
            return UNKNOWN

    told: dict[tuple[str, str], Callable[[Run], str]] = {
        ("epochs", "complete"): lambda run: str(run.epochs),
        ("training loss", "as the epoch met it"): lambda run: _loss(run, run.loss),
        ("test loss", "after the epoch"): lambda run: _loss(run, run.test_loss),
        ("training accuracy", ""): lambda run: _known(run.accuracy, ".2%"),
        ("test accuracy", ""): lambda run: _known(run.test_accuracy, ".2%"),
        ("smallest dense norm", "mean row norm, and its layer"): (
            lambda run: _extreme(dense[run.run_id], pd.Series.idxmin)
        ),
        ("largest dense norm", "mean row norm, and its layer"): (
            lambda run: _extreme(dense[run.run_id], pd.Series.idxmax)
        ),
        ("first / last dense norm", "far below 1: vanishing"): (
            lambda run: compared.ratio_in_words(ends.loc[run.run_id], 4)
        ),
        ("dead neurons", "of dense layers: gradient exactly zero all epoch"): (
            lambda run: _dead(rows("dead_neurons", run), dense[run.run_id])
        ),
        ("saturated values", "of activations: slope below 1 % of its largest"): (
            lambda run: _saturated(rows("saturation", run), dense[run.run_id])
        ),
        ("update / weights", "median over layers; usual guide 1e-3"): (
            lambda run: digits(rows("update_ratios", run)["ratio"].median())
        ),
        ("seconds", "wall time of all epochs"): lambda run: _known(run.seconds, ",.1f"),
    }
    return [(*what, [text(value, run) for run in runs]) for what, value in told.items()]


def _print(labels: Sequence[str], title: str, lines: Iterable[tuple[str, Sequence[str]]]) -> None:
    """Print a table with a column per run, or say that nothing differs."""
    if not lines:
        show("The runs have the same settings.")
        return
    table = Table(title=title, title_justify="left", show_lines=True)
    table.add_column("")
    for each in labels:
        table.add_column(Text(each), overflow="fold")
    for name, texts in lines:
        table.add_row(Text(name), *map(Text, texts))
    show(table, WIDTH)


def _dead(rows: pd.DataFrame, dense: pd.DataFrame) -> str:
    own = rows[rows["layer"].isin(dense.loc[dense["norm"].notna(), "layer"])]
    if own.empty:  # the view excludes layers without a finite gradient
        return NOT_FINITE
    dead, all_of_them = int(own["dead"].sum()), int(own["width"].sum())
    return f"{dead / all_of_them:.1%} ({dead:,} of {all_of_them:,})"


def _saturated(rows: pd.DataFrame, dense: pd.DataFrame) -> str:
    if dense["norm"].isna().all():
        return NOT_FINITE
    return f"{(rows['saturated'] * rows['width']).sum() / rows['width'].sum():.1%}"


def _extreme(dense: pd.DataFrame, place: Callable[[pd.Series], int]) -> str:
    known = dense.dropna(subset="norm")
    if known.empty:
        return NOT_FINITE
    row = known.loc[place(known["norm"])]
    same = len(known) > 1 and known["norm"].nunique() == 1
    whose = "every layer" if same else f"layer {unescape(layer_labels(known)[row['layer']])}"
    return f"{digits(row['norm'])} ({whose})"


def _loss(run: Run, value: float | None) -> str:
    """Return a loss as text; a watched model may not have logged it."""
    return UNKNOWN if value is None and run.watched else digits(value)


def _known(value: float | None, form: str) -> str:
    return UNKNOWN if value is None else format(value, form)
