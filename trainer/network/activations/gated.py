"""Activations that let z through a gate which z itself opens: a = z s(g(z)), s the sigmoid."""

from typing import ClassVar

import numpy as np

from trainer.network.activations.activation import Activation


class Gated(Activation):
    """What GELU and swish share: f'(z) = s + z g'(z) s (1 - s), s short for s(g(z)).

    1 - s is computed as exp(-g) s, as in the sigmoid. Beyond `bound` on either side the gate is
    open or shut as far as the dtype can tell, so z is kept within it where it would otherwise make
    NaN of infinity times zero: a(-infinity) is 0.
    """

    bound: ClassVar[float]

    def forward(self, inputs: np.ndarray, training: bool) -> np.ndarray:
        """Return a; (batch, width) -> (batch, width)."""
        batch = len(inputs)
        within, decay = self._rows("within", batch), self._rows("decay", batch)
        gate, outputs = self._rows("gate", batch), self._rows("outputs", batch)
        np.clip(inputs, -self.bound, self.bound, out=within)
        with np.errstate(over="ignore"):
            np.exp(self._minus_g(within), out=decay)
        np.add(decay, 1.0, out=gate)
        np.divide(1.0, gate, out=gate)
        np.maximum(inputs, within, out=outputs)  # bounded from below alone
        outputs *= gate
        return outputs

    def _slopes(self, batch: int) -> np.ndarray:
        gate, slope = self._rows("gate", batch), self._rows("slope", batch)
        # An infinite exp(-g) meets s = 0 here, and must not make NaN of it.
        np.minimum(self._rows("decay", batch), np.finfo(self.dtype).max, out=slope)
        slope *= gate
        self._times_z_dg(slope)
        slope += 1.0
        slope *= gate
        return slope

    def _minus_g(self, within: np.ndarray) -> np.ndarray:
        """Return -g(z) for z in `within`, (batch, width), in the kept array "decay"."""
        raise NotImplementedError

    def _times_z_dg(self, slope: np.ndarray) -> None:
        """Multiply `slope` by z g'(z) in place, z being what the latest forward has `within`."""
        raise NotImplementedError


class GELU(Gated):
    """The Gaussian error linear unit in its tanh form: g(z) = 2 c (z + 0.044715 z^3).

    c = sqrt(2 / pi); 0.5 z (1 + tanh(g / 2)), as published, is z s(g).
    Source: Hendrycks and Gimpel (2016), Gaussian Error Linear Units (GELUs), section 2,
    https://arxiv.org/abs/1606.08415
    """

    kind: ClassVar[str] = "gelu"
    bound: ClassVar[float] = 30.0  # g(30) is 1,975, and exp(-746) is 0 in double precision
    steepest = 1.129  # near z = 1.42
    _LINEAR: ClassVar[float] = 2.0 * (2.0 / np.pi) ** 0.5
    _CUBIC: ClassVar[float] = 0.044715 * _LINEAR

    def _minus_g(self, within: np.ndarray) -> np.ndarray:
        batch = len(within)
        square = np.square(within, out=self._rows("square", batch))
        minus_g = np.multiply(square, -self._CUBIC, out=self._rows("decay", batch))
        minus_g -= self._LINEAR
        minus_g *= within
        return minus_g

    def _times_z_dg(self, slope: np.ndarray) -> None:
        batch = len(slope)
        dg = np.multiply(
            self._rows("square", batch), 3.0 * self._CUBIC, out=self._rows("dg", batch)
        )
        dg += self._LINEAR
        slope *= dg
        slope *= self._rows("within", batch)


class Swish(Gated):
    """Swish with beta = 1, also called SiLU: a = z s(z), g(z) being z itself.

    Sources: Ramachandran, Zoph and Le (2017), Searching for Activation Functions,
    https://arxiv.org/abs/1710.05941; Elfwing, Uchibe and Doya (2018), Sigmoid-Weighted Linear Units
    for Neural Network Function Approximation in Reinforcement Learning,
    https://arxiv.org/abs/1702.03118
    """

    kind: ClassVar[str] = "swish"
    bound: ClassVar[float] = 800.0  # exp(-746) is 0 in double precision
    steepest = 1.0998  # near z = 2.40

    def _minus_g(self, within: np.ndarray) -> np.ndarray:
        return np.negative(within, out=self._rows("decay", len(within)))

    def _times_z_dg(self, slope: np.ndarray) -> None:
        slope *= self._rows("within", len(slope))
