"""Batch normalisation gives each neuron mean 0 and variance 1 over the batch.

Source: Ioffe and Szegedy (2015), Batch Normalization: Accelerating Deep Network Training by
Reducing Internal Covariate Shift, https://arxiv.org/abs/1502.03167
"""

from typing import ClassVar

import numpy as np

from vanishing_gradients.trainer.network.layer import Layer
from vanishing_gradients.trainer.network.standardization import standardize


class BatchNormalization(Layer):
    """Normalised inputs, times a scale that starts at 1, plus a shift that starts at 0.

    Args:
        width: number of neurons.
        dtype: float64 or float32.
        momentum: how much of the running mean and variance survives a batch, in [0, 1); they
            stand in for the batch's own outside training.
        epsilon: added to the variance before its root.
    """

    kind: ClassVar[str] = "batch_normalization"

    def __init__(
        self, width: int, dtype: np.dtype, momentum: float = 0.9, epsilon: float = 1e-5
    ) -> None:
        super().__init__(width, dtype)
        self.momentum = momentum
        self.epsilon = epsilon
        self._add_parameter("scale", np.ones(width, self.dtype))
        self._add_parameter("shift", np.zeros(width, self.dtype))
        self.running_mean = np.zeros(width, self.dtype)
        self.running_variance = np.ones(width, self.dtype)

    def statistics(self) -> dict[str, np.ndarray]:
        """Return the running mean and variance, (width,) each."""
        return {"running_mean": self.running_mean, "running_variance": self.running_variance}

    def forward(self, inputs: np.ndarray, training: bool) -> np.ndarray:
        """Return scale (x - mean) / sqrt(variance + epsilon) + shift; (batch, width), unchanged."""
        batch = len(inputs)
        normalized, outputs = self._rows("normalized", batch), self._rows("outputs", batch)
        mean = inputs.mean(axis=0) if training else self.running_mean
        np.subtract(inputs, mean, out=normalized)
        if training:
            variance = np.square(normalized, out=outputs).mean(axis=0)
            self._track(mean, variance, batch)
        else:
            variance = self.running_variance
        self._inverse_deviation = 1.0 / np.sqrt(variance + self.epsilon)
        normalized *= self._inverse_deviation
        if not np.isfinite(variance).all():
            self._normalize_huge(inputs, normalized, ~np.isfinite(variance), training)
        np.multiply(normalized, self.parameters["scale"], out=outputs)
        outputs += self.parameters["shift"]
        return outputs

    def backward(self, upstream: np.ndarray) -> np.ndarray:
        """Fill dL/d(scale) and dL/d(shift) and return dL/dx, (batch, width).

        With n = normalised inputs and means over the batch,
        dL/dx = scale / sqrt(variance + epsilon) (dL/dy - mean(dL/dy) - n mean(dL/dy n)).
        """
        batch = len(upstream)
        normalized, gradient = self._rows("normalized", batch), self._rows("gradient", batch)
        scale_gradient = self.parameter_gradients["scale"]
        shift_gradient = self.parameter_gradients["shift"]
        np.multiply(upstream, normalized, out=gradient)
        np.add.reduce(gradient, axis=0, out=scale_gradient)
        np.add.reduce(upstream, axis=0, out=shift_gradient)
        np.multiply(normalized, scale_gradient / -batch, out=gradient)
        gradient += upstream
        gradient -= shift_gradient / batch
        gradient *= self.parameters["scale"] * self._inverse_deviation
        self._gradient = gradient
        return gradient

    def _normalize_huge(
        self, inputs: np.ndarray, normalized: np.ndarray, huge: np.ndarray, training: bool
    ) -> None:
        """Fill in the neurons that are `huge`, (width,): their variance is no finite number.

        Outside training it is not known how large it is, and they become NaN.
        """
        if training:
            normalized[:, huge], inverse = standardize(inputs[:, huge], axis=0)
            self._inverse_deviation[huge] = inverse[0]
        else:
            normalized[:, huge] = np.nan

    def _track(self, mean: np.ndarray, variance: np.ndarray, batch: int) -> None:
        """Move the running statistics towards this batch's; the variance unbiased, as published."""
        self.running_mean *= self.momentum
        self.running_mean += (1.0 - self.momentum) * mean
        self.running_variance *= self.momentum
        unbiased = batch / max(batch - 1, 1)
        self.running_variance += ((1.0 - self.momentum) * unbiased) * variance
