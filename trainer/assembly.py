"""Assembly makes the network and the optimizer that an experiment asks for."""

import numpy as np

from trainer.experiments import AdamSettings, Experiment, LayerSpec
from trainer.network import (
    ACTIVATIONS,
    SGD,
    Adam,
    BatchNormalization,
    Dense,
    Dropout,
    Layer,
    Network,
    Normal,
    Optimizer,
    Penalty,
    Softmax,
)


def build_network(
    experiment: Experiment,
    features: int,
    classes: int,
    dtype: np.dtype,
    generator: np.random.Generator,
) -> Network:
    """Return the experiment's network, its layers as in `experiment.layer_specs`.

    Args:
        experiment: what to build.
        features: pixels of an image.
        classes: how many labels there are.
        dtype: float64 or float32, of every array in it.
        generator: where initial weights are drawn from, first layer first; dropout keeps it.
    """
    specs = experiment.layer_specs(features, classes)
    return Network([_layer(spec, experiment, dtype, generator) for spec in specs])


def build_optimizer(experiment: Experiment) -> Optimizer:
    """Return the experiment's optimizer, with no step taken."""
    settings = experiment.optimizer
    if isinstance(settings, AdamSettings):
        return Adam(
            learning_rate=settings.learning_rate,
            decay=settings.decay,
            epsilon=settings.epsilon,
            beta_1=settings.beta_1,
            beta_2=settings.beta_2,
        )
    return SGD(
        learning_rate=settings.learning_rate,
        decay=settings.decay,
        momentum=settings.momentum,
    )


def _layer(
    spec: LayerSpec, experiment: Experiment, dtype: np.dtype, generator: np.random.Generator
) -> Layer:
    match spec.kind:
        case "dense":
            penalties = experiment.penalties
            return Dense(
                spec.rows,
                spec.width,
                dtype,
                generator,
                initializer=Normal(experiment.initial_weight_scale),
                weight_penalty=Penalty(penalties.weight_l1, penalties.weight_l2),
                bias_penalty=Penalty(penalties.bias_l1, penalties.bias_l2),
            )
        case "batch_normalization":
            return BatchNormalization(spec.width, dtype)
        case "dropout":
            return Dropout(spec.width, experiment.dropout, dtype, generator)
        case "softmax":
            return Softmax(spec.width, dtype)
        case _:
            return ACTIVATIONS[spec.kind](spec.width, dtype)
