"""A schedule gives each step's learning rate; steps are counted from 0."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from vanishing_gradients.trainer.network.settings import Setting, SettingError, by_kind

Factor = Annotated[float, Setting("what the rate is multiplied by", 0, 1, open_low=True)]
WARM_UP = Setting("steps in which the rate climbs to its first value", 0, 10**9, unit="steps")
Decay = Annotated[float, Setting("the rate is divided by 1 + decay x steps", 0, 1e6)]


class Schedule(ABC):
    """The learning rate of every step."""

    @abstractmethod
    def rate(self, step: int) -> float:
        """Return the learning rate for the step after `step` earlier steps."""


@dataclass(frozen=True)
class Constant(Schedule):
    """A constant rate."""

    kind = "constant"

    learning_rate: float

    def rate(self, step: int) -> float:
        """Return learning_rate."""
        return self.learning_rate


@dataclass(frozen=True)
class InverseTime(Schedule):
    """The rate falls as 1 / (1 + decay step); if decay > 0, sums of rates still diverge.

    Source: Robbins and Monro (1951), A Stochastic Approximation Method, section 4,
    https://doi.org/10.1214/aoms/1177729586 (sequences of type 1/n)
    """

    kind = "inverse_time"

    learning_rate: float
    decay: Decay = 1e-3

    def rate(self, step: int) -> float:
        """Return learning_rate / (1 + decay step)."""
        return self.learning_rate / (1.0 + self.decay * step)


@dataclass(frozen=True)
class _ByFactor(Schedule):
    """A schedule that falls by factors; ValueError unless the factor is above 0 and at most 1."""

    learning_rate: float
    factor: Factor = 0.5

    def __post_init__(self) -> None:
        if not 0.0 < self.factor <= 1.0:
            raise ValueError(f"factor is {self.factor}, not above 0 and at most 1")


@dataclass(frozen=True)
class StepDecay(_ByFactor):
    """The rate is multiplied by `factor` after every `every` steps."""

    kind = "step"

    every: Annotated[int, Setting("after how many steps", 1, 10**9, unit="steps")] = 1000

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.every < 1:
            raise ValueError(f"every is {self.every}, not 1 or more")

    def rate(self, step: int) -> float:
        """Return learning_rate factor^(step // every)."""
        return self.learning_rate * self.factor ** (step // self.every)


@dataclass(frozen=True)
class Exponential(_ByFactor):
    """Each step's rate is `factor` times that of the step before."""

    kind = "exponential"

    factor: Factor = 0.999

    def rate(self, step: int) -> float:
        """Return learning_rate factor^step."""
        return self.learning_rate * self.factor**step


@dataclass(frozen=True)
class Cosine(Schedule):
    """Half a period of a cosine from the rate down to `floor`, in `steps` steps; then `floor`.

    Source: Loshchilov and Hutter (2017), SGDR: Stochastic Gradient Descent with Warm Restarts,
    equation 5, https://arxiv.org/abs/1608.03983; here without restarts.

    Raises SettingError if the floor is above the rate.
    """

    kind = "cosine"

    learning_rate: float
    steps: int
    floor: Annotated[float, Setting("the last rate", 0, 1e6)] = 0.0

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise ValueError(f"steps is {self.steps}, not 1 or more")
        if self.floor > self.learning_rate:
            why = f"it must not be above the learning rate, which is {self.learning_rate:g}"
            raise SettingError("floor", self.floor, why)

    def rate(self, step: int) -> float:
        """Return floor + (learning_rate - floor) (1 + cos(pi step / steps)) / 2."""
        if step >= self.steps:
            return self.floor
        wave = float(np.cos(np.pi * step / self.steps))
        return self.floor + (self.learning_rate - self.floor) * (1.0 + wave) / 2.0


@dataclass(frozen=True)
class WarmUp(Schedule):
    """The rate climbs linearly to the schedule's first in `steps` steps; then the schedule starts.

    Source: Goyal et al. (2017), Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour,
    section 2.2 (gradual warmup), https://arxiv.org/abs/1706.02677
    """

    schedule: Schedule
    steps: Annotated[int, WARM_UP]

    def __post_init__(self) -> None:
        if self.steps < 0:
            raise ValueError(f"steps is {self.steps}, not 0 or more")

    def rate(self, step: int) -> float:
        """Return schedule.rate(0) (step + 1) / (steps + 1), then schedule.rate(step - steps)."""
        if step >= self.steps:
            return self.schedule.rate(step - self.steps)
        return self.schedule.rate(0) * (step + 1) / (self.steps + 1)


SCHEDULES: dict[str, type[Schedule]] = by_kind(Schedule)
