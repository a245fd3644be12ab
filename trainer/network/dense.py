"""A dense layer joins every input with every neuron: z = x W + b."""

from typing import ClassVar

import numpy as np

from vanishing_gradients.trainer.network.initializers import Initializer, Normal
from vanishing_gradients.trainer.network.layer import Layer
from vanishing_gradients.trainer.network.penalties import Penalty


class Dense(Layer):
    """Weights (n_in, width) and biases (width,), which start at zero.

    Args:
        n_in: number of inputs.
        width: number of neurons.
        dtype: float64 or float32.
        generator: where the initial weights come from.
        initializer: how they are drawn.
        weight_penalty: what the weights add to the loss.
        bias_penalty: what the biases add to it.
    """

    kind: ClassVar[str] = "dense"

    def __init__(
        self,
        n_in: int,
        width: int,
        dtype: np.dtype,
        generator: np.random.Generator,
        initializer: Initializer = Normal(),  # noqa: B008 (frozen)
        weight_penalty: Penalty = Penalty(),  # noqa: B008 (frozen)
        bias_penalty: Penalty = Penalty(),  # noqa: B008 (frozen)
    ) -> None:
        super().__init__(width, dtype)
        self.n_in = n_in
        self.weight_penalty = weight_penalty
        self.bias_penalty = bias_penalty
        self._add_weights(initializer.draw((n_in, width), self.dtype, generator))
        self._add_parameter("biases", np.zeros(width, self.dtype))

    @property
    def gradient(self) -> np.ndarray:
        """dL/dW, (n_in, width), of the whole loss: penalties included, as the optimizer sees it."""
        return self.parameter_gradients["weights"]

    @property
    def weights(self) -> np.ndarray:
        """W, (n_in, width): the parameter itself."""
        return self.parameters["weights"]

    def forward(self, inputs: np.ndarray, training: bool) -> np.ndarray:
        """Return z = x W + b; (batch, n_in) -> (batch, width). Keeps `inputs`, does not copy."""
        self._inputs = inputs
        outputs = self._rows("outputs", len(inputs))
        np.matmul(inputs, self._matrix(), out=outputs)
        outputs += self.parameters["biases"]
        return outputs

    def backward(self, upstream: np.ndarray) -> np.ndarray:
        """Fill dL/dW and dL/db and return dL/dx = dL/dz W^T, (batch, n_in)."""
        self.backward_parameters(upstream)
        inputs_gradient = self._rows("inputs_gradient", len(upstream), self.n_in)
        return np.matmul(upstream, self._matrix().T, out=inputs_gradient)

    def backward_parameters(self, upstream: np.ndarray) -> None:
        """Fill dL/dW = x^T dL/dz and dL/db = sum over the batch of dL/dz, plus the penalties'.

        This is all that a first layer needs: nobody wants the gradient of the images.
        """
        weights_gradient = self.gradient
        biases_gradient = self.parameter_gradients["biases"]
        np.matmul(self._inputs.T, upstream, out=weights_gradient)
        np.add.reduce(upstream, axis=0, out=biases_gradient)
        self.weight_penalty.add_gradient(self._matrix(), weights_gradient)
        self.bias_penalty.add_gradient(self.parameters["biases"], biases_gradient)

    def penalty(self) -> float:
        """Return what the weights and biases add to the loss."""
        return self.weight_penalty.value(self._matrix()) + self.bias_penalty.value(
            self.parameters["biases"]
        )

    def _add_weights(self, weights: np.ndarray) -> None:
        """Take the initial W, (n_in, width), as parameters."""
        self._add_parameter("weights", weights)

    def _matrix(self) -> np.ndarray:
        """Return the W that the latest forward multiplied by, (n_in, width)."""
        return self.parameters["weights"]
