"""`make figures`: writes pages and an index into a folder, then images."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import groupby
from pathlib import Path

import plotly.graph_objects as go
from markupsafe import Markup
from sqlalchemy import Connection

from vanishing_gradients.analysis.errors import LeftOutError, NoRowsError
from vanishing_gradients.analysis.figures import curves, grids, over_epochs
from vanishing_gradients.analysis.figures.figure import Figure
from vanishing_gradients.analysis.figures.gradient_distribution import gradient_distribution
from vanishing_gradients.analysis.figures.neuron_gradients import neuron_gradients
from vanishing_gradients.analysis.figures.style import HEIGHT
from vanishing_gradients.analysis.pages import page
from vanishing_gradients.analysis.runs import (
    EVERY_EXPERIMENT,
    Run,
    finished_runs,
    latest_of_each_experiment,
)
from vanishing_gradients.analysis.views import ask
from vanishing_gradients.analysis.words import Say, plural, stretches
from vanishing_gradients.console import mention
from vanishing_gradients.words import counted

OF_GRADIENTS = (
    over_epochs.gradient_norm_ratio,
    over_epochs.mean_gradient,
    curves.accuracy_and_loss,
    grids.norm_grid,
    grids.ratio_grid,
)
"""The figures available for every recorded run."""
OF_RUN = (
    *OF_GRADIENTS,
    grids.dead_neurons,
    grids.saturated_neurons,
    neuron_gradients,
    over_epochs.update_ratio,
    gradient_distribution,
    over_epochs.noise_scale,
)
"""Those, and figures of what happens within a network."""
BY_EXPERIMENT = (curves.accuracy_by_experiment, curves.loss_by_experiment)
"""Figures of the latest run of each experiment on a data set."""


@dataclass(frozen=True)
class Page:
    """The page of a figure, for one or several runs: its file name, without extension."""

    name: str
    figure: Figure
    runs: tuple[Run, ...]

    @property
    def title(self) -> str:
        """One line that identifies the figure among all others."""
        run = self.runs[0]
        if self.figure in BY_EXPERIMENT:
            return f"{self.figure.heading}, {run.dataset}"
        return f"{self.figure.heading}: {run.place}"

    @property
    def mark(self) -> Markup:
        """The line of a page that says which runs it shows.

        The index uses it to recognise an outdated page of the same name.
        """
        runs = "; ".join(
            f"run {run.run_id}, {run.experiment}, finished {run.finished_at.isoformat()}"
            for run in self.runs
        )
        return Markup('<meta name="description" content="{}">').format(runs)

    def written(self, folder: Path) -> str:
        """Return the page as it is in `folder`; '' if it is not there."""
        path = folder / f"{self.name}.html"
        return path.read_text(encoding="utf-8") if path.is_file() else ""


def write(
    connection: Connection,
    folder: Path,
    run_id: int | None = None,
    experiment: str | None = None,
    images: bool = True,
    say: Say = mention,
) -> None:
    """Draw the figures of all finished runs, or of the chosen ones, into `folder`.

    Without a choice of runs the experiments are compared too. The index lists every finished run,
    with the figures drawn now or earlier. Raises AnalysisError or DatabaseError; the folder is then
    unchanged.
    """
    summary = ask(connection, "experiment_summary")
    chosen = finished_runs(summary, run_id, experiment)
    runs = finished_runs(summary)
    compared = _by_experiment(runs)
    with_comparisons = run_id is None and experiment in (None, EVERY_EXPERIMENT)
    found = _drawn(connection, chosen, compared if with_comparisons else [], say)

    known = [*(each for run in runs for each in _of_run(run)), *compared]
    texts = {
        each: page.render(
            "figure",
            page=each,
            drawn=page.drawn(figure, each.name),
            others=[other for other in found if other.runs == each.runs and other != each],
        )
        for each, figure in found.items()
    }
    stale = {each.name for each, text in texts.items() if each.written(folder) != text}
    listed = {each for each in known if each in texts or each.mark in each.written(folder)}
    index = partial(_index, runs, listed)
    present = {path.stem for path in folder.glob("*.png")} - stale
    pages = {f"{each.name}.html": text for each, text in texts.items()}
    page.publish(folder, pages | {page.INDEX: index(present)}, stale)
    say(f"{len(pages)} pages, and {folder / page.INDEX} which lists them: open it in a browser.")
    wanting = {each.name: figure for each, figure in found.items() if each.name not in present}
    if images and wanting:
        page.add_images(folder, wanting, say, "pages", lambda made: index(present | made))


def draw_run(
    connection: Connection, run: Run
) -> tuple[dict[Page, go.Figure], list[NoRowsError | LeftOutError]]:
    """Return the figures of a run, and why others are left out.

    For a run without epochs, whose rows were removed, the views of gradients give the reason.
    """
    found: dict[Page, go.Figure] = {}
    reasons: list[NoRowsError | LeftOutError] = []
    asked = cache(partial(ask, connection))
    for each in _of_run(run):
        if run.has_epochs or each.figure in OF_GRADIENTS:
            try:
                found[each] = each.figure.drawn(asked, run=run)
            except (NoRowsError, LeftOutError) as error:
                reasons.append(error)
    return found, reasons


def _drawn(
    connection: Connection, runs: Sequence[Run], compared: Sequence[Page], say: Say
) -> dict[Page, go.Figure]:
    """Return all figures; report those left out for lack of rows; raise NoRowsError if all are."""
    found: dict[Page, go.Figure] = {}
    reasons: list[NoRowsError] = []
    left_out: dict[tuple[str, str], list[int]] = {}
    for run in runs:
        figures, missing = draw_run(connection, run)
        on = f" on {run.dataset}" if run.dataset else ""
        say(f"Run {run.run_id}, {run.experiment}{on}: {counted(len(figures), 'figure')}.")
        found |= figures
        reasons += [each for each in missing if isinstance(each, NoRowsError)]
        for reason in dict.fromkeys(e.args for e in missing if isinstance(e, LeftOutError)):
            left_out.setdefault(reason, []).append(run.run_id)
    for each in compared:
        found[each] = each.figure.drawn(partial(ask, connection), runs=each.runs)
    if not found:
        raise reasons[0]
    for sentence in dict.fromkeys(map(str, reasons)):
        say(f"Left out: {sentence}")
    for (what, why), run_ids in left_out.items():
        say(f"Left out: {what} of {plural(len(run_ids), 'run')} {stretches(run_ids)}, since {why}.")
    return found


def _index(runs: Sequence[Run], listed: Collection[Page], images: set[str]) -> str:
    """Return the index: figures over several runs, then the runs in a table, newest first.

    `images` holds the names of the pages that have a PNG; the others are linked by their heading.
    """
    compared = [each for each in _by_experiment(runs) if each in listed]
    return page.render(
        "index",
        comparisons={
            dataset: list(pages)
            for dataset, pages in groupby(compared, key=lambda each: each.runs[0].dataset)
        },
        runs={
            run: [each for each in _of_run(run) if each in listed]
            for run in sorted(runs, key=lambda run: -run.run_id)
        },
        images=images,
        image=(page.IMAGE_WIDTH, HEIGHT),
    )


def _of_run(run: Run) -> list[Page]:
    stem = f"run_{run.run_id}_{run.experiment}"
    return [Page(f"{stem}_{each.name}", each, (run,)) for each in OF_RUN]


def _by_experiment(runs: Sequence[Run]) -> list[Page]:
    """Return the pages of figures of the latest run of each experiment, on each data set.

    Excluded are runs without epochs, whose rows were removed, and watched models with an unknown
    data set or accuracy.
    """
    pages = []
    known = [
        run
        for run in runs
        if run.dataset and not (run.accuracy is None and run.test_accuracy is None)
    ]
    for dataset in sorted({f"{run.dataset}" for run in known}):
        latest = tuple(latest_of_each_experiment([r for r in known if r.dataset == dataset]))
        stem = "".join(letter if letter.isalnum() else "_" for letter in dataset)
        pages += [Page(f"{each.name}_{stem}", each, latest) for each in BY_EXPERIMENT]
    return pages
