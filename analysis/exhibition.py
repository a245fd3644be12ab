"""`make figures`: pages and an index into a folder, then images beside them."""

from collections.abc import Collection, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path

import plotly.graph_objects as go
from sqlalchemy import Connection

from vanishing_gradients.analysis.errors import NoRowsError
from vanishing_gradients.analysis.figures.style import HEIGHT
from vanishing_gradients.analysis.gallery import (
    LeftOut,
    Plate,
    comparisons,
    draw_comparison,
    draw_run,
    plates_of_run,
)
from vanishing_gradients.analysis.pages import (
    IMAGE_WIDTH,
    INDEX,
    add_images,
    drawn,
    page,
    publish,
)
from vanishing_gradients.analysis.runs import EVERY_EXPERIMENT, Run, finished_runs
from vanishing_gradients.analysis.views import ask
from vanishing_gradients.analysis.words import Say, plural, stretches


def exhibit(
    connection: Connection,
    folder: Path,
    run_id: int | None = None,
    experiment: str | None = None,
    images: bool = True,
    say: Say = print,
) -> None:
    """Draw the figures of all finished runs, or of those asked for, into `folder`.

    Without a choice of runs the experiments are compared too. The index lists every finished run,
    with the figures drawn now or earlier. Raises AnalysisError or DatabaseError; the folder is then
    as it was.
    """
    summary = ask(connection, "experiment_summary")
    chosen = finished_runs(summary, run_id, experiment)
    runs = finished_runs(summary)
    compared = comparisons(runs)
    with_comparisons = run_id is None and experiment in (None, EVERY_EXPERIMENT)
    figures = _drawn(connection, chosen, compared if with_comparisons else [], say)

    shelf = [*(plate for run in runs for plate in plates_of_run(run)), *compared]
    texts = {
        plate: page(
            "figure",
            plate=plate,
            figure=drawn(figure, plate.name),
            others=[other for other in shelf if other.runs == plate.runs and other != plate],
        )
        for plate, figure in figures.items()
    }
    # An image shows what its page said when it was drawn.
    stale = {plate.name for plate, text in texts.items() if _on_disk(folder, plate) != text}
    listed = {plate for plate in shelf if plate in texts or plate.mark in _on_disk(folder, plate)}
    index = partial(_index, runs, listed)
    present = {path.stem for path in folder.glob("*.png")} - stale
    pages = {f"{plate.name}.html": text for plate, text in texts.items()}
    publish(folder, pages | {INDEX: index(present)})
    for name in stale:
        (folder / f"{name}.png").unlink(missing_ok=True)
    say(f"{len(pages)} pages, and {folder / INDEX} which lists them: open it in a browser.")
    wanting = {plate.name: each for plate, each in figures.items() if plate.name not in present}
    if images and wanting:
        add_images(folder, wanting, say, "pages", lambda made: index(present | made))


def _drawn(
    connection: Connection, runs: Sequence[Run], compared: Sequence[Plate], say: Say
) -> dict[Plate, go.Figure]:
    """Return all figures; say which are left out for want of rows; raise NoRowsError if all are."""
    found: dict[Plate, go.Figure] = {}
    reasons: list[NoRowsError] = []
    left_out: dict[LeftOut, list[int]] = {}
    for run in runs:
        figures, missing, without = draw_run(connection, run)
        for each in without:
            left_out.setdefault(each, []).append(run.run_id)
        say(f"Run {run.run_id}, {run.experiment} on {run.dataset}: {len(figures)} figures.")
        found |= figures
        reasons += missing
    for plate in compared:
        found[plate] = draw_comparison(connection, plate)
    if not found:
        raise reasons[0]
    for reason in dict.fromkeys(map(str, reasons)):
        say(f"Left out: {reason}")
    for each, run_ids in left_out.items():
        of = f"{plural(len(run_ids), 'run')} {stretches(run_ids)}"
        say(f"Left out: {each.what} of {of}, since {each.why}.")
    return found


def _index(runs: Sequence[Run], listed: Collection[Plate], images: set[str]) -> str:
    """Return the index: figures over several runs, then the runs in a table, newest first.

    `images` holds the names of the plates that have a PNG; the others are linked by their heading.
    """
    compared = [plate for plate in comparisons(runs) if plate in listed]
    return page(
        "index",
        comparisons={
            dataset: list(plates)
            for dataset, plates in groupby(compared, key=lambda plate: plate.runs[0].dataset)
        },
        runs={
            run: [plate for plate in plates_of_run(run) if plate in listed]
            for run in sorted(runs, key=lambda run: -run.run_id)
        },
        images=images,
        image=(IMAGE_WIDTH, HEIGHT),
    )


def _on_disk(folder: Path, plate: Plate) -> str:
    path = folder / f"{plate.name}.html"
    return path.read_text(encoding="utf-8") if path.is_file() else ""
