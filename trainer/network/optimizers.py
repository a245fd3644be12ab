"""Optimizers that work in place on a network's flat arrays: from SGD to Adam and its variants."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np

from vanishing_gradients.trainer.network.network import Network
from vanishing_gradients.trainer.network.schedules import Decay, InverseTime, Schedule
from vanishing_gradients.trainer.network.settings import Setting, SettingError, by_kind

Rate = Annotated[float | Schedule, Setting("the rate of the first step", 0, 1e6, open_low=True)]
Epsilon = Annotated[float, Setting("keeps denominators from being 0", 1e-16, 1)]
Fraction = Annotated[float, Setting("how much of a moment survives a step", 0, 1, open_high=True)]
Momentum = Annotated[
    float, Setting("how much of the last update is added to the next", 0, 1, open_high=True)
]


@dataclass(eq=False)
class Optimizer(ABC):
    """The base class of optimizers: a learning rate schedule, and arrays kept between steps.

    Arithmetic is in place, on the network's flat arrays and in their dtype. An optimizer belongs to
    the first network it steps.

    Attributes:
        schedule: the learning rate of every step.
        steps: how many were taken.
        moments: names of the arrays it keeps from step to step, each as long as the parameters.

    Raises SettingError for a decay together with a schedule, and for a Nesterov momentum of 0.
    """

    moments: ClassVar[tuple[str, ...]] = ()

    learning_rate: Rate
    decay: Decay = 0.0

    def __post_init__(self) -> None:
        self.schedule = self.learning_rate
        if not isinstance(self.schedule, Schedule):
            self.schedule = InverseTime(self.learning_rate, self.decay)
        elif self.decay:
            why = "with a schedule it must be 0, since the schedule sets the rate"
            raise SettingError("decay", self.decay, why)
        self.steps = 0
        self._arrays: dict[str, np.ndarray] = {}
        self._scratch = np.empty(0)

    @property
    def rate(self) -> float:
        """The learning rate of the next step."""
        return self.schedule.rate(self.steps)

    def step(self, network: Network) -> None:
        """Update all of the network's parameters once, by the gradients of its latest backward."""
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
        """Restore what `state` returned; raises ValueError if the optimizer's kind differs."""
        arrays = {name: np.array(value) for name, value in state.items() if name != "steps"}
        expected = set(self.moments) if state["steps"] else set()
        if arrays.keys() != expected:
            raise ValueError(f"the state holds {sorted(arrays)}, not {sorted(expected)}")
        self.steps = int(state["steps"])
        self._arrays = arrays

    @abstractmethod
    def _update(self, parameters: np.ndarray, gradients: np.ndarray) -> None:
        """Update `parameters` in place, after `self.steps` earlier steps."""


@dataclass(eq=False)
class SGD(Optimizer):
    """Stochastic gradient descent: u <- momentum u - rate g, w <- w + u.

    With Nesterov's momentum w <- w + momentum u - rate g: the parameters kept are those at which
    the next gradient is needed, one step of the momentum ahead of the published ones.
    Source: Sutskever, Martens, Dahl and Hinton (2013), On the importance of initialization and
    momentum in deep learning, equations 1 to 4, https://proceedings.mlr.press/v28/sutskever13.html;
    the shifted parameters: Bengio, Boulanger-Lewandowski and Pascanu (2013), Advances in Optimizing
    Recurrent Networks, equations 6 and 7, https://arxiv.org/abs/1212.0901

    PyTorch multiplies by the rate after the momentum, and differs if the rate changes.
    """

    kind = "sgd"

    learning_rate: Rate = 1.0
    momentum: Momentum = 0.0
    nesterov: Annotated[bool, Setting("whether gradients are taken a momentum step ahead")] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.nesterov and not self.momentum:
            why = "it changes momentum, so also give a momentum above 0"
            raise SettingError("nesterov", self.nesterov, why)
        if self.momentum:
            self.moments = ("update",)

    def _update(self, parameters: np.ndarray, gradients: np.ndarray) -> None:
        change = np.multiply(gradients, self.rate, out=self._scratch)
        if not self.momentum:
            parameters -= change
            return
        update = self._arrays["update"]
        update *= self.momentum
        update -= change
        if self.nesterov:
            parameters -= change
            update = np.multiply(update, self.momentum, out=change)
        parameters += update


