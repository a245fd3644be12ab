"""Schedules: how the learning rate changes from step to step, as the file of an experiment says."""

from typing import Annotated, Literal

from pydantic import Field

from vanishing_gradients.trainer.experiments.record import Decay, Record, Steps

Factor = Annotated[float, Field(gt=0, le=1, description="a number above 0, at most 1")]


class _Schedule(Record):
    """What all schedules share: the rate may rise in even steps before it is the schedule's own."""

    kind: str
    warm_up: Annotated[
        int,
        Field(ge=0, le=10**9, description="a whole number of steps from 0 to 1,000,000,000"),
    ] = 0


class ConstantSettings(_Schedule):
    """The learning rate as it is."""

    kind: Literal["constant"]


class InverseTimeSettings(_Schedule):
    """The learning rate divided by 1 + decay x steps."""

    kind: Literal["inverse_time"]
    decay: Decay = 1e-3


class StepSettings(_Schedule):
    """The learning rate times `factor` after every so many steps."""

    kind: Literal["step"]
    factor: Factor = 0.5
    every: Steps = 1000


class ExponentialSettings(_Schedule):
    """The learning rate times `factor` after each step."""

    kind: Literal["exponential"]
    factor: Factor = 0.999


class CosineSettings(_Schedule):
    """Half a cosine wave from the learning rate down to `floor`, over the whole run."""

    kind: Literal["cosine"]
    floor: Annotated[float, Field(ge=0, le=1e6, description="a number from 0 to 1,000,000")] = 0.0


ScheduleSettings = (
    ConstantSettings | InverseTimeSettings | StepSettings | ExponentialSettings | CosineSettings
)
