"""Builds the network, the optimizer and the clipping that an experiment specifies."""

from inspect import signature

import numpy as np

from vanishing_gradients.trainer.errors import ExperimentError
from vanishing_gradients.trainer.experiments import Experiment, LayerSpec
from vanishing_gradients.trainer.experiments.experiment import IMAGES_MAX
from vanishing_gradients.trainer.network.clipping import Clipping
from vanishing_gradients.trainer.network.dense import Penalty
from vanishing_gradients.trainer.network.dropout import Dropout
from vanishing_gradients.trainer.network.layer import Layer
from vanishing_gradients.trainer.network.network import Network
from vanishing_gradients.trainer.network.optimizers import Optimizer
from vanishing_gradients.words import counted


def build_network(
    experiment: Experiment,
    features: int,
    classes: int,
    dtype: np.dtype,
    generator: np.random.Generator,
) -> Network:
    """Return the experiment's network, its layers as in `experiment.layer_specs`.

    Initial weights are drawn from `generator`, first layer first, each with its biases if these are
    drawn, too; dropout keeps it. Every array is
    of `dtype`, float64 or float32.
    """
    specs = experiment.layer_specs(features, classes)
    layers = [_layer(spec, experiment, dtype, generator) for spec in specs]
    rate = experiment.input_dropout
    return Network(layers, Dropout(features, rate, dtype, generator) if rate else None)


def build_optimizer(experiment: Experiment, images: int = IMAGES_MAX) -> Optimizer:
    """Return the optimizer of a run on `images`: a cosine schedule is as long as the run.

    Raises ExperimentError if the warm-up is longer than that.
    """
    steps, schedule = experiment.steps(images), experiment.optimizer.schedule
    if schedule and schedule.warm_up > steps:
        raise ExperimentError(
            f"experiment {experiment.name} warms up for {counted(schedule.warm_up, 'step')}, but "
            f"the run has only {steps:,}: give it more epochs, or a shorter warm_up"
        )
    return experiment.optimizer.optimizer(steps)


def build_clipping(experiment: Experiment) -> Clipping | None:
    """Return the experiment's gradient clipping; None if there is none."""
    return experiment.clipping and experiment.clipping.build()


def _layer(
    spec: LayerSpec, experiment: Experiment, dtype: np.dtype, generator: np.random.Generator
) -> Layer:
    """Return a layer, built from the experiment's values that its class has parameters for."""
    penalties = experiment.penalties
    initializer = experiment.initializers[spec.hidden].suited(spec.inputs_from.gain)
    rates = (*experiment.dropouts, 0.0)  # nothing is dropped of the last layers
    values = {
        "n_in": spec.rows,
        "width": spec.width,
        "dtype": dtype,
        "generator": generator,
        "initializer": initializer,
        "weight_penalty": Penalty(penalties.weight_l1, penalties.weight_l2),
        "bias_penalty": Penalty(penalties.bias_l1, penalties.bias_l2),
        "rate": rates[spec.hidden],
        "start": spec.start,
        "loss": experiment.loss,
    }
    layer = spec.made(**{name: values[name] for name in signature(spec.made).parameters})
    if "biases" in layer.parameters:
        biases: np.ndarray | float | None = experiment.initial_bias
        if biases is None:
            offset = spec.inputs_from.offset
            biases = initializer.draw_biases(layer.weights, generator, offset)
        layer.parameters["biases"][:] = biases
    return layer
