"""Assembly makes the network, the optimizer and the clipping that an experiment asks for."""

import numpy as np

from vanishing_gradients.trainer.errors import ExperimentError
from vanishing_gradients.trainer.experiments import Experiment, LayerSpec
from vanishing_gradients.trainer.experiments.experiment import IMAGES_MAX
from vanishing_gradients.trainer.network import (
    ACTIVATIONS,
    GAINS,
    OFFSETS,
    SGD,
    Adagrad,
    Adam,
    AdamW,
    AMSGrad,
    BatchNormalization,
    Cosine,
    Dense,
    Dropout,
    Exponential,
    Glorot,
    He,
    Initializer,
    InverseTime,
    Layer,
    LeCun,
    Network,
    Normal,
    Optimizer,
    Orthogonal,
    Penalty,
    RMSProp,
    Schedule,
    Softmax,
    StepDecay,
    Uniform,
    WarmUp,
)
from vanishing_gradients.trainer.network.clipping import ByGlobalNorm, ByNorm, ByValue, Clipping
from vanishing_gradients.trainer.network.initializers import Constant
from vanishing_gradients.trainer.network.layer_normalization import LayerNormalization
from vanishing_gradients.trainer.network.residual import Projection, Residual
from vanishing_gradients.trainer.network.schedules import Constant as ConstantRate
from vanishing_gradients.trainer.network.weight_normalization import WeightNormalizedDense

_OPTIMIZERS = {
    "sgd": SGD, "adagrad": Adagrad, "rmsprop": RMSProp, "adam": Adam, "adamw": AdamW,
    "amsgrad": AMSGrad,
}  # fmt: skip
_SCHEDULES = {
    "constant": ConstantRate, "inverse_time": InverseTime, "step": StepDecay,
    "exponential": Exponential, "cosine": Cosine,
}  # fmt: skip
_INITIALIZERS = {
    "normal": Normal, "uniform": Uniform, "glorot": Glorot, "he": He, "lecun": LeCun,
    "orthogonal": Orthogonal, "constant": Constant,
}  # fmt: skip
_CLIPPINGS = {"value": ByValue, "norm": ByNorm, "global_norm": ByGlobalNorm}


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
    layers = []
    for spec in specs:
        before = specs[: spec.start or spec.number]
        number = sum(each.kind == "dense" for each in before)
        layers.append(_layer(spec, number, experiment, dtype, generator))
    return Network(layers)


def build_optimizer(experiment: Experiment, images: int = IMAGES_MAX) -> Optimizer:
    """Return the experiment's optimizer, with no step taken.

    Args:
        experiment: whose optimizer it is.
        images: how many a run trains on: a cosine's wave is as long as the run.

    Raises:
        ExperimentError: the warm-up is longer than the run.
    """
    settings = experiment.optimizer
    values = settings.model_dump(exclude={"kind", "schedule", "learning_rate"})
    if settings.schedule:
        del values["decay"]
        rate = _schedule(experiment, experiment.steps(images))
    else:
        rate = settings.learning_rate
    return _OPTIMIZERS[settings.kind](rate, **values)


def build_clipping(experiment: Experiment) -> Clipping | None:
    """Return what limits the experiment's gradients before each step; None where nothing does."""
    settings = experiment.clipping
    return settings and _CLIPPINGS[settings.kind](settings.limit)


def _schedule(experiment: Experiment, steps: int) -> Schedule:
    """Return the learning rates of a run of so many steps."""
    settings = experiment.optimizer.schedule
    if settings.warm_up > steps:
        raise ExperimentError(
            f"experiment {experiment.name} warms up for {settings.warm_up:,} steps, but the run "
            f"has only {steps:,}: give it more epochs, or a shorter warm_up"
        )
    values = settings.model_dump(exclude={"kind", "warm_up"})
    if settings.kind == "cosine":
        values["steps"] = max(steps - settings.warm_up, 1)
    schedule = _SCHEDULES[settings.kind](experiment.optimizer.learning_rate, **values)
    return WarmUp(schedule, settings.warm_up) if settings.warm_up else schedule


def _layer(
    spec: LayerSpec,
    number: int,
    experiment: Experiment,
    dtype: np.dtype,
    generator: np.random.Generator,
) -> Layer:
    """Return one layer; if it has weights, dense layer `number`, from 1, has the same inputs."""
    match spec.kind:
        case "dense":
            return _dense(spec, number, experiment, dtype, generator)
        case "projection":
            initializer = _initializer(experiment, number)
            return Projection(spec.rows, spec.width, dtype, generator, initializer, spec.start)
        case "residual":
            return Residual(spec.width, dtype, spec.start)
        case "batch_normalization":
            return BatchNormalization(spec.width, dtype)
        case "layer_normalization":
            return LayerNormalization(spec.width, dtype)
        case "dropout":
            return Dropout(spec.width, experiment.dropout, dtype, generator)
        case "softmax":
            return Softmax(spec.width, dtype, loss=experiment.loss)
        case _:
            return ACTIVATIONS[spec.kind](spec.width, dtype)


def _dense(
    spec: LayerSpec,
    number: int,
    experiment: Experiment,
    dtype: np.dtype,
    generator: np.random.Generator,
) -> Dense:
    """Return dense layer `number`, from 1; the last, which is not hidden, is never normalised."""
    is_hidden = number <= len(experiment.hidden_widths)
    normalized = is_hidden and experiment.normalization == "weight"
    initializer, penalties = _initializer(experiment, number), experiment.penalties
    layer = (WeightNormalizedDense if normalized else Dense)(
        spec.rows,
        spec.width,
        dtype,
        generator,
        initializer=initializer,
        weight_penalty=Penalty(penalties.weight_l1, penalties.weight_l2),
        bias_penalty=Penalty(penalties.bias_l1, penalties.bias_l2),
    )
    offset = OFFSETS.get(_activation_before(experiment, number), 0.0)
    layer.parameters["biases"][:] = initializer.draw_biases(layer.weights, offset)
    return layer


def _initializer(experiment: Experiment, number: int) -> Initializer:
    """Return how weights are drawn that have the inputs of dense layer `number`, from 1."""
    settings = experiment.initialization
    if settings is None:
        return Normal(experiment.initial_weight_scale)
    values = settings.model_dump(exclude={"kind"})
    if settings.kind == "orthogonal" and settings.gain is None:
        values["gain"] = GAINS[_activation_before(experiment, number)]
    return _INITIALIZERS[settings.kind](**values)


def _activation_before(experiment: Experiment, number: int) -> str:
    """Return the kind of activation that dense layer `number`, from 1, gets its inputs from."""
    return experiment.activations[number - 2] if number > 1 else "identity"
