"""Optimizers as the file of an experiment asks for them: which one, its rate, its constants."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from vanishing_gradients.trainer.experiments.record import (
    Decay,
    Epsilon,
    Fraction,
    LearningRate,
    Record,
    refuse,
)
from vanishing_gradients.trainer.experiments.schedules import CosineSettings, ScheduleSettings

Schedule = Annotated[
    ScheduleSettings | None,
    Field(
        discriminator="kind",
        description="a table whose kind is 'constant', 'inverse_time', 'step', 'exponential' or "
        "'cosine'",
    ),
]


class _Optimizer(Record):
    """What all optimizers share: a learning rate that decays with the steps, or has a schedule."""

    later: ClassVar[frozenset[str]] = frozenset({"schedule"})

    kind: str
    learning_rate: LearningRate = 0.001
    decay: Decay = 0.0
    schedule: Schedule = None

    @model_validator(mode="after")
    def _check_schedule(self) -> Self:
        if self.schedule and self.decay:
            refuse("decay", "beside a schedule it must be 0, since the schedule sets the rate")
        if isinstance(self.schedule, CosineSettings) and self.schedule.floor > self.learning_rate:
            refuse(
                ("schedule", "floor"),
                f"it must not be above the learning rate, which is {self.learning_rate:g}",
            )
        return self


class SGDSettings(_Optimizer):
    """Stochastic gradient descent: learning rate, its decay a step, and momentum."""

    later: ClassVar[frozenset[str]] = frozenset({"schedule", "nesterov"})

    kind: Literal["sgd"]
    learning_rate: LearningRate = 1.0
    momentum: Fraction = 0.0
    nesterov: Annotated[bool, Field(description="true or false")] = False

    @model_validator(mode="after")
    def _check_nesterov(self) -> Self:
        if self.nesterov and not self.momentum:
            refuse("nesterov", "it changes momentum, so give a momentum above 0 beside it")
        return self


class AdagradSettings(_Optimizer):
    """Adagrad: each rate is divided by the root of all squared gradients so far."""

    kind: Literal["adagrad"]
    learning_rate: LearningRate = 0.01
    epsilon: Epsilon = 1e-7


class RMSPropSettings(_Optimizer):
    """RMSProp: each rate is divided by the root of a running mean of squared gradients."""

    kind: Literal["rmsprop"]
    epsilon: Epsilon = 1e-7
    rho: Fraction = 0.9


class AdamSettings(_Optimizer):
    """Adam: learning rate, its decay a step, the denominator's epsilon, and the moments' betas."""

    kind: Literal["adam"]
    epsilon: Epsilon = 1e-7
    beta_1: Fraction = 0.9
    beta_2: Fraction = 0.999


class AdamWSettings(AdamSettings):
    """AdamW: Adam, and weights that shrink by `weight_decay` times the rate at each step."""

    kind: Literal["adamw"]
    weight_decay: Annotated[
        float, Field(ge=0, le=1e6, description="a number from 0 to 1,000,000")
    ] = 0.01


class AMSGradSettings(AdamSettings):
    """AMSGrad: Adam with the largest second moment so far in place of the latest."""

    kind: Literal["amsgrad"]


OptimizerSettings = (
    SGDSettings | AdagradSettings | RMSPropSettings | AdamSettings | AdamWSettings | AMSGradSettings
)
