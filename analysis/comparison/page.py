"""The comparison in HTML: what differs, what came of it, figures; and PNG of the figures beside."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from sqlalchemy import Connection

from vanishing_gradients.analysis import queries
from vanishing_gradients.analysis.comparison.differences import Difference, differences
from vanishing_gradients.analysis.comparison.outcomes import Outcome, outcomes
from vanishing_gradients.analysis.comparison.output import print_tables
from vanishing_gradients.analysis.errors import ImageError
from vanishing_gradients.analysis.figures.compared import (
    curves_compared,
    dense_norms,
    first_to_last_compared,
    label,
    norms_compared,
)
from vanishing_gradients.analysis.images import write_images
from vanishing_gradients.analysis.pages import IMAGE_WIDTH, INDEX, SCRIPT, TEMPLATES, drawn, script
from vanishing_gradients.analysis.publishing import staged
from vanishing_gradients.analysis.runs import Run

CAPTIONS = {
    "curves": "Training values are over the images as the epoch met them, the weights changing "
    "meanwhile; test values are after the epoch. View: training_curves.",
    "norms": "Mean L2 norm of a row of the gradient of the weights. View: epoch_means.",
    "first_to_last": "Norm of the first dense layer over that of the last: far below 1 gradients "
    "vanish on their way to the input, far above 1 they explode. View: epoch_means.",
}

Say = Callable[[str], None]


def compare(connection: Connection, runs: list[Run], folder: Path, images: bool, say: Say) -> None:
    """Print a comparison of `runs`, and write it as a page with figures into `folder`."""
    ids = [run.run_id for run in runs]
    norms = queries.epoch_means(connection, ids)
    curves = queries.training_curves_of(connection, ids)
    provenance = [queries.run_provenance(connection, run_id) for run_id in ids]
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
    with staged(folder, last=INDEX) as stage:
        (stage / SCRIPT).write_text(script(), encoding="utf-8")
        (stage / INDEX).write_text(_page(runs, notes, found, results, figures), encoding="utf-8")
    for name in figures:  # an image shows what the page said when it was drawn
        (folder / f"{name}.png").unlink(missing_ok=True)
    say(f"{folder / INDEX}: open it in a browser; it needs no network.")
    if images:
        _add_images(folder, figures, say)


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


def _page(
    runs: Sequence[Run],
    notes: Sequence[str],
    found: Sequence[Difference],
    results: Sequence[Outcome],
    figures: dict[str, go.Figure],
) -> str:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    plates = [
        # Built by plotly from numbers and our own titles: nothing in it is a user's text unescaped.
        (Markup(drawn(figure, name)), CAPTIONS[name])  # noqa: S704
        for name, figure in figures.items()
    ]
    return environment.get_template("compare.html.j2").render(
        style=Markup((TEMPLATES / "page.css").read_text(encoding="utf-8")),  # noqa: S704
        script=SCRIPT,
        runs=runs,
        labels=[label(run) for run in runs],
        notes=notes,
        differences=found,
        outcomes=results,
        plates=plates,
    )


def _add_images(folder: Path, figures: dict[str, go.Figure], say: Say) -> None:
    try:
        with staged(folder, last=INDEX) as stage:
            paths = {stage / f"{name}.png": figure for name, figure in figures.items()}
            failures = write_images(paths, IMAGE_WIDTH)
    except ImageError as error:
        say(str(error))
        return
    say(f"{len(figures) - len(failures)} images (PNG) beside the page.")
