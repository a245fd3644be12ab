"""Which figures there are of which runs, what each is called, and how the queries feed it."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go
from sqlalchemy import Connection

from analysis import figures, queries
from analysis.errors import NoRowsError
from analysis.runs import Run, latest_of_each_experiment

RATIO, MEAN, CURVES = "gradient_norm_ratio", "mean_gradient", "accuracy_and_loss"
ACCURACY, LOSS = "accuracy_by_experiment", "loss_by_experiment"

HEADINGS = {
    RATIO: "Gradient-norm ratio",
    MEAN: "Mean gradient",
    CURVES: "Accuracy and loss",
    ACCURACY: "Accuracy by experiment",
    LOSS: "Loss by experiment",
}
CAPTIONS = {
    RATIO: "Norm of layer l + 1 over norm of layer l; a layer's norm is the mean L2 norm of the "
    "rows of its gradient. Layers are numbered as in the paper, whose Figures 10, 13, 17, "
    "18 and 20 show this ratio. The gradient of a dense layer is a sum over the batch, that "
    "of any other layer is one sample's: a ratio far from 1 between the two kinds is not by "
    "itself a fault. Infinite, undefined and zero ratios have no place on a logarithmic "
    "axis; marks stand for them, side by side where there are several. View: "
    "gradient_norm_ratios.",
    MEAN: "Mean over all gradient values of a layer in an epoch, on an axis that is logarithmic on "
    "either side of zero and linear about it. Dashed lines at ±0.001 bound what the paper calls "
    "the vanishing region (its Figures 11 and 15). Softmax with cross-entropy gives every sample a "
    "gradient that sums to zero: without penalties on the weights the means of the last two layers "
    "are rounding errors. View: gradient_norms.",
    CURVES: "Training values are over the images as the epoch met them, the weights changing "
    "meanwhile; validation values are over the test images after the epoch. The loss is "
    "categorical cross-entropy. As in the paper's Figures 12, 16, 19 and 21. View: "
    "training_curves.",
    ACCURACY: "One line an experiment: its latest finished run on this data set. As in the paper's "
    "Figure 22. View: training_curves.",
    LOSS: "One line an experiment: its latest finished run on this data set. As in the paper's "
    "Figure 23. View: training_curves.",
}


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
    return [Plate(f"{stem}_{kind}", kind, (run,)) for kind in (RATIO, MEAN, CURVES)]


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


def draw_run(connection: Connection, run: Run) -> tuple[dict[Plate, go.Figure], list[NoRowsError]]:
    """Return the figures of a run, and for those that its views have no row for, the reason."""
    drawn: dict[str, go.Figure] = {}
    missing = []
    for group in (_gradients, _curves):
        try:
            drawn |= group(connection, run)
        except NoRowsError as error:
            missing.append(error)
    return {
        plate: drawn[plate.kind] for plate in plates_of_run(run) if plate.kind in drawn
    }, missing


def draw_comparison(connection: Connection, plate: Plate) -> go.Figure:
    """Return the figure of a plate over several runs; NoRowsError for a run without curves."""
    curves = [queries.training_curves(connection, run.run_id) for run in plate.runs]
    draw = {ACCURACY: figures.accuracy_by_experiment, LOSS: figures.loss_by_experiment}
    return draw[plate.kind](pd.concat(curves, ignore_index=True), plate.runs)


def _gradients(connection: Connection, run: Run) -> dict[str, go.Figure]:
    norms = queries.gradient_norms(connection, run.run_id)
    names = dict(zip(norms["layer"], norms["layer_name"], strict=True))
    ratios = queries.gradient_norm_ratios(connection, run.run_id)
    thresholds = queries.ratio_thresholds(connection)
    return {
        RATIO: figures.gradient_norm_ratio(ratios, names, thresholds, run),
        MEAN: figures.mean_gradient(norms, run),
    }


def _curves(connection: Connection, run: Run) -> dict[str, go.Figure]:
    return {CURVES: figures.accuracy_and_loss(queries.training_curves(connection, run.run_id), run)}
