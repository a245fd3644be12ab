"""Activations between two bounds, flat at both ends: the sigmoid and the hyperbolic tangent."""

from typing import ClassVar

import numpy as np

from vanishing_gradients.trainer.network.activations.activation import Activation


class Sigmoid(Activation):
    """The logistic function, a = 1 / (1 + exp(-z)).

    For z below about -709 (double) or -88 (single) exp(-z) overflows and a is 0, as it should be.
    """

    kind: ClassVar[str] = "sigmoid"
    steepest = 0.25

    def forward(self, inputs: np.ndarray, training: bool) -> np.ndarray:
        """Return a; (batch, width) -> (batch, width)."""
        decay = self._rows("decay", len(inputs))
        outputs = self._rows("outputs", len(inputs))
        with np.errstate(over="ignore"):
            np.negative(inputs, out=decay)
            np.exp(decay, out=decay)
        np.add(decay, 1.0, out=outputs)
        return np.divide(1.0, outputs, out=outputs)

    def backward(self, upstream: np.ndarray) -> np.ndarray:
        """Return dL/dz = dL/da a (1 - a)."""
        batch = len(upstream)
        slope = self._slopes(batch)
        self._gradient = np.multiply(upstream, slope, out=self._rows("gradient", batch))
        return self._gradient

    def _slopes(self, batch: int) -> np.ndarray:
        # 1 - a is computed as exp(-z) a: where a rounds to 1, subtracting would give a slope of
        # zero that is none, and slopes that are small but not zero are what this project looks at.
        outputs, slope = self._rows("outputs", batch), self._rows("slope", batch)
        # An infinite exp(-z) meets a = 0 here, and must not make NaN of it.
        largest = self._filled("largest", batch, np.finfo(self.dtype).max)
        np.minimum(self._rows("decay", batch), largest, out=slope)
        slope *= outputs
        slope *= outputs
        return slope


class Tanh(Activation):
    """The hyperbolic tangent, a = tanh(z).

    Source: LeCun, Bottou, Orr and Mueller (1998), Efficient BackProp, section 4.4,
    http://yann.lecun.com/exdb/publis/pdf/lecun-98b.pdf
    """

    kind: ClassVar[str] = "tanh"

    def forward(self, inputs: np.ndarray, training: bool) -> np.ndarray:
        """Return a; (batch, width) -> (batch, width). Keeps `inputs`, does not copy."""
        self._inputs = inputs
        return np.tanh(inputs, out=self._rows("outputs", len(inputs)))

    def _slopes(self, batch: int) -> np.ndarray:
        # 1 - a^2 = 4 d / (1 + d)^2 with d = exp(-2 |z|), which nothing is subtracted from.
        half, slope = self._rows("half", batch), self._rows("slope", batch)
        np.abs(self._inputs, out=slope)
        slope *= -2.0
        np.exp(slope, out=slope)
        np.multiply(slope, 0.5, out=half)
        half += 0.5
        slope /= half
        slope /= half
        return slope
