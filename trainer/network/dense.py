"""A dense layer connects every input with every neuron, z = x W + b; weights may be penalised."""

from dataclasses import dataclass

import numpy as np

from vanishing_gradients.trainer.network.initializers import Initializer, Normal
from vanishing_gradients.trainer.network.layer import Layer


@dataclass(frozen=True)
class Penalty:
    """The penalty on one array of parameters, l1 sum |w| + l2 sum w^2; a strength of 0 is off."""

    l1: float = 0.0
    l2: float = 0.0

    def add_gradient(self, parameter: np.ndarray, gradient: np.ndarray) -> None:
        """Add l1 sign(w) + 2 l2 w to `gradient` in place; at w = 0 the L1 part is 0."""
        if self.l1:
            gradient += self.l1 * np.sign(parameter)
        if self.l2:
            gradient += (2.0 * self.l2) * parameter


class Weighted(Layer):
    """Products with weights, y = x W, W being (n_in, width), drawn by an initializer."""

    row_meaning = "input"

    def __init__(
        self,
        n_in: int,
        width: int,
        dtype: np.dtype,
        generator: np.random.Generator,
        initializer: Initializer,
    ) -> None:
        super().__init__(width, dtype)
        self.n_in = n_in
        self._add_weights(initializer.draw((n_in, width), self.dtype, generator))

    @property
    def gradient(self) -> np.ndarray:
        """dL/dW, (n_in, width), of the whole loss: with penalties, as the optimizer sees it."""
        return self.parameter_gradients["weights"]

    @property
    def weights(self) -> np.ndarray:
        """W, (n_in, width): the parameter itself."""
        return self.parameters["weights"]

    def forward(self, inputs: np.ndarray, training: bool) -> np.ndarray:
        """Return x W; (batch, n_in) -> (batch, width). Keeps a reference to `inputs`."""
        self._inputs = inputs
        return np.matmul(inputs, self._matrix(), out=self._rows("outputs", len(inputs)))

    def backward(self, upstream: np.ndarray) -> np.ndarray:
        """Fill the parameters' gradients and return dL/dx = dL/dy W^T, (batch, n_in)."""
        self.backward_parameters(upstream)
        inputs_gradient = self._rows("inputs_gradient", len(upstream), self.n_in)
        return np.matmul(upstream, self._matrix().T, out=inputs_gradient)

    def backward_parameters(self, upstream: np.ndarray) -> None:
        """Fill dL/dW = x^T dL/dy, which is all that the first layer needs."""
        np.matmul(self._inputs.T, upstream, out=self.gradient)

    def _add_weights(self, weights: np.ndarray) -> None:
        """Register the initial W, (n_in, width), as parameters."""
        self._add_parameter("weights", weights)

    def _matrix(self) -> np.ndarray:
        """Return the W used by the latest forward, (n_in, width)."""
        return self.parameters["weights"]


class Dense(Weighted):
    """Weights (n_in, width), and biases (width,) that start at zero; both may be penalised."""

    kind = "dense"

    def __init__(
        self,
        n_in: int,
        width: int,
        dtype: np.dtype,
        generator: np.random.Generator,
        initializer: Initializer = Normal(),  # noqa: B008 (frozen)
        weight_penalty: Penalty = Penalty(),
        bias_penalty: Penalty = Penalty(),
    ) -> None:
        super().__init__(n_in, width, dtype, generator, initializer)
        self.weight_penalty = weight_penalty
        self.bias_penalty = bias_penalty
        self._add_parameter("biases", np.zeros(width, self.dtype))

    def forward(self, inputs: np.ndarray, training: bool) -> np.ndarray:
        """Return z = x W + b; (batch, n_in) -> (batch, width). Keeps a reference to `inputs`."""
        outputs = super().forward(inputs, training)
        outputs += self.parameters["biases"]
        return outputs

    def backward_parameters(self, upstream: np.ndarray) -> None:
        """Fill dL/dW and dL/db = sum over the batch of dL/dz, plus penalties."""
        super().backward_parameters(upstream)
        biases_gradient = self.parameter_gradients["biases"]
        np.add.reduce(upstream, axis=0, out=biases_gradient)
        self.weight_penalty.add_gradient(self._matrix(), self.gradient)
        self.bias_penalty.add_gradient(self.parameters["biases"], biases_gradient)


