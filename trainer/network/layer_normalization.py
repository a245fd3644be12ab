"""Layer normalisation gives each sample mean 0 and variance 1 over the neurons.

Source: Ba, Kiros and Hinton (2016), Layer Normalization, equations 3 and 4,
https://arxiv.org/abs/1607.06450
"""

from typing import ClassVar

import numpy as np

from vanishing_gradients.trainer.network.layer import Layer
from vanishing_gradients.trainer.network.standardization import standardize


class LayerNormalization(Layer):
    """Normalised inputs, times a scale that starts at 1, plus a shift that starts at 0.

    No sample looks at another, so training and evaluation compute the same.

    Args:
        width: number of neurons.
        dtype: float64 or float32.
        epsilon: added to the variance before its root.
    """

    kind: ClassVar[str] = "layer_normalization"

    def __init__(self, width: int, dtype: np.dtype, epsilon: float = 1e-5) -> None:
        super().__init__(width, dtype)
        self.epsilon = epsilon
        self._add_parameter("scale", np.ones(width, self.dtype))
        self._add_parameter("shift", np.zeros(width, self.dtype))

    def forward(self, inputs: np.ndarray, training: bool) -> np.ndarray:
        """Return scale (x - mean) / sqrt(variance + epsilon) + shift; (batch, width), unchanged.

        Mean and variance, the biased one, are of each sample over its neurons.
        """
        batch = len(inputs)
        normalized, outputs = self._rows("normalized", batch), self._rows("outputs", batch)
        np.subtract(inputs, self._mean(inputs), out=normalized)
        variance = self._mean(np.square(normalized, out=outputs))
        self._inverse_deviation = 1.0 / np.sqrt(variance + self.epsilon)
        normalized *= self._inverse_deviation
        if not np.isfinite(variance).all():
            huge = ~np.isfinite(variance[:, 0])
            normalized[huge], self._inverse_deviation[huge] = standardize(inputs[huge], axis=1)
        np.multiply(normalized, self.parameters["scale"], out=outputs)
        outputs += self.parameters["shift"]
        return outputs

    def backward(self, upstream: np.ndarray) -> np.ndarray:
        """Fill dL/d(scale) and dL/d(shift) and return dL/dx, (batch, width).

        With n = normalised inputs, h = scale dL/dy and means over the neurons,
        dL/dx = (h - mean(h) - n mean(h n)) / sqrt(variance + epsilon).
        """
        batch = len(upstream)
        normalized, gradient = self._rows("normalized", batch), self._rows("gradient", batch)
        scaled, products = self._rows("scaled", batch), self._rows("products", batch)
        np.multiply(upstream, normalized, out=products)
        np.add.reduce(products, axis=0, out=self.parameter_gradients["scale"])
        np.add.reduce(upstream, axis=0, out=self.parameter_gradients["shift"])
        np.multiply(upstream, self.parameters["scale"], out=scaled)
        products *= self.parameters["scale"]
        np.multiply(normalized, -self._mean(products), out=gradient)
        gradient += scaled
        gradient -= self._mean(scaled)
        gradient *= self._inverse_deviation
        self._gradient = gradient
        return gradient

    def _mean(self, array: np.ndarray) -> np.ndarray:
        """Return each sample's mean, (batch, 1)."""
        total = np.add.reduce(array, axis=1, keepdims=True)
        total /= self.width
        return total
