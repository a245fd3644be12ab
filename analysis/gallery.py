"""Which figures there are of which runs, how to read each, and the views they are drawn from."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from markupsafe import Markup
from sqlalchemy import Connection

from vanishing_gradients.analysis import figures
from vanishing_gradients.analysis.errors import NoRowsError
from vanishing_gradients.analysis.figures.marks import layer_names
from vanishing_gradients.analysis.runs import Run, latest_of_each_experiment
from vanishing_gradients.analysis.views import ask

KINDS = {
    "gradient_norm_ratio": (
        "Gradient-norm ratio",
        "Norm of layer l + 1 over norm of layer l; a layer's norm is the mean L2 norm of the rows "
        "of its gradient. Layers are numbered as in the paper, whose Figures 10, 13, 17, 18 and "
        "20 show this ratio. The gradient of a dense layer is a sum over the batch, that of any "
        "other layer is one sample's: a ratio far from 1 between the two kinds is not by itself a "
        "fault. Infinite, undefined and zero ratios have no place on a logarithmic axis; marks "
        "stand for them, side by side where there are several. View: gradient_norm_ratios.",
    ),
    "mean_gradient": (
        "Mean gradient",
        "Mean over all gradient values of a layer in an epoch, on an axis that is logarithmic on "
        "either side of zero and linear about it. Dashed lines at ±0.001 bound what the paper "
        "calls the vanishing region (its Figures 11 and 15). Softmax with cross-entropy gives "
        "every sample a gradient that sums to zero: without penalties on the weights the means of "
        "the last two layers are rounding errors. View: gradient_norms.",
    ),
    "accuracy_and_loss": (
        "Accuracy and loss",
        "Training values are over the images as the epoch met them, the weights changing "
        "meanwhile; test values are over the test images after the epoch. The loss is the "
        "one that the network was trained with, categorical cross-entropy in the paper. As in its "
        "Figures 12, 16, 19 and 21. View: training_curves.",
    ),
    "norm_grid": (
        "Norms as a map",
        "Mean L2 norm of the rows of a layer's gradient in an epoch; colours are logarithmic, "
        "with a scale of their own for the layers with weights, whose gradient is a sum over the "
        "batch. Colours that darken towards the first layer are a gradient that vanishes on its "
        "way back. Exactly zero and undefined are no colours but marks. View: gradient_norms.",
    ),
    "ratio_grid": (
        "Ratios as a map",
        "Norm of layer l + 1 over norm of layer l, as in the figure of ratios, but as colours, "
        "for networks of any depth: pale is 1, one hue is above, the other below. View: "
        "gradient_norm_ratios.",
    ),
    "dead_neurons": (
        "Dead neurons",
        "A neuron is dead in an epoch if its gradient is exactly zero in all of it: of a layer "
        "with weights the gradient of every weight into the neuron at every step, of any other "
        "layer that of the neuron for every sample. A dead ReLU never gets a positive input and "
        "can no longer learn. Point at a cell to see which neurons. Views: dead_neurons, neurons.",
    ),
    "saturated_neurons": (
        "Saturated neurons",
        "Share of an activation's values where its slope is below 1 % of the largest slope it "
        "has: there next to nothing of a gradient passes. A ReLU counts as saturated wherever it "
        "is off. Point at a cell to see which neurons were so for every sample of the epoch. "
        "Views: saturation, neurons.",
    ),
    "neuron_gradients": (
        "Gradients of neurons",
        "Mean magnitude of each neuron's gradient in an epoch, in logarithmic colours that each "
        "layer has for itself; the menu chooses the layer. View: neurons.",
    ),
    "update_ratio": (
        "Update-to-weight ratio",
        "Mean over the steps of an epoch of the L2 norm of the change of a layer's weights over "
        "that of the weights. Somewhere around 1e-3 is the usual guide (Karpathy, CS231n, "
        "https://cs231n.github.io/neural-networks-3/#ratio): far below it a layer hardly learns, "
        "far above it the learning rate may be too large. View: update_ratios.",
    ),
    "gradient_distribution": (
        "Distribution of gradients",
        "Shares of a layer's gradient values by magnitude, a decade a column, in the first epoch "
        "and the last; exact zeros stand apart at the left. The lowest and the highest decade "
        "take whatever lies beyond. The menu chooses the layer whose bars are drawn. Views: "
        "{exp}_layer_{l}_distribution.",
    ),
    "noise_scale": (
        "Gradient noise scale",
        "The simple noise scale tr(Σ) / |G|² of the gradients of an epoch's batches: the batch "
        "size at which noise and gradient are equally large (McCandlish et al., 2018, "
        "https://arxiv.org/abs/1812.06162). Far above the batch size steps are mostly noise; far "
        "below it larger batches are of little use. The weights change within an epoch, which "
        "counts as noise. Of a run with very many values only some epochs are read, first and "
        "last among them. Views: {exp}_layer_{l}_noise_scale.",
    ),
    "accuracy_by_experiment": (
        "Accuracy by experiment",
        "One line an experiment: its latest finished run on this data set. As in the paper's "
        "Figure 22. View: training_curves.",
    ),
    "loss_by_experiment": (
        "Loss by experiment",
        "One line an experiment: its latest finished run on this data set. As in the paper's "
        "Figure 23. View: training_curves.",
    ),
}
"""Function that draws a figure -> its heading, and a caption that says how to read it."""
COMPARISONS = ("accuracy_by_experiment", "loss_by_experiment")
OF_RUN = tuple(kind for kind in KINDS if kind not in COMPARISONS)

MOST_CELLS = {"gradient_distribution": 10e6, "noise_scale": 120e6}
"""Gradient values that a figure reads: MySQL 9.7 on two busy cores counted 1 million a second into
decades, and read 4 million for the noise scale."""

OLD = "an older version recorded no such rows: train again for some"
STATISTICS = "only gradient tables can tell, which TELEMETRY=statistics leaves out"
NO_BATCH_SIZE = "the configuration they were registered with names no batch size"
NO_ACTIVATION = "no layer is an activation that can saturate"


@dataclass(frozen=True)
class Plate:
    """A figure's place in the gallery: file name without extension, kind, and the runs it shows."""

    name: str
    kind: str
    runs: tuple[Run, ...]

    @property
    def heading(self) -> str:
        """What the figure is of, in two or three words."""
        return KINDS[self.kind][0]

    @property
    def caption(self) -> str:
        """How to read the figure, and which view it comes from."""
        return KINDS[self.kind][1]

    @property
    def title(self) -> str:
        """One line that names the figure among all others."""
        run = self.runs[0]
        if self.kind in COMPARISONS:
            return f"{self.heading}, {run.dataset}"
        return f"{self.heading}: {run.experiment}, {run.dataset}, run {run.run_id}"

    @property
    def mark(self) -> Markup:
        """The line of a page that says which runs it shows.

        By it the index tells a page of these runs from an older one of the same name.
        """
        runs = "; ".join(
            f"run {run.run_id}, {run.experiment}, finished {run.finished_at.isoformat()}"
            for run in self.runs
        )
        return Markup('<meta name="description" content="{}">').format(runs)


