"""Rectifiers let what is above zero through as it is, and what is below in part, or not at all."""

from typing import ClassVar

import numpy as np

from vanishing_gradients.trainer.network.activations.activation import Activation


class ReLU(Activation):
    """The rectified linear unit, a = max(z, 0), with slope 0 at z = 0.

    Source: Nair and Hinton (2010), Rectified Linear Units Improve Restricted Boltzmann Machines,
    https://icml.cc/Conferences/2010/papers/432.pdf
    """

    kind: ClassVar[str] = "relu"

    def forward(self, inputs: np.ndarray, training: bool) -> np.ndarray:
        """Return a; (batch, width) -> (batch, width). NaN stays NaN."""
        batch = len(inputs)
        zeros = self._filled("zeros", batch, 0.0)
        return np.maximum(inputs, zeros, out=self._rows("outputs", batch))

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

    def _flat(self, batch: int) -> np.ndarray:
        return self._rows("outputs", batch) <= 0.0


class LeakyReLU(Activation):
    """The leaky rectifier, a = z above zero and `slope` z below, with slope `slope` at z = 0.

    Source: Maas, Hannun and Ng (2013), Rectifier Nonlinearities Improve Neural Network Acoustic
    Models, https://ai.stanford.edu/~amaas/papers/relu_hybrid_icml2013_final.pdf

    Raises:
        ValueError: a slope that is not above 0 and below 1.
    """

    kind: ClassVar[str] = "leaky_relu"

    def __init__(self, width: int, dtype: np.dtype, slope: float = 0.01) -> None:
        if not 0.0 < slope < 1.0:
            raise ValueError(f"a slope of {slope}: a leaky ReLU's is above 0 and below 1")
        super().__init__(width, dtype)
        self.slope = slope

    def forward(self, inputs: np.ndarray, training: bool) -> np.ndarray:
        """Return a; (batch, width) -> (batch, width). Keeps `inputs`, does not copy."""
        self._inputs = inputs
        outputs = np.multiply(inputs, self.slope, out=self._rows("outputs", len(inputs)))
        return np.maximum(inputs, outputs, out=outputs)

    def _slopes(self, batch: int) -> np.ndarray:
        slope = np.sign(self._inputs, out=self._rows("slope", batch))
        return np.clip(slope, self.slope, 1.0, out=slope)  # NaN stays NaN


class PReLU(Activation):
    """The parametric rectifier: a = z above zero and s z below, s learned, one a neuron.

    Source: He, Zhang, Ren and Sun (2015), Delving Deep into Rectifiers: Surpassing Human-Level
    Performance on ImageNet Classification, section 2.1, https://arxiv.org/abs/1502.01852

    Args:
        width: number of neurons.
        dtype: float64 or float32.
        slope: what every s starts from.
    """

    kind: ClassVar[str] = "prelu"

    def __init__(self, width: int, dtype: np.dtype, slope: float = 0.25) -> None:
        super().__init__(width, dtype)
        self._add_parameter("slope", np.full(width, slope, self.dtype))

    def forward(self, inputs: np.ndarray, training: bool) -> np.ndarray:
        """Return a; (batch, width) -> (batch, width). Keeps `inputs`, does not copy."""
        batch = len(inputs)
        outputs, above = self._rows("outputs", batch), self._rows("slope", batch)
        self._inputs = inputs
        below = np.minimum(inputs, 0.0, out=self._rows("below", batch))
        np.multiply(below, self.parameters["slope"], out=outputs)
        outputs += np.maximum(inputs, 0.0, out=above)
        return outputs

    def backward(self, upstream: np.ndarray) -> np.ndarray:
        """Fill dL/ds = sum over the batch of dL/da min(z, 0), and return dL/dz = dL/da f'(z)."""
        batch = len(upstream)
        products = np.multiply(
            upstream, self._rows("below", batch), out=self._rows("products", batch)
        )
        np.add.reduce(products, axis=0, out=self.parameter_gradients["slope"])
        return super().backward(upstream)

    def _slopes(self, batch: int) -> np.ndarray:
        # 1 above zero and s elsewhere, NaN where z is: u + (1 - u) s, u being 1, 0 or NaN.
        above, slope = self._rows("above", batch), self._rows("slope", batch)
        np.clip(np.sign(self._inputs, out=above), 0.0, 1.0, out=above)
        np.subtract(1.0, above, out=slope)
        slope *= self.parameters["slope"]
        slope += above
        # By the slopes of this backward: the optimizer changes them before `saturated` may ask.
        self.steepest = np.maximum(np.abs(self.parameters["slope"]), 1.0)
        return slope


class Softplus(Activation):
    """The smooth rectifier, a = log(1 + exp(z)), whose slope is the sigmoid.

    Source: Dugas, Bengio, Belisle, Nadeau and Garcia (2001), Incorporating Second-Order Functional
    Knowledge for Better Option Pricing, section 3.1,
    https://proceedings.neurips.cc/paper/2000/file/44968aece94f667e4095002d140b5896-Paper.pdf
    """

    kind: ClassVar[str] = "softplus"

    def forward(self, inputs: np.ndarray, training: bool) -> np.ndarray:
        """Return a = max(z, 0) + log(1 + exp(-|z|)); (batch, width) -> (batch, width)."""
        batch = len(inputs)
        decay, outputs = self._rows("decay", batch), self._rows("outputs", batch)
        self._inputs = inputs
        np.abs(inputs, out=decay)
        np.negative(decay, out=decay)
        np.exp(decay, out=decay)
        np.log1p(decay, out=outputs)
        outputs += np.maximum(inputs, 0.0, out=self._rows("slope", batch))
        return outputs

    def _slopes(self, batch: int) -> np.ndarray:
        # 1 / (1 + d) above zero and d / (1 + d) below, with d = exp(-|z|), which is at most 1.
        decay, slope = self._rows("decay", batch), self._rows("slope", batch)
        np.greater_equal(self._inputs, 0.0, out=slope, casting="unsafe")  # 1 or 0
        np.maximum(slope, decay, out=slope)
        slope /= np.add(decay, 1.0, out=self._rows("sum", batch))
        return slope
