"""An activation bends each neuron's sum z on its own: a = f(z), dL/dz = dL/da f'(z)."""

from typing import ClassVar

import numpy as np

from trainer.network.layer import Layer


class Sigmoid(Layer):
    """The logistic function, a = 1 / (1 + exp(-z)).

    For z below about -709 (double) or -88 (single) exp(-z) overflows and a is 0, as it should be.
    """

    kind: ClassVar[str] = "sigmoid"

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
        """Return dL/dz = dL/da a (1 - a).

        1 - a is computed as exp(-z) a: where a rounds to 1, subtracting would give a slope of zero
        that is none, and slopes that are small but not zero are what this project looks at.
        """
        batch = len(upstream)
        outputs, slope = self._rows("outputs", batch), self._rows("slope", batch)
        # An infinite exp(-z) meets a = 0 here, and must not make NaN of it.
        np.minimum(self._rows("decay", batch), np.finfo(self.dtype).max, out=slope)
        slope *= outputs
        slope *= outputs
        self._gradient = np.multiply(upstream, slope, out=self._rows("gradient", batch))
        return self._gradient


class ReLU(Layer):
    """The rectified linear unit, a = max(z, 0), with slope 0 at z = 0.

    Source: Nair and Hinton (2010), Rectified Linear Units Improve Restricted Boltzmann Machines,
    https://icml.cc/Conferences/2010/papers/432.pdf
    """

    kind: ClassVar[str] = "relu"

    def forward(self, inputs: np.ndarray, training: bool) -> np.ndarray:
        """Return a; (batch, width) -> (batch, width). NaN stays NaN."""
        return np.maximum(inputs, 0.0, out=self._rows("outputs", len(inputs)))

    def backward(self, upstream: np.ndarray) -> np.ndarray:
        """Return dL/dz = dL/da where z > 0, else dL/da times 0.

        A product, not a choice: a NaN from above passes dead neurons too, instead of looking like
        a gradient that vanished.
        """
        batch = len(upstream)
        active = self._rows("active", batch, dtype=np.bool_)
        np.greater(self._rows("outputs", batch), 0.0, out=active)
        gradient = np.multiply(upstream, active, out=self._rows("gradient", batch))
        gradient += 0.0  # a negative number times 0 is -0.0, which databases print as "-0"
        self._gradient = gradient
        return gradient


ACTIVATIONS: dict[str, type[Layer]] = {layer.kind: layer for layer in (Sigmoid, ReLU)}
