"""Clipping reduces gradients that are too large, in place, between backward and step.

Source: Pascanu, Mikolov and Bengio (2013), On the difficulty of training recurrent neural networks,
algorithm 1 (by norm), https://proceedings.mlr.press/v28/pascanu13.html; by value as well:
Goodfellow, Bengio and Courville (2016), Deep Learning, section 10.11.1,
https://www.deeplearningbook.org/contents/rnn.html

Non-finite values: by value an infinity becomes the limit. A norm is infinite only if a gradient is,
since sums of squares that overflow or underflow are recomputed on scaled values. Then the infinite
gradients share the limit equally, each with its sign, and the finite ones, negligible compared with
them, become 0; the plain formula would give infinity over infinity, NaN. A NaN norm exceeds no
limit: nothing is changed then, and NaN stays where it arose.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from vanishing_gradients.trainer.network.network import Network
from vanishing_gradients.trainer.network.settings import Setting, by_kind


@dataclass(frozen=True)
class Clipping(ABC):
    """A limit on gradients; ValueError unless it is above 0."""

    limit: Annotated[float, Setting("what they may not exceed", 0, 1e6, open_low=True)] = 1.0

    def __post_init__(self) -> None:
        if not self.limit > 0.0:
            raise ValueError(f"limit is {self.limit}, not above 0")

    def clip(self, network: Network) -> None:
        """Clip all gradients of the network's latest backward, penalties included."""
        with np.errstate(all="ignore"):
            self._clip(network)

    @abstractmethod
    def _clip(self, network: Network) -> None: ...


class ClipByValue(Clipping):
    """Every single gradient is cut off at -limit and limit; their direction may change."""

    kind = "value"

    def _clip(self, network: Network) -> None:
        np.clip(network.gradients, -self.limit, self.limit, out=network.gradients)


class ClipByNorm(Clipping):
    """Each parameter array by itself: if |g| > limit, g <- limit g / |g|.

    Arrays are a layer's weights, its biases, and its other parameters; |g| is the L2 norm.
    """

    kind = "norm"

    def _clip(self, network: Network) -> None:
        for layer in network.layers:
            for gradient in layer.parameter_gradients.values():
                _shorten(gradient.reshape(-1), self.limit)


class ClipByGlobalNorm(Clipping):
    """All gradients as one vector; its direction stays: if |g| > limit, g <- limit g / |g|."""

    kind = "global_norm"

    def _clip(self, network: Network) -> None:
        _shorten(network.gradients, self.limit)


CLIPPINGS: dict[str, type[Clipping]] = by_kind(Clipping)


def _shorten(gradient: np.ndarray, limit: float) -> None:
    """Scale a vector, (n,), in place to the length `limit` if it is longer."""
    finfo = np.finfo(gradient.dtype)
    square = float(np.dot(gradient, gradient))
    if finfo.tiny / finfo.eps < square < np.inf:
        length = square**0.5
        if length <= limit:
            return
        if limit / length > finfo.tiny:
            gradient *= limit / length
            return
    peak = float(np.abs(gradient).max(initial=0.0))
    if peak == 0.0 or np.isnan(peak):
        return
    unit = gradient / peak if peak < np.inf else np.sign(gradient) * np.isinf(gradient)
    length = float(np.dot(unit, unit)) ** 0.5
    if peak * length > limit:
        np.multiply(unit, limit / length, out=gradient)
