"""A residual connection adds the inputs of a block of layers to its outputs.

Source: He, Zhang, Ren and Sun (2016), Deep Residual Learning for Image Recognition, equations 1
and 2, https://arxiv.org/abs/1512.03385
"""

import numpy as np

from vanishing_gradients.trainer.network.dense import Weighted
from vanishing_gradients.trainer.network.initializers import Initializer
from vanishing_gradients.trainer.network.layer import Layer


class Residual(Layer):
    """The end of a block: the outputs of its last layer plus the block's inputs, y = F(x) + x.

    Attributes:
        start: the number, from 1, of the block's first layer, whose inputs are added.
        skipped: what is added, (batch, width); set it before each `forward`.
    """

    kind = "residual"

    def __init__(self, width: int, dtype: np.dtype, start: int) -> None:
        super().__init__(width, dtype)
        self.start = start
        self.skipped = np.empty((0, width), self.dtype)

    def forward(self, inputs: np.ndarray, training: bool) -> np.ndarray:
        """Return inputs + skipped; (batch, width) -> (batch, width)."""
        return np.add(inputs, self.skipped, out=self._rows("outputs", len(inputs)))


class Projection(Weighted):
    """Replaces the block's inputs if the widths differ: y = F(x) + x W.

    It comes directly before its residual and takes the inputs of the block, not the outputs of the
    layer before it. It has no biases; `start` is as in its residual.
    """

    kind = "projection"

    def __init__(
        self,
        n_in: int,
        width: int,
        dtype: np.dtype,
        generator: np.random.Generator,
        initializer: Initializer,
        start: int,
    ) -> None:
        super().__init__(n_in, width, dtype, generator, initializer)
        self.start = start