@dataclass(eq=False)
class AdaptiveOptimizer(Optimizer):
    """An optimizer that divides by the root of a sum of squared gradients.

    A gradient whose square overflows makes the sum infinite: from then on that parameter does not
    change.
    """

    learning_rate: Rate = 0.001
    epsilon: Epsilon = 1e-7

    def _add_squares(self, squares: np.ndarray, gradients: np.ndarray, memory: float) -> None:
        """Set `squares` to memory squares + gradients^2."""
        new = np.multiply(gradients, gradients, out=self._scratch)
        if memory != 1.0:
            squares *= memory
        squares += new

    def _descend(
        self,
        parameters: np.ndarray,
        direction: np.ndarray,
        squares: np.ndarray,
        scale: float = 1.0,
        root: float = 1.0,
    ) -> None:
        """Subtract rate scale direction / (root sqrt(squares) + epsilon) from `parameters`.

        `scale` and `root` are kept out of the arrays, which saves passes over all parameters.
        """
        change = self._denominator(squares, root)
        np.divide(direction, change, out=change)
        change *= self.rate * scale / root
        parameters -= change

    def _denominator(self, squares: np.ndarray, root: float) -> np.ndarray:
        """Return sqrt(squares) + epsilon / root, in the scratch array."""
        found = np.sqrt(squares, out=self._scratch)
        found += self.epsilon / root
        return found


@dataclass(eq=False)
class Adagrad(AdaptiveOptimizer):
    """Adagrad: G <- G + g^2, w <- w - rate g / (sqrt(G) + epsilon).

    Source: Duchi, Hazan and Singer (2011), Adaptive Subgradient Methods for Online Learning and
    Stochastic Optimization, figure 1 with diagonal matrices,
    https://jmlr.org/papers/v12/duchi11a.html

    The first step is rate sign(g) if |g| is well above epsilon; a parameter whose gradient was
    always 0 stays.
    """

    kind = "adagrad"
    moments = ("square_sum",)

    learning_rate: Rate = 0.01

    def _update(self, parameters: np.ndarray, gradients: np.ndarray) -> None:
        squares = self._arrays["square_sum"]
        self._add_squares(squares, gradients, memory=1.0)
        self._descend(parameters, gradients, squares)


@dataclass(eq=False)
class RMSProp(AdaptiveOptimizer):
    """RMSProp: v <- rho v + (1 - rho) g^2, w <- w - rate g / (sqrt(v) + epsilon).

    Source: Tieleman and Hinton (2012), Neural Networks for Machine Learning, lecture 6e,
    https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf

    v starts at 0, uncorrected: the first step is rate / sqrt(1 - rho), about three rates.
    """

    kind = "rmsprop"
    moments = ("mean_square",)

    rho: Fraction = 0.9

    def _update(self, parameters: np.ndarray, gradients: np.ndarray) -> None:
        squares = self._arrays["mean_square"]  # kept divided by 1 - rho
        self._add_squares(squares, gradients, self.rho)
        self._descend(parameters, gradients, squares, root=(1.0 - self.rho) ** 0.5)


@dataclass(eq=False)
class Adadelta(AdaptiveOptimizer):
    """Adadelta: each parameter's steps are as large as its last ones, and no unit is needed.

    v <- rho v + (1 - rho) g^2, d = sqrt(u + epsilon) / sqrt(v + epsilon) g, w <- w - rate d, and
    then u <- rho u + (1 - rho) d^2.
    Source: Zeiler (2012), ADADELTA: An Adaptive Learning Rate Method, algorithm 1,
    https://arxiv.org/abs/1212.5701; there without a rate, which is 1 here as in PyTorch.

    u starts at 0: the first steps are of about the root of epsilon, and grow from there.
    """

    kind = "adadelta"
    moments = ("mean_square", "mean_square_step")

    learning_rate: Rate = 1.0
    epsilon: Epsilon = 1e-6
    rho: Fraction = 0.95

    def _update(self, parameters: np.ndarray, gradients: np.ndarray) -> None:
        # Both means are kept divided by 1 - rho, and so is what is added to them.
        squares, steps = self._arrays["mean_square"], self._arrays["mean_square_step"]
        epsilon = self.epsilon / (1.0 - self.rho)
        self._add_squares(squares, gradients, self.rho)
        change = np.add(squares, epsilon, out=self._scratch)
        np.divide(steps + epsilon, change, out=change)
        np.sqrt(change, out=change)
        change *= gradients
        parameters -= self.rate * change
        self._add_squares(steps, change, self.rho)