@dataclass(frozen=True)
class LeftOut:
    """A kind of figure that a run has no rows for, and why."""

    what: str
    why: str


Drawn = tuple[str, go.Figure] | LeftOut


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
        plates += [Plate(f"{kind}_{stem}", kind, latest) for kind in COMPARISONS]
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
    curves = [ask(connection, "training_curves", run_id=run.run_id) for run in plate.runs]
    return getattr(figures, plate.kind)(pd.concat(curves, ignore_index=True), plate.runs)


def _of(draw: Callable[..., go.Figure], *rows: object) -> Drawn:
    return draw.__name__, draw(*rows)


def _gradients(connection: Connection, run: Run) -> Iterator[Drawn]:
    norms = ask(connection, "gradient_norms", run_id=run.run_id)
    names = layer_names(norms)
    ratios = ask(connection, "gradient_norm_ratios", run_id=run.run_id)
    thresholds = ask(connection, "ratio_thresholds")
    yield _of(figures.gradient_norm_ratio, ratios, names, thresholds, run)
    yield _of(figures.mean_gradient, norms, run)
    yield _of(figures.norm_grid, norms, run)
    yield _of(figures.ratio_grid, ratios, names, run)


def _curves(connection: Connection, run: Run) -> Iterator[Drawn]:
    yield _of(figures.accuracy_and_loss, ask(connection, "training_curves", run_id=run.run_id), run)


