"""Exponential linear units: z above zero, an exponential that ends in a negative bound below."""

from typing import ClassVar

import numpy as np

from vanishing_gradients.trainer.network.activations.activation import Activation


class ELU(Activation):
    """The exponential linear unit, a = z above zero and alpha (exp(z) - 1) elsewhere.

    Source: Clevert, Unterthiner and Hochreiter (2016), Fast and Accurate Deep Network Learning by
    Exponential Linear Units (ELUs), equation 15, https://arxiv.org/abs/1511.07289

    Args:
        width: number of neurons.
        dtype: float64 or float32.
        alpha: above 0; the outputs' lower bound is -alpha.

    Raises:
        ValueError: an alpha that is not above 0.
    """

    kind: ClassVar[str] = "elu"
    scale: ClassVar[float] = 1.0

    def __init__(self, width: int, dtype: np.dtype, alpha: float = 1.0) -> None:
        if not alpha > 0.0:
            raise ValueError(f"an alpha of {alpha}: an ELU's is above 0")
        super().__init__(width, dtype)
        self.alpha = alpha
        self.steepest = self.scale * max(1.0, alpha)

    def forward(self, inputs: np.ndarray, training: bool) -> np.ndarray:
        """Return a; (batch, width) -> (batch, width). Keeps `inputs`, does not copy."""
        batch = len(inputs)
        outputs = self._rows("outputs", batch)
        self._inputs = inputs
        # No exponential is above 1, and above zero alpha (exp(0) - 1) adds nothing.
        below = np.minimum(inputs, 0.0, out=self._rows("below", batch))
        np.expm1(below, out=outputs)
        outputs *= self.alpha
        outputs += np.maximum(inputs, 0.0, out=self._rows("slope", batch))
        outputs *= self.scale
        return outputs

    def _slopes(self, batch: int) -> np.ndarray:
        # alpha exp(z), not a + alpha, which far below zero would be a zero that is none.
        slope = np.exp(self._rows("below", batch), out=self._rows("slope", batch))
        slope *= self.scale * self.alpha
        above = np.greater(self._inputs, 0.0, out=self._rows("above", batch, dtype=np.bool_))
        np.putmask(slope, above, self.scale)
        return slope


class SELU(ELU):
    """The scaled exponential linear unit: lambda times an ELU, with both constants fixed.

    With weights of mean 0 and variance 1 / n_in (LeCun's initialisation) they keep outputs at mean
    0 and variance 1 from layer to layer.
    Source: Klambauer, Unterthiner, Mayr and Hochreiter (2017), Self-Normalizing Neural Networks,
    equation 2 and appendix A1 (the constants' digits), https://arxiv.org/abs/1706.02515
    """

    kind: ClassVar[str] = "selu"
    scale: ClassVar[float] = 1.0507009873554804934193349852946

    def __init__(self, width: int, dtype: np.dtype) -> None:
        super().__init__(width, dtype, alpha=1.6732632423543772848170429916717)
