"""What an experiment's file asks for by kind: optimizer, schedule, initialisation, clipping."""

from inspect import signature
from typing import Annotated, ClassVar, Self

from pydantic import model_validator

from vanishing_gradients.trainer.experiments.records import (
    KindRecord,
    limits,
    one_of,
    records_of,
    refuse,
)
from vanishing_gradients.trainer.network.clipping import CLIPPINGS
from vanishing_gradients.trainer.network.initializers import INITIALIZERS
from vanishing_gradients.trainer.network.optimizers import OPTIMIZERS, Optimizer
from vanishing_gradients.trainer.network.schedules import SCHEDULES, WARM_UP, Schedule, WarmUp
from vanishing_gradients.trainer.network.settings import SettingError


class ScheduleRecord(KindRecord):
    """What all schedules share: the rate may rise in even steps before it is the schedule's own."""

    warm_up: Annotated[int, limits(WARM_UP, int)] = 0

    def schedule(self, learning_rate: float, steps: int) -> Schedule:
        """Return the rates of a run of so many steps, the first one after the warm-up given.

        A schedule that is as long as the run is one whose class takes `steps`. Raises SettingError
        where it does not go with the learning rate.
        """
        others: dict[str, float] = {"learning_rate": learning_rate}
        if "steps" in signature(self.made).parameters:
            others["steps"] = max(steps - self.warm_up, 1)
        schedule = self.build(**others)
        return WarmUp(schedule, self.warm_up) if self.warm_up else schedule


SCHEDULE = records_of(SCHEDULES, ScheduleRecord)


class OptimizerRecord(KindRecord):
    """What all optimizers share: a learning rate that decays with the steps, or has a schedule."""

    later: ClassVar[frozenset[str]] = frozenset({"schedule", "nesterov"})

    learning_rate: float
    decay: float = 0.0
    schedule: one_of(SCHEDULE, None) = None

    def optimizer(self, steps: int) -> Optimizer:
        """Return the optimizer of a run of so many steps; SettingError where settings clash."""
        if not self.schedule:
            return self.build()
        return self.build(learning_rate=self.schedule.schedule(self.learning_rate, steps))

    @model_validator(mode="after")
    def _check_settings(self) -> Self:
        try:
            self.optimizer(steps=1)
        except SettingError as error:
            owner = () if error.name in self.settings else ("schedule",)
            refuse((*owner, error.name), error.why)
        return self


OPTIMIZER = records_of(OPTIMIZERS, OptimizerRecord)
INITIALIZATION = records_of(INITIALIZERS, KindRecord)
CLIPPING = records_of(CLIPPINGS, KindRecord)
