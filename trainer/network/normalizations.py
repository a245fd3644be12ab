"""Normalisations between a layer's sums and its activation: over the batch, or over the neurons."""

import numpy as np

from vanishing_gradients.trainer.network.layer import Layer


class Normalization(Layer):
    """scale (x - mean) / sqrt(variance + epsilon) + shift; scale starts at 1, shift at 0."""

    epsilon = 1e-5

    def __init__(self, width: int, dtype: np.dtype) -> None:
        super().__init__(width, dtype)
        self._add_parameter("scale", np.ones(width, self.dtype))
        self._add_parameter("shift", np.zeros(width, self.dtype))

    def _scaled(self, normalized: np.ndarray, outputs: np.ndarray) -> np.ndarray:
        np.multiply(normalized, self.parameters["scale"], out=outputs)
        outputs += self.parameters["shift"]
        return outputs


class BatchNormalization(Normalization):
    """Normalises each neuron over the batch; outside training, by running statistics.

    `momentum`, in [0, 1), is the share of the running mean and variance that a batch keeps.
    """

    kind = "batch_normalization"
    momentum = 0.9

    def __init__(self, width: int, dtype: np.dtype) -> None:
        super().__init__(width, dtype)
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
            self.running_mean *= self.momentum
            self.running_mean += (1.0 - self.momentum) * mean
            unbiased = batch / max(batch - 1, 1)  # as published
            self.running_variance *= self.momentum
            self.running_variance += ((1.0 - self.momentum) * unbiased) * variance
        else:
            variance = self.running_variance
        self._inverse_deviation = 1.0 / np.sqrt(variance + self.epsilon)
        normalized *= self._inverse_deviation
        if not np.isfinite(variance).all():
            huge = ~np.isfinite(variance)
            normalized[:, huge] = np.nan  # outside training their size is unknown
            if training:
                normalized[:, huge], inverse = standardize(inputs[:, huge], axis=0)
                self._inverse_deviation[huge] = inverse[0]
        return self._scaled(normalized, outputs)

    def backward(self, upstream: np.ndarray) -> np.ndarray:
        """Fill dL/d(scale) and dL/d(shift) and return dL/dx, (batch, width).

        With n = normalised inputs and means over the batch,
        dL/dx = scale / sqrt(variance + epsilon) (dL/dy - mean(dL/dy) - n mean(dL/dy n)).
        """
        batch = len(upstream)
        normalized = self._rows("normalized", batch)
        gradient = self._gradient = self._rows("gradient", batch)
        scale_gradient = self.parameter_gradients["scale"]
        shift_gradient = self.parameter_gradients["shift"]
        np.multiply(upstream, normalized, out=gradient)
        np.add.reduce(gradient, axis=0, out=scale_gradient)
        np.add.reduce(upstream, axis=0, out=shift_gradient)
        np.multiply(normalized, scale_gradient / -batch, out=gradient)
        gradient += upstream
        gradient -= shift_gradient / batch
        gradient *= self.parameters["scale"] * self._inverse_deviation
        return gradient


class LayerNormalization(Normalization):
    """Normalises each sample over its neurons, in training and evaluation alike."""

    kind = "layer_normalization"

    def forward(self, inputs: np.ndarray, training: bool) -> np.ndarray:
        """Return the same, by each sample's mean and biased variance; (batch, width), unchanged."""
        batch = len(inputs)
        normalized, outputs = self._rows("normalized", batch), self._rows("outputs", batch)
        np.subtract(inputs, self._mean(inputs), out=normalized)
        variance = self._mean(np.square(normalized, out=outputs))
        self._inverse_deviation = 1.0 / np.sqrt(variance + self.epsilon)
        normalized *= self._inverse_deviation
        if not np.isfinite(variance).all():
            huge = ~np.isfinite(variance[:, 0])
            normalized[huge], self._inverse_deviation[huge] = standardize(inputs[huge], axis=1)
        return self._scaled(normalized, outputs)

    def backward(self, upstream: np.ndarray) -> np.ndarray:
        """Fill dL/d(scale) and dL/d(shift) and return dL/dx, (batch, width).

        With h = scale dL/dy and means over the neurons,
        dL/dx = (h - mean(h) - n mean(h n)) / sqrt(variance + epsilon).
        """
        batch = len(upstream)
        normalized = self._rows("normalized", batch)
        gradient = self._gradient = self._rows("gradient", batch)
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
        return gradient

    def _mean(self, array: np.ndarray) -> np.ndarray:
        """Return each sample's mean, (batch, 1)."""
        total = np.add.reduce(array, axis=1, keepdims=True)
        total /= self.width
        return total


def standardize(values: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Return (values - mean) / deviation along an axis, and 1 / deviation, that axis of length 1.

    Squares of numbers beyond 1e154 (double) or 1e19 (single) overflow, and one over an infinite
    deviation would be a false zero: everything is divided by the largest magnitude first. Slices
    that hold an infinity or NaN become NaN throughout.
    """
    peak = np.abs(values).max(axis=axis, keepdims=True)
    scaled = values / peak
    scaled -= scaled.mean(axis=axis, keepdims=True)
    deviation = np.sqrt(np.square(scaled).mean(axis=axis, keepdims=True))
    return scaled / deviation, 1.0 / deviation / peak
