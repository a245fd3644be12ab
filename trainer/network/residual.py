"""A residual connection adds what a block of layers was given to what it makes of it.

Source: He, Zhang, Ren and Sun (2016), Deep Residual Learning for Image Recognition, equations 1
and 2, https://arxiv.org/abs/1512.03385
"""

import numpy as np

from vanishing_gradients.trainer.network.initializers import Initializer
from vanishing_gradients.trainer.network.layer import Layer


class Residual(Layer):
    """The end of a block: the outputs of its last layer plus the block's inputs, y = F(x) + x.

    Args:
        width: number of neurons, of the block's inputs (or of their projection) and outputs.
        dtype: float64 or float32.
        start: the number, from 1, of the block's first layer, whose inputs are added.

    Attributes:
        skipped: what is added, (batch, width); whoever calls `forward` sets it just before.
    """

    kind = "residual"

    def __init__(self, width: int, dtype: np.dtype, start: int) -> None:
        super().__init__(width, dtype)
        self.start = start
        self.skipped = np.empty((0, width), self.dtype)

    def forward(self, inputs: np.ndarray, training: bool) -> np.ndarray:
        """Return inputs + skipped; (batch, width) -> (batch, width)."""
        return np.add(inputs, self.skipped, out=self._rows("outputs", len(inputs)))

    def backward(self, upstream: np.ndarray) -> np.ndarray:
        """Return a copy of dL/d(outputs), (batch, width): the gradient of both things added."""
        gradient = self._rows("gradient", len(upstream))
        np.copyto(gradient, upstream)
        self._gradient = gradient
        return gradient


class Projection(Layer):
    """What stands in for the block's inputs where the widths differ: y = F(x) + x W.

    It stands right before its residual and takes the inputs of the block, not the outputs of the
    layer before it. Weights are (n_in, width); there are no biases.

    Args:
        n_in: width of the block's inputs.
        width: width of its outputs.
        dtype: float64 or float32.
        generator: where the initial weights come from.
        initializer: how they are drawn.
        start: the number, from 1, of the block's first layer, whose inputs are projected.
    """

    kind = "projection"
    row_meaning = "input"

    def __init__(
        self,
        n_in: int,
        width: int,
        dtype: np.dtype,
        generator: np.random.Generator,
        initializer: Initializer,
        start: int,
    ) -> None:
        super().__init__(width, dtype)
        self.n_in = n_in
        self.start = start
        self._add_parameter("weights", initializer.draw((n_in, width), self.dtype, generator))

    @property
    def gradient(self) -> np.ndarray:
        """dL/dW, (n_in, width)."""
        return self.parameter_gradients["weights"]

    @property
    def weights(self) -> np.ndarray:
        """W, (n_in, width): the parameter itself."""
        return self.parameters["weights"]

    def forward(self, inputs: np.ndarray, training: bool) -> np.ndarray:
        """Return x W; (batch, n_in) -> (batch, width). Keeps `inputs`, does not copy."""
        self._inputs = inputs
        return np.matmul(inputs, self.weights, out=self._rows("outputs", len(inputs)))

    def backward(self, upstream: np.ndarray) -> np.ndarray:
        """Fill dL/dW and return dL/dx = dL/dy W^T, (batch, n_in)."""
        self.backward_parameters(upstream)
        inputs_gradient = self._rows("inputs_gradient", len(upstream), self.n_in)
        return np.matmul(upstream, self.weights.T, out=inputs_gradient)

    def backward_parameters(self, upstream: np.ndarray) -> None:
        """Fill dL/dW = x^T dL/dy: all that is needed where x are the images."""
        np.matmul(self._inputs.T, upstream, out=self.gradient)
