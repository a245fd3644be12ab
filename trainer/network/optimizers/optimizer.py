"""An optimizer turns a network's gradients into its next parameters."""

from abc import ABC, abstractmethod

import numpy as np

from vanishing_gradients.trainer.network.network import Network
from vanishing_gradients.trainer.network.schedules import InverseTime, Schedule


class Optimizer(ABC):
    """What all optimizers share: a schedule of the learning rate, and arrays kept between steps.

    Arithmetic is in place, over the network's flat arrays and in their dtype. An optimizer belongs
    to the first network it steps.

    Args:
        learning_rate: the rate of the first step, which then decays as rate / (1 + decay x steps);
            or a schedule.
        decay: 0 keeps that rate for ever.

    Attributes:
        schedule: the rate of every step.
        steps: how many were taken.
        moments: names of the arrays it keeps from step to step, each as long as the parameters.

    Raises:
        ValueError: a decay besides a schedule, which says already how the rate falls.
    """

    moments: tuple[str, ...] = ()

    def __init__(self, learning_rate: float | Schedule, decay: float = 0.0) -> None:
        if not isinstance(learning_rate, Schedule):
            learning_rate = InverseTime(learning_rate, decay)
        elif decay:
            raise ValueError(f"decay is {decay}, but a schedule says how the rate falls")
        self.schedule: Schedule = learning_rate
        self.steps = 0
        self._arrays: dict[str, np.ndarray] = {}
        self._scratch = np.empty(0)

    @property
    def learning_rate(self) -> float:
        """The rate of the next step."""
        return self.schedule.rate(self.steps)

    def step(self, network: Network) -> None:
        """Change all of the network's parameters once, by the gradients of its latest backward."""
        parameters = network.parameters
        if self._scratch.dtype != parameters.dtype or self._scratch.shape != parameters.shape:
            self._scratch = np.empty_like(parameters)
        for name in self.moments:
            if name not in self._arrays:
                self._arrays[name] = np.zeros_like(parameters)
        with np.errstate(all="ignore"):
            self._update(parameters, network.gradients)
        self.steps += 1

    def state(self) -> dict[str, np.ndarray | int]:
        """Return the number of steps, and copies of the moments if a step was taken."""
        return {"steps": self.steps} | {name: a.copy() for name, a in self._arrays.items()}

    def restore(self, state: dict[str, np.ndarray | int]) -> None:
        """Take back exactly what `state` returned.

        Raises:
            ValueError: the state is of another kind of optimizer.
        """
        arrays = {name: np.array(value) for name, value in state.items() if name != "steps"}
        expected = set(self.moments) if state["steps"] else set()
        if arrays.keys() != expected:
            raise ValueError(f"the state holds {sorted(arrays)}, not {sorted(expected)}")
        self.steps = int(state["steps"])
        self._arrays = arrays

    @abstractmethod
    def _update(self, parameters: np.ndarray, gradients: np.ndarray) -> None:
        """Change `parameters` in place, `self.steps` steps having been taken before."""
