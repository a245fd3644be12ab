"""Combinations: values of an experiment that are allowed each by itself, but not together."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from trainer.experiments.record import refuse

if TYPE_CHECKING:
    from trainer.experiments.experiment import Experiment

IMAGES_MAX = 60_000
"""Training images of the largest data set."""
SMALLEST = 1e-30


def check(experiment: "Experiment") -> None:
    """Raise pydantic's error about the first pair of values that do not go together."""
    given = experiment.model_fields_set
    _check_widths(experiment, given)
    layers = experiment.depth if experiment.depth is not None else len(experiment.hidden_widths)
    if not isinstance(experiment.activation, str) and len(experiment.activation) != layers:
        refuse(
            "activation",
            f"as a list it must have one for each hidden layer, and there are {layers}, not "
            f"{len(experiment.activation)}",
        )
    batch = experiment.normalization == "batch"
    if {"batch_normalization", "normalization"} <= given and (
        experiment.batch_normalization != batch
    ):
        refuse(
            "batch_normalization",
            f"it is the older spelling of normalization, which is {experiment.normalization!r}: "
            "leave one of them out",
        )
    if experiment.initialization and "initial_weight_scale" in given:
        refuse(
            "initial_weight_scale",
            "it is what initialization of kind 'normal' calls scale: leave one of them out",
        )
    _check_directions(experiment)
    _check_residual(experiment.residual, layers)
    _check_warm_up(experiment)


def _check_widths(experiment: "Experiment", given: set[str]) -> None:
    if experiment.width is not None and experiment.depth is None:
        refuse("width", "it is the width of so many equal layers as depth says: give depth too")
    if experiment.depth is not None and "hidden_widths" in given:
        refuse("depth", "hidden_widths says how many layers there are: leave one of them out")


def _check_directions(experiment: "Experiment") -> None:
    """Weights so small that single precision makes them 0 have no direction to normalise."""
    if experiment.normalization != "weight":
        return
    settings = experiment.initialization
    why = f"weight normalisation needs weights whose size is at least {SMALLEST:g}"
    if settings is None and experiment.initial_weight_scale < SMALLEST:
        refuse("initial_weight_scale", why)
    if settings and settings.kind == "normal" and settings.scale < SMALLEST:
        refuse(("initialization", "scale"), why)
    if settings and settings.kind == "constant" and abs(settings.value) < SMALLEST:
        refuse(("initialization", "value"), why)


def _check_residual(residual: int | Sequence[tuple[int, int]] | None, layers: int) -> None:
    if residual is None:
        return
    if isinstance(residual, int):
        if residual > layers:
            refuse("residual", f"the network has only {_counted(layers, 'hidden layer')}")
        return
    end = 0
    for index, (first, last) in enumerate(residual):
        if last > layers:
            refuse(("residual", index), f"the network has only {_counted(layers, 'hidden layer')}")
        if first > last:
            refuse(("residual", index), "a block goes from its first hidden layer to its last")
        if first <= end:
            refuse(
                ("residual", index),
                f"it must begin behind the block before it, which ends with hidden layer {end}",
            )
        end = last


def _check_warm_up(experiment: "Experiment") -> None:
    schedule = experiment.optimizer.schedule
    longest = experiment.steps(IMAGES_MAX)
    if schedule and schedule.warm_up > longest:
        refuse(
            ("optimizer", "schedule", "warm_up"),
            f"a run of {_counted(experiment.epochs, 'epoch')} with batches of "
            f"{experiment.batch_size:,} has no more than {_counted(longest, 'step')}",
        )


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
