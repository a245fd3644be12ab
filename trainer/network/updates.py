"""The change that an optimizer makes to weights, and its size relative to them.

A ratio of about 1e-3 of update norm to weight norm is a rule of thumb for a healthy learning rate:
Karpathy, CS231n: Convolutional Neural Networks for Visual Recognition, Stanford University,
https://cs231n.github.io/neural-networks-3/ (ratio of weights:updates)
"""

from dataclasses import dataclass

import numpy as np

from vanishing_gradients.trainer.network.layer import Layer
from vanishing_gradients.trainer.network.network import Network

SUMMABLE = {np.dtype(np.float64): (1e-280, 1e300), np.dtype(np.float32): (1e-25, 1e37)}
"""Range of sums of squares that have lost nothing to underflow or overflow, by precision."""


@dataclass(frozen=True)
class LayerUpdate:
    """L2 norms of one layer's step; they may be non-finite.

    Attributes:
        clipped_norm: of dL/dW after clipping.
        weight_norm: of W before the step.
        update_norm: of W's change, in the weights' precision.
    """

    clipped_norm: float
    weight_norm: float
    update_norm: float


class UpdateWatch:
    """Measures one optimizer step: call `before` after any clipping, and `after` after the step.

    It keeps as many numbers as the network has parameters. All of them are copied and subtracted at
    once, which is cheaper than layer by layer; a step that is not measured costs nothing.
    """

    def __init__(self, network: Network) -> None:
        self._layers = network.layers
        self._parameters, self._kept = network.parameters, np.empty_like(network.parameters)
        # Copies for every layer with weights, by position: one array for those that are parameters,
        # and one each for those computed from other parameters.
        self._watched: dict[int, np.ndarray] = {}
        self._computed: dict[int, np.ndarray] = {}
        start = 0
        for place, layer in enumerate(network.layers):
            for name, array in layer.parameters.items():
                end = start + array.size
                if name == "weights":
                    self._watched[place] = self._kept[start:end]
                start = end
            if layer.weights is not None and place not in self._watched:
                self._watched[place] = self._computed[place] = np.empty_like(layer.weights)
        self._norms: dict[int, tuple[float, float]] = {}

    def before(self) -> None:
        """Keep a copy of all weights, and the norms of their gradients."""
        np.copyto(self._kept, self._parameters)
        with np.errstate(all="ignore"):
            for place, kept in self._computed.items():
                np.copyto(kept, self._layers[place].weights)
            for place, kept in self._watched.items():
                self._norms[place] = (_gradient_norm(self._layers[place]), norm(kept))

    def after(self) -> list[LayerUpdate | None]:
        """Return the step's updates, one per layer, None for layers without weights."""
        if not self._norms:
            raise RuntimeError("after() needs a before() of the same step")
        updates: list[LayerUpdate | None] = [None] * len(self._layers)
        with np.errstate(all="ignore"):
            np.subtract(self._parameters, self._kept, out=self._kept)
            for place, kept in self._computed.items():
                np.subtract(self._layers[place].weights, kept, out=kept)
            for place, change in self._watched.items():
                updates[place] = LayerUpdate(*self._norms[place], norm(change))
        self._norms.clear()
        return updates


def norm(array: np.ndarray) -> float:
    """Return the L2 norm of all elements of a contiguous array; NumPy may warn of an overflow.

    The dot product is up to seven times as fast as sums in a wider type; in single precision it is
    good to about six digits. If squares may have overflowed or underflowed, they are summed again
    in double precision, scaled by the largest: Blue (1978), A Portable Fortran Program to Find the
    Euclidean Norm of a Vector, https://doi.org/10.1145/355769.355771
    """
    flat = array.reshape(-1)
    square = float(np.dot(flat, flat))
    least, most = SUMMABLE[flat.dtype]
    if least < square < most:
        return float(np.sqrt(square))
    largest = max(float(flat.max()), -float(flat.min()))
    if largest == 0.0 or not np.isfinite(largest):
        return largest
    scaled = flat.astype(np.float64) / largest
    return largest * float(np.sqrt(np.dot(scaled, scaled)))


def _gradient_norm(layer: Layer) -> float:
    """Return |dL/dW|; if W is not a parameter itself, computed from the gradients of those.

    For a column of W that is gain v / |v|, dL/dW has a part along v, the gain's gradient, and one
    across it, |v| / gain times v's. A gain of 0 hides the latter, which then counts as 0.
    """
    gradients = layer.parameter_gradients
    if "weights" in gradients:
        return norm(gradients["weights"])
    directions = layer.parameters["directions"].astype(np.float64)
    # A direction divided by its column's largest has squares that do not underflow.
    largest = np.maximum(np.abs(directions).max(axis=0), np.finfo(np.float64).tiny)
    lengths = largest * np.linalg.norm(directions / largest, axis=0)
    gains = layer.parameters["gains"]
    across = np.where(gains == 0.0, 0.0, lengths / gains) * gradients["directions"]
    return norm(np.vstack([gradients["gains"], across]))
