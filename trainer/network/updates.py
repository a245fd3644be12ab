"""Updates are what an optimizer does to weights: how large they are beside the weights.

A ratio of about 1e-3 of update norm to weight norm is a rule of thumb for a healthy learning rate:
Karpathy, CS231n: Convolutional Neural Networks for Visual Recognition, Stanford University,
https://cs231n.github.io/neural-networks-3/ (ratio of weights:updates)
"""

from dataclasses import dataclass

import numpy as np

from trainer.network.layer import Layer
from trainer.network.network import Network


@dataclass(frozen=True)
class LayerUpdate:
    """L2 norms of one layer's step, computed in double precision; not finite where that is so.

    Attributes:
        clipped_norm: of dL/dW after clipping.
        weight_norm: of W before the step.
        update_norm: of W's change, as it came out in the weights' precision.
    """

    clipped_norm: float
    weight_norm: float
    update_norm: float


class UpdateWatch:
    """Measures one optimizer step: `before` it, after any clipping, and `after` it.

    Args:
        network: whose layers are watched; all of those that have weights.
    """

    def __init__(self, network: Network) -> None:
        self._layers = network.layers
        self._kept: dict[int, np.ndarray] = {}
        self._norms: dict[int, tuple[float, float]] = {}

    def before(self) -> None:
        """Keep a copy of all weights, and the norms of their gradients."""
        for number, layer in enumerate(self._layers):
            weights = layer.weights
            if weights is None:
                continue
            if number not in self._kept:
                self._kept[number] = np.empty_like(weights)
            np.copyto(self._kept[number], weights)
            self._norms[number] = (_gradient_norm(layer), norm(weights))

    def after(self) -> list[LayerUpdate | None]:
        """Return what the step did, an entry a layer, None where there are no weights.

        Raises:
            RuntimeError: there was no `before` since the latest `after`.
        """
        if not self._norms:
            raise RuntimeError("after() needs a before() of the same step")
        updates: list[LayerUpdate | None] = []
        for number, layer in enumerate(self._layers):
            if number not in self._norms:
                updates.append(None)
                continue
            kept = self._kept[number]
            with np.errstate(all="ignore"):
                np.subtract(layer.weights, kept, out=kept)
            updates.append(LayerUpdate(*self._norms[number], norm(kept)))
        self._norms.clear()
        return updates


def norm(array: np.ndarray) -> float:
    """Return the L2 norm of all elements of (rows, width), added up row by row in double."""
    values = array.astype(np.float64, copy=False)
    with np.errstate(all="ignore"):
        return float(np.sqrt(np.einsum("ij,ij->i", values, values).sum()))


def _gradient_norm(layer: Layer) -> float:
    """Return |dL/dW| as it follows from the gradients that the optimizer is about to see.

    Where a column of W is gain v / |v|, dL/dW has a part along v, which is the gain's gradient, and
    one across it, which is |v| / gain times v's. A gain of 0 hides the latter: it counts as 0.
    """
    gradients = layer.parameter_gradients
    if "weights" in gradients:
        return norm(gradients["weights"])
    with np.errstate(all="ignore"):
        lengths = np.linalg.norm(layer.parameters["directions"].astype(np.float64), axis=0)
        gains = layer.parameters["gains"]
        across = np.where(gains == 0.0, 0.0, lengths / gains) * gradients["directions"]
    return norm(np.vstack([gradients["gains"], across]))
