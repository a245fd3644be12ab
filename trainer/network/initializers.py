"""An initializer sets weights, and the biases that go with them, before the first step.

All draw in double precision whatever the dtype: networks with the same seed start from the same
weights in both precisions, up to rounding.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Annotated, Literal

import numpy as np

from vanishing_gradients.trainer.network.settings import Setting, by_kind

Size = Annotated[float, Setting("the standard deviation", 0, 1000, open_low=True)]
Extent = Annotated[float, Setting("the largest magnitude", 1e-30, 1000)]
Distribution = Annotated[Literal["normal", "uniform"], Setting("the distribution's shape")]


class Initializer(ABC):
    """How a layer's weights are drawn, and its biases set."""

    def draw(
        self, shape: tuple[int, int], dtype: np.dtype, generator: np.random.Generator
    ) -> np.ndarray:
        """Return weights of shape (n_in, width) in `dtype`, drawn in double precision."""
        return self._drawn(shape, generator).astype(dtype)

    @abstractmethod
    def _drawn(self, shape: tuple[int, int], generator: np.random.Generator) -> np.ndarray:
        """Return the weights in double precision."""

    def draw_biases(
        self, weights: np.ndarray, generator: np.random.Generator, offset: float = 0.0
    ) -> np.ndarray:
        """Return the biases, (width,), for the drawn weights, (n_in, width): zeros.

        `offset` is f(0) of the activation that produces the layer's inputs.
        """
        return np.zeros(weights.shape[1], weights.dtype)

    def suited(self, gain: float) -> "Initializer":
        """Return this initializer, with `gain` (of the activation before it) unless it has one."""
        return self


@dataclass(frozen=True)
class Normal(Initializer):
    """Weights drawn from a normal distribution of mean 0 and standard deviation `scale`."""

    kind = "normal"

    scale: Size = 0.01

    def _drawn(self, shape: tuple[int, int], generator: np.random.Generator) -> np.ndarray:
        return generator.standard_normal(shape) * self.scale


@dataclass(frozen=True)
class Uniform(Initializer):
    """Weights drawn uniformly from [-limit, limit): mean 0, variance limit^2 / 3."""

    kind = "uniform"

    limit: Extent = 0.05

    def _drawn(self, shape: tuple[int, int], generator: np.random.Generator) -> np.ndarray:
        return generator.uniform(-self.limit, self.limit, shape)


@dataclass(frozen=True)
class _ByWidth(Initializer):
    """Weights of mean 0 whose variance depends on the numbers of inputs and neurons."""

    distribution: Distribution = "normal"

    def __post_init__(self) -> None:
        if self.distribution not in ("normal", "uniform"):
            raise ValueError(f"distribution is {self.distribution!r}, not 'normal' or 'uniform'")

    def _drawn(self, shape: tuple[int, int], generator: np.random.Generator) -> np.ndarray:
        variance = self._variance(*shape)
        if self.distribution == "normal":
            return Normal(variance**0.5)._drawn(shape, generator)
        return Uniform((3.0 * variance) ** 0.5)._drawn(shape, generator)

    @abstractmethod
    def _variance(self, n_in: int, width: int) -> float:
        """Return the variance of one weight."""


@dataclass(frozen=True)
class Glorot(_ByWidth):
    """Variance 2 / (n_in + width), the mean of what forward and backward pass need; for tanh.

    Source: Glorot and Bengio (2010), Understanding the difficulty of training deep feedforward
    neural networks, equation 12, and 16 for the uniform distribution, the default as in the paper;
    https://proceedings.mlr.press/v9/glorot10a.html
    """

    kind = "glorot"

    distribution: Distribution = "uniform"

    def _variance(self, n_in: int, width: int) -> float:
        return 2.0 / (n_in + width)


@dataclass(frozen=True)
class He(_ByWidth):
    """Variance 2 / n_in, since a ReLU halves the mean square of its inputs.

    Source: He, Zhang, Ren and Sun (2015), Delving Deep into Rectifiers, equation 10,
    https://arxiv.org/abs/1502.01852
    """

    kind = "he"

    def _variance(self, n_in: int, width: int) -> float:
        return 2.0 / n_in


@dataclass(frozen=True)
class LeCun(_ByWidth):
    """Variance 1 / n_in: sums of unit-variance inputs have unit variance; needed by SELU.

    Source: LeCun, Bottou, Orr and Mueller (1998), Efficient BackProp, section 4.6,
    http://yann.lecun.com/exdb/publis/pdf/lecun-98b.pdf
    """

    kind = "lecun"

    def _variance(self, n_in: int, width: int) -> float:
        return 1.0 / n_in


