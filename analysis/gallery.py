"""Which figures there are of which runs, what each is called, and how the queries feed it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go
from sqlalchemy import Connection

from vanishing_gradients.analysis import figures, queries
from vanishing_gradients.analysis.captions import (
    ACCURACY,
    CAPTIONS,
    CURVES,
    HEADINGS,
    LOSS,
    MEAN,
    NORM_GRID,
    OF_RUN,
    RATIO,
    RATIO_GRID,
)
from vanishing_gradients.analysis.errors import NoRowsError
from vanishing_gradients.analysis.network_figures import Drawn, LeftOut, of_cells, of_statistics
from vanishing_gradients.analysis.runs import Run, latest_of_each_experiment


@dataclass(frozen=True)
class Plate:
    """A figure's place in the gallery: file name without extension, kind, and the runs it shows."""

    name: str
    kind: str
    runs: tuple[Run, ...]

    @property
    def heading(self) -> str:
        """What the figure is of, in two or three words."""
        return HEADINGS[self.kind]

    @property
    def caption(self) -> str:
        """How to read the figure, and which view it comes from."""
        return CAPTIONS[self.kind]

    @property
    def title(self) -> str:
        """One line that names the figure among all others."""
        run = self.runs[0]
        if self.kind in (ACCURACY, LOSS):
            return f"{self.heading}, {run.dataset}"
        return f"{self.heading}: {run.experiment}, {run.dataset}, run {run.run_id}"


def plates_of_run(run: Run) -> list[Plate]:
    """Return the plates of one run."""
    stem = f"run_{run.run_id}_{run.experiment}"
    return [Plate(f"{stem}_{kind}", kind, (run,)) for kind in OF_RUN]


def comparisons(runs: Sequence[Run]) -> list[Plate]:
    """Return the plates over several runs: on each data set the latest run of each experiment.

    A run without an epoch, since its rows were removed, compares with none.
    """
    plates = []
    known = [run for run in runs if run.accuracy is not None]
    for dataset in sorted({run.dataset for run in known}):
        latest = tuple(latest_of_each_experiment([r for r in known if r.dataset == dataset]))
        stem = "".join(letter if letter.isalnum() else "_" for letter in dataset)
        plates += [Plate(f"{kind}_{stem}", kind, latest) for kind in (ACCURACY, LOSS)]
    return plates


def draw_run(
    connection: Connection, run: Run
) -> tuple[dict[Plate, go.Figure], list[NoRowsError], list[LeftOut]]:
    """Return the figures of a run; why views have no row of it; what else it has no rows for."""
    drawn: dict[str, go.Figure] = {}
    missing: list[NoRowsError] = []
    left_out: list[LeftOut] = []
    for group in (_gradients, _curves, _diagnosis):
        try:
            for each in group(connection, run):
                if isinstance(each, LeftOut):
                    left_out.append(each)
                else:
                    drawn |= [each]
        except NoRowsError as error:
            missing.append(error)
    plates = {plate: drawn[plate.kind] for plate in plates_of_run(run) if plate.kind in drawn}
    return plates, missing, left_out


def draw_comparison(connection: Connection, plate: Plate) -> go.Figure:
    """Return the figure of a plate over several runs; NoRowsError for a run without curves."""
    curves = [queries.training_curves(connection, run.run_id) for run in plate.runs]
    draw = {ACCURACY: figures.accuracy_by_experiment, LOSS: figures.loss_by_experiment}
    return draw[plate.kind](pd.concat(curves, ignore_index=True), plate.runs)


def _gradients(connection: Connection, run: Run) -> Iterator[Drawn]:
    norms = queries.gradient_norms(connection, run.run_id)
    names = dict(zip(norms["layer"], norms["layer_name"], strict=True))
    ratios = queries.gradient_norm_ratios(connection, run.run_id)
    thresholds = queries.ratio_thresholds(connection)
    yield RATIO, figures.gradient_norm_ratio(ratios, names, thresholds, run)
    yield MEAN, figures.mean_gradient(norms, run)
    yield NORM_GRID, figures.norm_grid(norms, run)
    yield RATIO_GRID, figures.ratio_grid(ratios, names, run)


def _curves(connection: Connection, run: Run) -> Iterator[Drawn]:
    yield CURVES, figures.accuracy_and_loss(queries.training_curves(connection, run.run_id), run)


def _diagnosis(connection: Connection, run: Run) -> Iterator[Drawn]:
    if run.accuracy is None:  # of such a run no row is left, as the others have said
        return
    sizes = queries.layer_sizes(connection, run.run_id)
    yield from of_statistics(connection, run)
    names = dict(zip(sizes["layer"], sizes["layer_name"], strict=True))
    yield from of_cells(connection, run, names)