@dataclass(eq=False)
class Adam(AdaptiveOptimizer):
    """Adam: steps of about the learning rate, whatever the size of the gradient.

    m <- beta_1 m + (1 - beta_1) g, v <- beta_2 v + (1 - beta_2) g^2, and after step t
    w <- w - rate m_hat / (sqrt(v_hat) + epsilon), m_hat = m / (1 - beta_1^t), v_hat likewise.
    Epsilon is outside the root, as published; AdamInRoot has it inside.
    Source: Kingma and Ba (2015), Adam: A Method for Stochastic Optimization, algorithm 1,
    https://arxiv.org/abs/1412.6980
    """

    kind = "adam"
    moments = ("first_moment", "second_moment")

    beta_1: Fraction = 0.9
    beta_2: Fraction = 0.999

    def _update(self, parameters: np.ndarray, gradients: np.ndarray) -> None:
        # The moments are kept divided by 1 - beta, and both corrections are factored out of the
        # arrays: four passes over all parameters fewer than with the printed formulas.
        m, v = self._arrays["first_moment"], self._arrays["second_moment"]
        step = self.steps + 1
        m_correction = (1.0 - self.beta_1) / (1.0 - self.beta_1**step)
        v_root = ((1.0 - self.beta_2) / (1.0 - self.beta_2**step)) ** 0.5
        m *= self.beta_1
        m += gradients
        self._add_squares(v, gradients, self.beta_2)
        self._descend(parameters, m, self._under_root(v), m_correction, v_root)

    def _under_root(self, second_moment: np.ndarray) -> np.ndarray:
        """Return what the denominator is the root of."""
        return second_moment


class AdamInRoot(Adam):
    """Adam with epsilon inside the root: w <- w - rate m_hat / sqrt(v_hat + epsilon).

    A control, for gradients so small that it matters: where v_hat is well below epsilon, steps are
    as small as the gradient, as those of SGD are.
    Source: Ntambwe (2025), Equation 10, https://doi.org/10.4236/jcc.2025.1311009
    """

    kind = "adam_in_root"

    def _denominator(self, squares: np.ndarray, root: float) -> np.ndarray:
        """Return sqrt(squares + epsilon / root^2), in the scratch array."""
        found = np.add(squares, self.epsilon / root**2, out=self._scratch)
        return np.sqrt(found, out=found)


@dataclass(eq=False)
class AdamW(Adam):
    """Adam with decoupled weight decay: w <- w - rate weight_decay w, then Adam's step.

    An L2 penalty would be divided by the root of v like the rest of the gradient, and hardly
    An L2 penalty would be divided by the root of v like the rest of the gradient, and hardly decay
    weights with large gradients. All parameters decay, biases included.
    https://arxiv.org/abs/1711.05101; there the decay is multiplied by the schedule alone, here, as
    in PyTorch, by the learning rate.
    """

    kind = "adamw"

    weight_decay: Annotated[
        float, Setting("how much of each parameter a step removes, per learning rate", 0, 1e6)
    ] = 0.01

    def _update(self, parameters: np.ndarray, gradients: np.ndarray) -> None:
        parameters *= 1.0 - self.rate * self.weight_decay
        super()._update(parameters, gradients)


class AMSGrad(Adam):
    """Adam with the largest v so far in the denominator: v_max <- max(v_max, v).

    A rare large gradient is remembered; Adam forgets it, which hurts on some problems.
    Source: Reddi, Kale and Kumar (2018), On the Convergence of Adam and Beyond, algorithm 2,
    https://arxiv.org/abs/1904.09237; there without Adam's corrections; here, as in PyTorch, with
    them: the maximum is over the uncorrected v, and is corrected for the current step.
    """

    kind = "amsgrad"
    moments = (*Adam.moments, "largest_second_moment")

    def _under_root(self, second_moment: np.ndarray) -> np.ndarray:
        largest = self._arrays["largest_second_moment"]
        return np.maximum(largest, second_moment, out=largest)


@dataclass(eq=False)
class Adamax(Adam):
    """Adam with the largest magnitude in place of the root: u <- max(beta_2 u, |g| + epsilon).

    w <- w - rate m_hat / u; u needs no correction, and no gradient is too large for it.
    Source: Kingma and Ba (2015), Adam: A Method for Stochastic Optimization, algorithm 2,
    https://arxiv.org/abs/1412.6980; there without an epsilon, here with one where PyTorch has it:
    a parameter whose gradient was always 0 stays.
    """

    kind = "adamax"
    moments = ("first_moment", "largest_magnitude")

    learning_rate: Rate = 0.002

    def _update(self, parameters: np.ndarray, gradients: np.ndarray) -> None:
        m, u = self._arrays["first_moment"], self._arrays["largest_magnitude"]
        m *= self.beta_1
        m += gradients  # kept divided by 1 - beta_1
        u *= self.beta_2
        size = np.abs(gradients, out=self._scratch)
        size += self.epsilon
        np.maximum(u, size, out=u)
        change = np.divide(m, u, out=self._scratch)
        change *= self.rate * (1.0 - self.beta_1) / (1.0 - self.beta_1 ** (self.steps + 1))
        parameters -= change


OPTIMIZERS: dict[str, type[Optimizer]] = by_kind(Optimizer)
