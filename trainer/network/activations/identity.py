"""The identity bends nothing: what a deep linear network has for an activation."""

from typing import ClassVar

import numpy as np

from vanishing_gradients.trainer.network.activations.activation import Activation


class Identity(Activation):
    """a = z; a network of these alone is linear, and still has vanishing gradients.

    Source: Saxe, McClelland and Ganguli (2014), Exact solutions to the nonlinear dynamics of
    learning in deep linear neural networks, https://arxiv.org/abs/1312.6120
    """

    kind: ClassVar[str] = "identity"

    def forward(self, inputs: np.ndarray, training: bool) -> np.ndarray:
        """Return the inputs themselves, (batch, width)."""
        return inputs

    def backward(self, upstream: np.ndarray) -> np.ndarray:
        """Return a copy of dL/da, (batch, width)."""
        gradient = self._rows("gradient", len(upstream))
        np.copyto(gradient, upstream)
        self._gradient = gradient
        return gradient

    def saturated(self) -> None:
        """Return None: what has one slope everywhere does not saturate."""
        return
