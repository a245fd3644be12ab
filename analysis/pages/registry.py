"""Every figure in one place: its heading, how to read it, what it reads and who draws it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from vanishing_gradients.analysis.errors import LeftOutError, NoRowsError
from vanishing_gradients.analysis.figures import (
    compared,
    curves,
    derivatives,
    grids,
    over_epochs,
    over_seeds,
)
from vanishing_gradients.analysis.figures.gradient_distribution import gradient_distribution
from vanishing_gradients.analysis.figures.marks import layer_names
from vanishing_gradients.analysis.figures.neuron_gradients import neuron_gradients
from vanishing_gradients.analysis.runs import Run

MOST_CELLS = {"distribution": 10e6, "noise_scale": 120e6}
"""Gradient values that a figure reads: MySQL 9.7 on two busy cores counted 1 million a second into
decades, and read 4 million for the noise scale."""

OLD = "an older version recorded no such rows: train again for some"
STATISTICS = "only gradient tables can tell, which TELEMETRY=statistics leaves out"
NO_BATCH_SIZE = "the configuration they were registered with names no batch size"
NO_ACTIVATION = "no layer is an activation that can saturate"
NEURONS = "dead and saturated neurons, and gradients of neurons"
CELLS = "distributions and noise scales of gradients"

Ask = Callable[..., pd.DataFrame]
"""views.ask on a connection: the name of a view, and what is asked of it -> its rows."""
Rows = pd.DataFrame | Mapping[int, str] | tuple[int, int] | int


@dataclass(frozen=True, eq=False)
class Figure:
    """A figure; its file is named by the function that draws it.

    `reads` names a view for each parameter of that function, or a function that asks for the rows.
    `reading` says how to read the figure; a caption adds the views that are named, or `views` in
    their place. `recorded` names the rows that older versions did not record: a run without them
    is left out, which is no error.
    """

    draw: Callable[..., go.Figure]
    reads: Mapping[str, str | Callable[..., Rows]]
    reading: str
    heading: str = ""
    views: str = ""
    recorded: str = ""

    @property
    def name(self) -> str:
        """What its file is called; a comparison has a folder of its own."""
        return self.draw.__name__.removesuffix("_compared")

    @property
    def caption(self) -> str:
        """How to read the figure, and which views it comes from."""
        views = [view for view in self.reads.values() if isinstance(view, str)]
        told = self.views or f"View{'s' * (len(views) > 1)}: {', '.join(views)}"
        return f"{self.reading} {told}."

    def drawn(self, ask: Ask, **about: Any) -> go.Figure:
        """Return the figure of a `run` or of `runs`; what else is given goes to its function.

        Raises NoRowsError, or LeftOutError for what a run of its kind does not have.
        """
        run_id = about["run"].run_id if "run" in about else tuple(r.run_id for r in about["runs"])
        try:
            rows = {
                name: ask(view, run_id=run_id) if isinstance(view, str) else view(ask, **about)
                for name, view in self.reads.items()
            }
        except NoRowsError as error:
            raise (LeftOutError(self.recorded, OLD) if self.recorded else error) from None
        return self.draw(**rows, **about)


def names(ask: Ask, run: Run) -> Mapping[int, str]:
    """Return number -> name of all layers of a run."""
    return layer_names(ask("gradient_norms", run_id=run.run_id))


def _thresholds(ask: Ask, **_about: object) -> pd.DataFrame:
    return ask("ratio_thresholds")


def _saturable(ask: Ask, run: Run) -> pd.DataFrame:
    neurons = ask("neurons", run_id=run.run_id)
    if neurons["saturated"].isna().all():
        raise LeftOutError("saturated neurons", NO_ACTIVATION)
    return neurons


def _expected(ask: Ask, run: Run) -> pd.DataFrame:
    """Return expected_rows of a run with gradient tables, whose size is known."""
    if run.telemetry != "full":
        raise LeftOutError(CELLS, STATISTICS)
    expected = ask("expected_rows", run_id=run.run_id)
    if expected["steps"].isna().any():
        raise LeftOutError(CELLS, NO_BATCH_SIZE)
    return expected


def _counted(ask: Ask, run: Run) -> tuple[list[int], int]:
    """Return which of an epoch's recorded batches distributions count, from 1, and of how many."""
    expected = _expected(ask, run)
    in_all = -(-int(expected["steps"].iloc[0]) // run.record_every)
    most = MOST_CELLS["distribution"] // (_cells(expected) * len({1, run.epochs}))
    return _chosen(in_all, int(most)), in_all


def _batches(ask: Ask, run: Run) -> tuple[int, int]:
    batches, in_all = _counted(ask, run)
    return len(batches), in_all


def _distributions(ask: Ask, run: Run) -> pd.DataFrame:
    steps = tuple(1 + (batch - 1) * run.record_every for batch in _counted(ask, run)[0])
    epochs = sorted({1, run.epochs})
    return _of_layers("distribution", ask, run, names(ask, run), epochs, step=steps)


def _noise_scales(ask: Ask, run: Run) -> pd.DataFrame:
    expected = _expected(ask, run)
    weights = expected[expected["row_meaning"] == "input"]
    in_all = -(-int(expected["steps"].iloc[0]) // run.record_every)
    epochs = _chosen(run.epochs, int(MOST_CELLS["noise_scale"] // (_cells(weights) * in_all)))
    return _of_layers("noise_scale", ask, run, layer_names(weights), epochs)


def _batch_size(ask: Ask, run: Run) -> int:
    return int(_expected(ask, run)["batch_size"].iloc[0])


def _cells(layers: pd.DataFrame) -> float:
    """Return how many gradient values some layers have in a step."""
    return float((layers["layer_rows"] * layers["width"]).sum())


def _of_layers(
    view: str, ask: Ask, run: Run, layers: Mapping[int, str], epochs: list[int], **asked: object
) -> pd.DataFrame:
    """Return the rows of a view of a layer, of some layers and epochs, with number and name."""
    asked |= {"experiment": run.experiment, "run_id": run.run_id}
    parts = [
        ask(view, layer=layer, epoch=epoch, **asked).assign(layer=layer, layer_name=name)
        for layer, name in layers.items()
        for epoch in epochs
    ]
    return pd.concat(parts, ignore_index=True)


def _chosen(last: int, most: int) -> list[int]:
    """Return whole numbers from 1 to `last`, evenly spaced with both ends where they are many."""
    if last <= max(most, 2):
        return list(range(1, last + 1))
    return np.unique(np.linspace(1, last, max(most, 2)).round().astype("int64")).tolist()


RATIO = Figure(
    over_epochs.gradient_norm_ratio,
    {"names": names, "ratios": "gradient_norm_ratios", "thresholds": _thresholds},
    "Norm of layer l + 1 over norm of layer l; a layer's norm is the mean L2 norm of the rows "
    "of its gradient. Layers are numbered as in the paper, whose Figures 10, 13, 17, 18 and 20 "
    "show this ratio. The gradient of a dense layer is a sum over the batch, that of any other "
    "layer is one sample's: a ratio far from 1 between the two kinds is not by itself a fault. "
    "Infinite, undefined and zero ratios have no place on a logarithmic axis; marks stand for "
    "them, side by side where there are several.",
    "Gradient-norm ratio",
)
MEAN = Figure(
    over_epochs.mean_gradient,
    {"norms": "gradient_norms"},
    "Mean over all gradient values of a layer in an epoch, on an axis that is logarithmic on "
    "either side of zero and linear about it. Dashed lines at ±0.001 bound what the paper "
    "calls the vanishing region (its Figures 11 and 15). Softmax with cross-entropy gives "
    "every sample a gradient that sums to zero: without penalties on the weights the means of "
    "the last two layers are rounding errors.",
    "Mean gradient",
)
CURVES = Figure(
    curves.accuracy_and_loss,
    {"curves": "training_curves"},
    "Training values are over the images as the epoch met them, the weights changing "
    "meanwhile; test values are over the test images after the epoch. The loss is the one that "
    "the network was trained with, categorical cross-entropy in the paper. As in its Figures "
    "12, 16, 19 and 21.",
    "Accuracy and loss",
)
OF_GRADIENTS = (
    RATIO,
    MEAN,
    CURVES,
    Figure(
        grids.norm_grid,
        {"norms": "gradient_norms"},
        "Mean L2 norm of the rows of a layer's gradient in an epoch; colours are logarithmic, with "
        "a scale of their own for the layers with weights, whose gradient is a sum over the batch. "
        "Colours that darken towards the first layer are a gradient that vanishes on its way back. "
        "Exactly zero and undefined are no colours but marks.",
        "Norms as a map",
    ),
    Figure(
        grids.ratio_grid,
        {"names": names, "ratios": "gradient_norm_ratios"},
        "Norm of layer l + 1 over norm of layer l, as in the figure of ratios, but as colours, for "
        "networks of any depth: pale is 1, one hue is above, the other below.",
        "Ratios as a map",
    ),
)
"""The figures of a run that was ever recorded."""
DIAGNOSIS = (
    Figure(
        grids.dead_neurons,
        {"layers": "dead_neurons", "neurons": "neurons"},
        "A neuron is dead in an epoch if its gradient is exactly zero in all of it: of a layer "
        "with weights the gradient of every weight into the neuron at every step, of any other "
        "layer that of the neuron for every sample. A dead ReLU never gets a positive input and "
        "can no longer learn. Point at a cell to see which neurons.",
        "Dead neurons",
        recorded=NEURONS,
    ),
    Figure(
        grids.saturated_neurons,
        {"neurons": _saturable, "layers": "saturation"},
        "Share of an activation's values where its slope is below 1 % of the largest slope it has: "
        "there next to nothing of a gradient passes. A ReLU counts as saturated wherever it is "
        "off. Point at a cell to see which neurons were so for every sample of the epoch.",
        "Saturated neurons",
        views="Views: saturation, neurons",
        recorded=NEURONS,
    ),
    Figure(
        neuron_gradients,
        {"neurons": "neurons"},
        "Mean magnitude of each neuron's gradient in an epoch, in logarithmic colours that each "
        "layer has for itself; the menu chooses the layer.",
        "Gradients of neurons",
        recorded=NEURONS,
    ),
    Figure(
        over_epochs.update_ratio,
        {"ratios": "update_ratios"},
        "Mean over the steps of an epoch of the L2 norm of the change of a layer's weights over "
        "that of the weights. Somewhere around 1e-3 is the usual guide (Karpathy, CS231n, "
        "https://cs231n.github.io/neural-networks-3/#ratio): far below it a layer hardly learns, "
        "far above it the learning rate may be too large.",
        "Update-to-weight ratio",
        recorded="update-to-weight ratios",
    ),
    Figure(
        gradient_distribution,
        {"cells": _distributions, "names": names, "batches": _batches},
        "Shares of a layer's gradient values by magnitude, a decade a column, in the first epoch "
        "and the last; exact zeros stand apart at the left. The lowest and the highest decade take "
        "whatever lies beyond. The menu chooses the layer whose bars are drawn.",
        "Distribution of gradients",
        views="Views: {exp}_layer_{l}_distribution",
    ),
    Figure(
        over_epochs.noise_scale,
        {"scales": _noise_scales, "batch_size": _batch_size},
        "The simple noise scale tr(Σ) / |G|² of the gradients of an epoch's batches: the batch "
        "size at which noise and gradient are equally large (McCandlish et al., 2018, "
        "https://arxiv.org/abs/1812.06162). Far above the batch size steps are mostly noise; far "
        "below it larger batches are of little use. The weights change within an epoch, which "
        "counts as noise. Of a run with very many values only some epochs are read, first and last "
        "among them.",
        "Gradient noise scale",
        views="Views: {exp}_layer_{l}_noise_scale",
    ),
)
"""The figures of what goes on within a network."""
OF_RUN = (*OF_GRADIENTS, *DIAGNOSIS)
BY_EXPERIMENT = (
    Figure(
        curves.accuracy_by_experiment,
        {"curves": "training_curves"},
        "One line an experiment: its latest finished run on this data set. As in the paper's "
        "Figure 22.",
        "Accuracy by experiment",
    ),
    Figure(
        curves.loss_by_experiment,
        {"curves": "training_curves"},
        "One line an experiment: its latest finished run on this data set. As in the paper's "
        "Figure 23.",
        "Loss by experiment",
    ),
)
"""The figures of the latest run of each experiment on a data set."""
COMPARED = (
    Figure(
        compared.curves_compared,
        {"curves": "training_curves"},
        "Training values are over the images as the epoch met them, the weights changing "
        "meanwhile; test values are after the epoch.",
    ),
    Figure(
        compared.norms_compared,
        {"norms": "epoch_means"},
        "Mean L2 norm of a row of the gradient of the weights.",
    ),
    Figure(
        compared.first_to_last_compared,
        {"norms": "epoch_means"},
        "Norm of the first dense layer over that of the last: far below 1 gradients vanish on "
        "their way to the input, far above 1 they explode.",
    ),
)
"""The figures of a few runs of any kind."""
MEDIANS = "Lines are medians over seeds, bands reach from the smallest to the largest seed."
OVER_SEEDS = (
    Figure(over_seeds.accuracy_over_seeds, {"curves": "training_curves"}, MEDIANS),
    Figure(over_seeds.loss_over_seeds, {"curves": "training_curves"}, MEDIANS),
    Figure(
        over_seeds.norms_over_seeds,
        {"norms": "epoch_means"},
        f"{MEDIANS} Filled markers are dense layers, open ones all others, whose gradients are "
        "of another kind.",
    ),
)
RATIO_OVER_SEEDS = Figure(
    over_seeds.ratio_over_seeds, {"norms": "epoch_means", "thresholds": _thresholds}, MEDIANS
)
"""Figures of runs that differ in their seeds; the last is of one experiment."""
THEORY = {
    derivatives.saturation: (
        "The sigmoid and its derivative. Where the sigmoid is flat its derivative, by which a "
        "gradient is multiplied on its way back, is next to nothing."
    ),
    derivatives.derivative_products: (
        "Products of activation derivatives alone, by the number of layers. The weights between, "
        "by which a gradient is multiplied too, are left out; with the paper's small initial "
        "weights they shrink it far more, as the audit shows."
    ),
    derivatives.activations: "Sigmoid and ReLU, each with its derivative.",
}
"""The figures that need no rows, with how to read them."""