def _diagnosis(connection: Connection, run: Run) -> Iterator[Drawn]:
    if run.accuracy is None:  # of such a run no row is left, as the others have said
        return
    names = layer_names(ask(connection, "layer_sizes", run_id=run.run_id))
    yield from _statistics(connection, run)
    yield from _cells(connection, run, names)


def _statistics(connection: Connection, run: Run) -> Iterator[Drawn]:
    """Yield the figures that both kinds of telemetry have rows for."""
    try:
        neurons = ask(connection, "neurons", run_id=run.run_id)
    except NoRowsError:
        yield LeftOut("dead and saturated neurons, and gradients of neurons", OLD)
    else:
        dead = ask(connection, "dead_neurons", run_id=run.run_id)
        yield _of(figures.dead_neurons, dead, neurons, run)
        if neurons["saturated"].notna().any():
            saturated = ask(connection, "saturation", run_id=run.run_id)
            yield _of(figures.saturated_neurons, saturated, neurons, run)
        else:
            yield LeftOut("saturated neurons", NO_ACTIVATION)
        yield _of(figures.neuron_gradients, neurons, run)
    try:
        yield _of(figures.update_ratio, ask(connection, "update_ratios", run_id=run.run_id), run)
    except NoRowsError:
        yield LeftOut("update-to-weight ratios", OLD)


def _cells(connection: Connection, run: Run, names: Mapping[int, str]) -> Iterator[Drawn]:
    """Yield the figures that only gradient tables have rows for; `names` is of all layers."""
    what = "distributions and noise scales of gradients"
    if run.telemetry != "full":
        yield LeftOut(what, STATISTICS)
        return
    expected = ask(connection, "expected_rows", run_id=run.run_id)
    if expected["steps"].isna().any():
        yield LeftOut(what, NO_BATCH_SIZE)
        return
    yield _distribution(connection, run, names, expected)
    yield _noise(connection, run, expected)


def _distribution(
    connection: Connection, run: Run, names: Mapping[int, str], expected: pd.DataFrame
) -> Drawn:
    epochs = sorted({1, run.epochs})
    every = run.record_every
    in_all = -(-int(expected["steps"].iloc[0]) // every)
    of_a_step = float((expected["layer_rows"] * expected["width"]).sum()) * len(epochs)
    places = _chosen(in_all, int(MOST_CELLS["gradient_distribution"] // of_a_step))
    steps = [1 + (place - 1) * every for place in places]
    parts = [
        ask(
            connection,
            "distribution",
            experiment=run.experiment,
            layer=layer,
            run_id=run.run_id,
            epoch=epoch,
            step=steps,
        ).assign(layer=layer)
        for layer in names
        for epoch in epochs
    ]
    cells = pd.concat(parts, ignore_index=True)
    return _of(figures.gradient_distribution, cells, names, (len(steps), in_all), run)


def _noise(connection: Connection, run: Run, expected: pd.DataFrame) -> Drawn:
    weights = expected[expected["row_meaning"] == "input"]
    of_a_step = float((weights["layer_rows"] * weights["width"]).sum())
    of_an_epoch = of_a_step * -(-int(expected["steps"].iloc[0]) // run.record_every)
    epochs = _chosen(run.epochs, int(MOST_CELLS["noise_scale"] // of_an_epoch))
    parts = [
        ask(
            connection,
            "noise_scale",
            experiment=run.experiment,
            layer=layer,
            run_id=run.run_id,
            epoch=epoch,
        ).assign(layer=layer, layer_name=name)
        for layer, name in layer_names(weights).items()
        for epoch in epochs
    ]
    scales = pd.concat(parts, ignore_index=True)
    return _of(figures.noise_scale, scales, int(expected["batch_size"].iloc[0]), run)


def _chosen(last: int, most: int) -> list[int]:
    """Return whole numbers from 1 to `last`, evenly spaced with both ends where they are many."""
    if last <= max(most, 2):
        return list(range(1, last + 1))
    return np.unique(np.linspace(1, last, max(most, 2)).round().astype("int64")).tolist()
