"""Dropout silences random neurons in training; inverted: the remaining ones are scaled up.

Source: Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov (2014), Dropout: A Simple Way to
Prevent Neural Networks from Overfitting, https://jmlr.org/papers/v15/srivastava14a.html
"""

import numpy as np

from vanishing_gradients.trainer.network.layer import Layer


class Dropout(Layer):
    """Drops neurons with probability `rate`, in [0, 1), and divides the others by 1 - rate.

    Masks are drawn in double precision whatever the dtype, so that a seed drops the same neurons in
    both precisions.
    """

    kind = "dropout"

    def __init__(
        self, width: int, rate: float, dtype: np.dtype, generator: np.random.Generator
    ) -> None:
        super().__init__(width, dtype)
        self.rate = rate
        self._generator = generator

    def forward(self, inputs: np.ndarray, training: bool) -> np.ndarray:
        """Return x mask / (1 - rate) in training, else x itself; (batch, width), unchanged."""
        if not training:
            return inputs
        batch = len(inputs)
        draws = self._rows("draws", batch, dtype=np.float64)
        mask = self._rows("mask", batch)
        self._generator.random(out=draws)
        np.copyto(mask, draws >= self.rate)
        mask /= 1.0 - self.rate
        return np.multiply(inputs, mask, out=self._rows("outputs", batch))

    def backward(self, upstream: np.ndarray) -> np.ndarray:
        """Return dL/dx = dL/d(outputs) mask / (1 - rate), with the mask of the latest forward."""
        gradient = self._gradient = self._rows("gradient", len(upstream))
        np.multiply(upstream, self._rows("mask", len(upstream)), out=gradient)
        gradient += 0.0  # -0.0 becomes 0.0, as in ReLU
        return gradient
