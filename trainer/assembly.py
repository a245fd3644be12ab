"""Assembly makes the network, the optimizer and the clipping that an experiment asks for."""

import numpy as np

from vanishing_gradients.trainer.errors import ExperimentError
from vanishing_gradients.trainer.experiments import Experiment, LayerSpec
from vanishing_gradients.trainer.experiments.experiment import IMAGES_MAX
from vanishing_gradients.trainer.network.clipping import Clipping
from vanishing_gradients.trainer.network.dense import Dense, Penalty
from vanishing_gradients.trainer.network.dropout import Dropout
from vanishing_gradients.trainer.network.initializers import Initializer, Normal
from vanishing_gradients.trainer.network.layer import Layer
from vanishing_gradients.trainer.network.network import Network
from vanishing_gradients.trainer.network.optimizers import Optimizer
from vanishing_gradients.trainer.network.residual import Projection, Residual
from vanishing_gradients.trainer.network.softmax import Softmax


def build_network(
    experiment: Experiment,
    features: int,
    classes: int,
    dtype: np.dtype,
    generator: np.random.Generator,
) -> Network:
    """Return the experiment's network, its layers as in `experiment.layer_specs`.

    Initial weights are drawn from `generator`, first layer first; dropout keeps it. Every array is
    of `dtype`, float64 or float32.
    """
    specs = experiment.layer_specs(features, classes)
    return Network([_layer(spec, experiment, dtype, generator) for spec in specs])


def build_optimizer(experiment: Experiment, images: int = IMAGES_MAX) -> Optimizer:
    """Return the optimizer of a run on so many images: a cosine's wave is as long as the run.

    Raises ExperimentError where the warm-up is longer than that.
    """
    steps, schedule = experiment.steps(images), experiment.optimizer.schedule
    if schedule and schedule.warm_up > steps:
        raise ExperimentError(
            f"experiment {experiment.name} warms up for {schedule.warm_up:,} steps, but the run "
            f"has only {steps:,}: give it more epochs, or a shorter warm_up"
        )
    return experiment.optimizer.optimizer(steps)


def build_clipping(experiment: Experiment) -> Clipping | None:
    """Return what limits the experiment's gradients before each step; None where nothing does."""
    return experiment.clipping and experiment.clipping.build()


def _layer(
    spec: LayerSpec, experiment: Experiment, dtype: np.dtype, generator: np.random.Generator
) -> Layer:
    made, width = spec.made, spec.width
    drawn = (spec.rows, width, dtype, generator)
    if issubclass(made, Projection):
        return made(*drawn, _initializer(spec, experiment), spec.start)
    if issubclass(made, Dense):
        initializer, penalties = _initializer(spec, experiment), experiment.penalties
        layer = made(
            *drawn,
            initializer,
            Penalty(penalties.weight_l1, penalties.weight_l2),
            Penalty(penalties.bias_l1, penalties.bias_l2),
        )
        biases = initializer.draw_biases(layer.weights, spec.inputs_from.offset)
        layer.parameters["biases"][:] = biases
        return layer
    if issubclass(made, Residual):
        return made(width, dtype, spec.start)
    if issubclass(made, Dropout):
        return made(width, experiment.dropout, dtype, generator)
    if issubclass(made, Softmax):
        return made(width, dtype, loss=experiment.loss)
    return made(width, dtype)


def _initializer(spec: LayerSpec, experiment: Experiment) -> Initializer:
    """Return how the weights of a layer are drawn."""
    if experiment.initialization is None:
        return Normal(experiment.initial_weight_scale)
    return experiment.initialization.build().suited(spec.inputs_from.gain)