class WeightNormalizedDense(Dense):
    """A dense layer, z = x W + b, in which each column of W is w = gain v / |v|, v its direction.

    Parameters are the directions (n_in, width), drawn like a dense layer's weights; the gains
    (width,), which start at |v|, so that training starts from the W that was drawn, as without
    normalisation (the paper's section 3 sets gains and biases by a first batch instead); and the
    biases (width,), as in a dense layer. Penalties apply to W and the biases. Raises ValueError if
    a neuron's initial weights are all zero, and have no direction.
    """

    @property
    def gradient(self) -> np.ndarray:
        """dL/dW, (n_in, width), for W itself and the whole loss, penalties included."""
        return self._weights_gradient

    @property
    def weights(self) -> np.ndarray:
        """The current W, (n_in, width), a new array."""
        weights = np.empty_like(self._unit)
        with np.errstate(all="ignore"):
            self._normalize(weights)
            weights *= self.parameters["gains"]
        return weights

    def forward(self, inputs: np.ndarray, training: bool) -> np.ndarray:
        """Return z = x W + b; (batch, n_in) -> (batch, width). Keeps a reference to `inputs`."""
        self._norms = self._normalize(self._unit)
        np.multiply(self._unit, self.parameters["gains"], out=self._weights)
        return super().forward(inputs, training)

    def backward_parameters(self, upstream: np.ndarray) -> None:
        """Fill dL/dW, and from it, with u = v / |v|, the gradients of gains and directions.

        dL/d(gain) = u . dL/dw, and dL/dv = gain / |v| (dL/dw - u dL/d(gain)), per neuron.
        """
        super().backward_parameters(upstream)
        gains = self.parameters["gains"]
        gains_gradient = self.parameter_gradients["gains"]
        directions_gradient = self.parameter_gradients["directions"]
        np.multiply(self._unit, self._weights_gradient, out=directions_gradient)
        np.add.reduce(directions_gradient, axis=0, out=gains_gradient)
        np.multiply(self._unit, gains_gradient, out=directions_gradient)
        np.subtract(self._weights_gradient, directions_gradient, out=directions_gradient)
        directions_gradient *= gains / self._norms

    def _add_weights(self, weights: np.ndarray) -> None:
        if not weights.any(axis=0).all():
            raise ValueError("weight normalisation needs initial weights other than zero")
        self._add_parameter("directions", weights)
        self._unit, self._weights = np.empty_like(weights), np.empty_like(weights)
        self._weights_gradient = np.zeros_like(weights)
        self._norms = self._normalize(self._unit)
        self._add_parameter("gains", self._norms.copy())

    def _matrix(self) -> np.ndarray:
        return self._weights

    def _normalize(self, unit: np.ndarray) -> np.ndarray:
        """Fill `unit` (n_in, width) with v / |v|, neuron by neuron; return all |v|, (width,)."""
        directions = self.parameters["directions"]
        norms = np.sqrt(np.einsum("ij,ij->j", directions, directions))
        limits = np.finfo(self.dtype)  # larger norms lost nothing significant to underflow
        if np.sqrt(limits.tiny / limits.eps) < norms.min() and norms.max() < np.inf:
            np.divide(directions, norms, out=unit)
            return norms
        # Squares overflow or underflow although the directions do not: a gain over infinity would
        # be a false zero. A column with an infinity becomes NaN.
        peaks = np.abs(directions).max(axis=0)
        np.divide(directions, peaks, out=unit)
        norms = np.sqrt(np.einsum("ij,ij->j", unit, unit))
        unit /= norms
        return norms * peaks
