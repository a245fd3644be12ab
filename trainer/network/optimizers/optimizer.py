"""An optimizer turns a network's gradients into its next parameters; simple ones first."""

from abc import ABC, abstractmethod

import numpy as np

from trainer.network.network import Network


class Optimizer(ABC):
    """What all optimizers share: a learning rate that decays as rate / (1 + decay x steps).

    Arithmetic is in place, over the network's flat arrays and in their dtype. An optimizer belongs
    to the first network it steps.

    Args:
        learning_rate: the rate of the first step.
        decay: 0 keeps that rate for ever.

    Attributes:
        steps: how many were taken.
        moments: names of the arrays it keeps from step to step, each as long as the parameters.
    """

    moments: tuple[str, ...] = ()

    def __init__(self, learning_rate: float, decay: float = 0.0) -> None:
        self.initial_learning_rate = learning_rate
        self.decay = decay
        self.steps = 0
        self._arrays: dict[str, np.ndarray] = {}
        self._scratch = np.empty(0)

    @property
    def learning_rate(self) -> float:
        """The rate of the next step."""
        return self.initial_learning_rate / (1.0 + self.decay * self.steps)

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


class SGD(Optimizer):
    """Stochastic gradient descent: u <- momentum u - rate g, w <- w + u.

    Source: Sutskever, Martens, Dahl and Hinton (2013), On the importance of initialization and
    momentum in deep learning, equations 1 and 2, https://proceedings.mlr.press/v28/sutskever13.html

    Args:
        learning_rate: the rate of the first step.
        decay: the rate of step k + 1 is learning_rate / (1 + decay k).
        momentum: in [0, 1); 0 is plain descent, w <- w - rate g.
    """

    def __init__(self, learning_rate: float = 1.0, decay: float = 0.0, momentum: float = 0.0):
        super().__init__(learning_rate, decay)
        self.momentum = momentum
        if momentum:
            self.moments = ("update",)

    def _update(self, parameters: np.ndarray, gradients: np.ndarray) -> None:
        change = np.multiply(gradients, self.learning_rate, out=self._scratch)
        if not self.momentum:
            parameters -= change
            return
        update = self._arrays["update"]
        update *= self.momentum
        update -= change
        parameters += update


class Adam(Optimizer):
    """Adam: steps of about the learning rate, whatever the size of the gradient.

    m <- beta_1 m + (1 - beta_1) g, v <- beta_2 v + (1 - beta_2) g^2, and after step t
    w <- w - rate m_hat / (sqrt(v_hat) + epsilon), m_hat = m / (1 - beta_1^t), v_hat likewise.
    Epsilon is outside the root, as published, and not inside as in the paper's Equation 10.
    Source: Kingma and Ba (2015), Adam: A Method for Stochastic Optimization, algorithm 1,
    https://arxiv.org/abs/1412.6980

    A gradient whose square overflows makes v infinite: from then on that parameter stays as it is.

    Args:
        learning_rate: the rate of the first step.
        decay: the rate of step k + 1 is learning_rate / (1 + decay k).
        epsilon: above 0, keeps the denominator from being 0.
        beta_1: how much of the first moment survives a step, in [0, 1).
        beta_2: the same of the second moment.
    """

    moments = ("first_moment", "second_moment")

    def __init__(
        self,
        learning_rate: float = 0.001,
        decay: float = 0.0,
        epsilon: float = 1e-7,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
    ) -> None:
        super().__init__(learning_rate, decay)
        self.epsilon = epsilon
        self.beta_1 = beta_1
        self.beta_2 = beta_2

    def _update(self, parameters: np.ndarray, gradients: np.ndarray) -> None:
        # The moments are kept divided by 1 - beta, and both corrections are taken out of the
        # arrays: four passes over all parameters fewer than the formulas as printed.
        m, v = self._arrays["first_moment"], self._arrays["second_moment"]
        step = self.steps + 1
        m_correction = (1.0 - self.beta_1) / (1.0 - self.beta_1**step)
        v_root = ((1.0 - self.beta_2) / (1.0 - self.beta_2**step)) ** 0.5
        m *= self.beta_1
        m += gradients
        change = np.multiply(gradients, gradients, out=self._scratch)
        v *= self.beta_2
        v += change
        np.sqrt(v, out=change)
        change += self.epsilon / v_root
        np.divide(m, change, out=change)
        change *= self.learning_rate * m_correction / v_root
        parameters -= change
