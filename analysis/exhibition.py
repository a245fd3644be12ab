"""`make figures`: pages and an index into a folder, then images beside them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path

import plotly.graph_objects as go
from sqlalchemy import Connection

from vanishing_gradients.analysis import queries
from vanishing_gradients.analysis.errors import ImageError, NoRowsError
from vanishing_gradients.analysis.gallery import (
    Plate,
    comparisons,
    draw_comparison,
    draw_run,
    plates_of_run,
)
from vanishing_gradients.analysis.images import write_images
from vanishing_gradients.analysis.network_figures import LeftOut
from vanishing_gradients.analysis.pages import (
    IMAGE_WIDTH,
    INDEX,
    SCRIPT,
    figure_page,
    index_page,
    mark,
    script,
)
from vanishing_gradients.analysis.publishing import staged
from vanishing_gradients.analysis.runs import EVERY_EXPERIMENT, Run, finished_runs
from vanishing_gradients.analysis.words import stretches

Say = Callable[[str], None]


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
    summary = queries.experiment_summary(connection)
    chosen = finished_runs(summary, run_id, experiment)
    runs = finished_runs(summary)
    compared = comparisons(runs)
    with_comparisons = run_id is None and experiment in (None, EVERY_EXPERIMENT)
    drawn = _drawn(connection, chosen, compared if with_comparisons else [], say)

    shelf = {plate.name: plate for run in runs for plate in plates_of_run(run)}
    shelf |= {plate.name: plate for plate in compared}
    pages = {
        plate: figure_page(plate, figure, _beside(plate, shelf)) for plate, figure in drawn.items()
    }
    # An image shows what its page said when it was drawn.
    stale = {plate.name for plate, page in pages.items() if _on_disk(folder, plate) != page}
    with staged(folder, last=INDEX) as stage:
        (stage / SCRIPT).write_text(script(), encoding="utf-8")
        for plate, page in pages.items():
            (stage / f"{plate.name}.html").write_text(page, encoding="utf-8")
        listed = {
            plate
            for plate in shelf.values()
            if plate in pages or mark(plate) in _on_disk(folder, plate)
        }
        _write_index(stage, runs, listed, _images(folder) - stale)
    for name in stale:
        (folder / f"{name}.png").unlink(missing_ok=True)
    say(f"{len(pages)} pages, and {folder / INDEX} which lists them: open it in a browser.")
    if images:
        _add_images(folder, drawn, partial(_write_index, runs=runs, listed=listed), say)


def _drawn(
    connection: Connection, runs: Sequence[Run], compared: Sequence[Plate], say: Say
) -> dict[Plate, go.Figure]:
    """Return all figures; say which are left out for want of rows; raise NoRowsError if all are."""
    drawn: dict[Plate, go.Figure] = {}
    reasons: list[NoRowsError] = []
    left_out: dict[LeftOut, list[int]] = {}
    for run in runs:
        figures, missing, without = draw_run(connection, run)
        for each in without:
            left_out.setdefault(each, []).append(run.run_id)
        say(f"Run {run.run_id}, {run.experiment} on {run.dataset}: {len(figures)} figures.")
        drawn |= figures
        reasons += missing
    for plate in compared:
        drawn[plate] = draw_comparison(connection, plate)
    if not drawn:
        raise reasons[0]
    for reason in dict.fromkeys(map(str, reasons)):
        say(f"Left out: {reason}")
    for each, run_ids in left_out.items():
        of = f"run{'s' * (len(run_ids) > 1)} {stretches(run_ids)}"
        say(f"Left out: {each.what} of {of}, since {each.why}.")
    return drawn


def _add_images(
    folder: Path, drawn: Mapping[Plate, go.Figure], write_index: Callable[..., None], say: Say
) -> None:
    """Draw an image for each page that has none, and write the index anew with them."""
    present = _images(folder)
    wanting = [plate for plate in drawn if plate.name not in present]
    if not wanting:
        return
    try:
        with staged(folder, last=INDEX) as stage:
            paths = {stage / f"{plate.name}.png": drawn[plate] for plate in wanting}
            failures = write_images(paths, IMAGE_WIDTH)
            write_index(stage, images=present | _images(stage))
    except ImageError as error:
        say(str(error))
        return
    say(f"{len(wanting) - len(failures)} images (PNG) beside the pages.")
    if failures:
        say(f"The browser did not draw {len(failures)} more ({failures[0]!r}): run this again.")


def _write_index(
    stage: Path, runs: Sequence[Run], listed: Collection[Plate], images: set[str]
) -> None:
    compared = [plate for plate in comparisons(runs) if plate in listed]
    by_run = {run: [plate for plate in plates_of_run(run) if plate in listed] for run in runs}
    (stage / INDEX).write_text(index_page(compared, by_run, images), encoding="utf-8")


def _beside(plate: Plate, shelf: Mapping[str, Plate]) -> list[Plate]:
    """Return the plates that show the same runs."""
    return [other for other in shelf.values() if other.runs == plate.runs and other != plate]


def _images(folder: Path) -> set[str]:
    return {path.stem for path in folder.glob("*.png")}


def _on_disk(folder: Path, plate: Plate) -> str:
    path = folder / f"{plate.name}.html"
    return path.read_text(encoding="utf-8") if path.is_file() else ""