@dataclass(frozen=True)
class Orthogonal(Initializer):
    """Gain times a random matrix with orthonormal columns, or rows, whichever are fewer.

    Uniformly distributed over such matrices: the Q of a normal matrix, with the signs of R's
    diagonal. Sources: Saxe, McClelland and Ganguli (2014), Exact solutions to the nonlinear
    dynamics of learning in deep linear neural networks, https://arxiv.org/abs/1312.6120;
    the signs: Mezzadri (2007), How to generate random matrices from the classical compact groups,
    https://arxiv.org/abs/math-ph/0609050

    With gain 1 / f'(0) and small signals a layer neither stretches nor shrinks any direction:
    dynamical isometry, which lets sigmoidal networks of any depth learn. Source:
    Pennington, Schoenholz and Ganguli (2017), Resurrecting the sigmoid in deep learning through
    dynamical isometry, https://arxiv.org/abs/1711.04735, with f(0) = 0. A logistic neuron has
    f(0) = 1/2, which `draw_biases` cancels: as f(z) = 1/2 + tanh(z/2) / 2, logistic layers of gain
    4 with these biases compute what tanh layers of gain 1 do without biases. A smaller gain of the
    first layer makes smaller signals, and brings the Jacobian's singular values closer to 1. A gain
    of None is 1, or what `suited` sets.
    """

    kind = "orthogonal"

    gain: Annotated[float | None, Setting("the gain", 1e-30, 1000)] = None

    def _drawn(self, shape: tuple[int, int], generator: np.random.Generator) -> np.ndarray:
        gain = 1.0 if self.gain is None else self.gain
        q, r = np.linalg.qr(generator.standard_normal((max(shape), min(shape))))
        q *= np.where(np.diagonal(r) < 0.0, -gain, gain)
        return q if shape[0] >= shape[1] else q.T

    def draw_biases(
        self, weights: np.ndarray, generator: np.random.Generator, offset: float = 0.0
    ) -> np.ndarray:
        """Return -offset times the columns' sums: neurons whose inputs all equal offset get 0."""
        return (-offset * weights.sum(axis=0, dtype=np.float64)).astype(weights.dtype)

    def suited(self, gain: float) -> Initializer:
        """Return this initializer, with `gain` unless it has its own."""
        return replace(self, gain=gain) if self.gain is None else self


@dataclass(frozen=True)
class Constant(Initializer):
    """All weights are `value`: all neurons of a layer are then equal, and stay equal."""

    kind = "constant"

    value: Annotated[float, Setting("every weight", -1000, 1000)] = 0.0

    def _drawn(self, shape: tuple[int, int], generator: np.random.Generator) -> np.ndarray:
        return np.full(shape, self.value)


@dataclass(frozen=True)
class PyTorchDefault(Initializer):
    """What torch.nn.Linear does by itself: weights and biases even in +-1 / sqrt(n_in).

    That is a third of LeCun's variance. Source: the page of torch.nn.Linear, under Variables,
    https://docs.pytorch.org/docs/stable/generated/torch.nn.Linear.html; in the code it is
    kaiming_uniform_ with a = sqrt(5), whose limit is sqrt(2 / (1 + a^2)) sqrt(3 / n_in).
    """

    kind = "pytorch_default"

    def _drawn(self, shape: tuple[int, int], generator: np.random.Generator) -> np.ndarray:
        return generator.uniform(-(shape[0] ** -0.5), shape[0] ** -0.5, shape)

    def draw_biases(
        self, weights: np.ndarray, generator: np.random.Generator, offset: float = 0.0
    ) -> np.ndarray:
        """Return biases, (width,), drawn from the interval of the weights, (n_in, width)."""
        n_in, width = weights.shape
        return generator.uniform(-(n_in**-0.5), n_in**-0.5, width).astype(weights.dtype)


@dataclass(frozen=True)
class KerasDefault(Initializer):
    """What keras.layers.Dense does by itself: Glorot's uniform weights, biases of 0.

    Source: https://keras.io/api/layers/core_layers/dense/
    """

    kind = "keras_default"

    def _drawn(self, shape: tuple[int, int], generator: np.random.Generator) -> np.ndarray:
        return Glorot("uniform")._drawn(shape, generator)


INITIALIZERS: dict[str, type[Initializer]] = by_kind(Initializer)
