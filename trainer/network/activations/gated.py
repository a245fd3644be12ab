"""Activations that let z through a gate which z itself opens: a = z s(g(z)), s the sigmoid."""

from typing import ClassVar

import numpy as np

from vanishing_gradients.trainer.network.activations.activation import Activation


class Gated(Activation):
    """What GELU and swish share: f'(z) = s + z g'(z) s (1 - s), s short for s(g(z)).

    Both come from d = exp(-|g|), which cannot overflow: s is 1 / (1 + d) or, where g is negative,
    d / (1 + d), and s (1 - s) is d / (1 + d)^2. Beyond `bound` on either side d is 0, and z is kept
    within it where it would make NaN of infinity times zero: f(-infinity) is 0.
    """

    bound: ClassVar[float]

    def forward(self, inputs: np.ndarray, training: bool) -> np.ndarray:
        """Return a; (batch, width) -> (batch, width)."""
        batch = len(inputs)
        within, decay = self._rows("within", batch), self._rows("decay", batch)
        gate, outputs = self._rows("gate", batch), self._rows("outputs", batch)
        np.clip(inputs, -self.bound, self.bound, out=within)
        self._fill_gate_sums(within, decay)
        np.greater_equal(decay, 0.0, out=gate, casting="unsafe")  # 1 or 0
        np.abs(decay, out=decay)
        np.negative(decay, out=decay)
        np.exp(decay, out=decay)
        np.maximum(gate, decay, out=gate)
        gate /= np.add(decay, 1.0, out=self._rows("sum", batch))
        np.maximum(inputs, within, out=outputs)  # bounded from below alone
        outputs *= gate
        return outputs

    def _slopes(self, batch: int) -> np.ndarray:
        slope, total = self._rows("slope", batch), self._rows("sum", batch)
        np.divide(self._rows("decay", batch), total, out=slope)
        slope /= total
        slope *= self._rows("within", batch)
        self._times_dg(slope)
        slope += self._rows("gate", batch)
        return slope

    def _fill_gate_sums(self, within: np.ndarray, out: np.ndarray) -> None:
        """Write g(z) into `out`, (batch, width), for z in `within`."""
        raise NotImplementedError

    def _times_dg(self, slope: np.ndarray) -> None:
        """Multiply `slope` by g'(z) in place, z being what the latest forward had `within`."""
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

    def _fill_gate_sums(self, within: np.ndarray, out: np.ndarray) -> None:
        square = np.square(within, out=self._rows("square", len(within)))
        np.multiply(square, self._CUBIC, out=out)
        out += self._LINEAR
        out *= within

    def _times_dg(self, slope: np.ndarray) -> None:
        batch = len(slope)
        dg = np.multiply(
            self._rows("square", batch), 3.0 * self._CUBIC, out=self._rows("dg", batch)
        )
        dg += self._LINEAR
        slope *= dg


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

    def _fill_gate_sums(self, within: np.ndarray, out: np.ndarray) -> None:
        np.copyto(out, within)

    def _times_dg(self, slope: np.ndarray) -> None:
        """Leave `slope`: g'(z) is 1."""
