"""Weight normalisation learns how long each neuron's weights are apart from where they point.

Source: Salimans and Kingma (2016), Weight Normalization: A Simple Reparameterization to Accelerate
Training of Deep Neural Networks, equations 2 and 3, https://arxiv.org/abs/1602.07868
"""

import numpy as np

from vanishing_gradients.trainer.network.dense import Dense


class WeightNormalizedDense(Dense):
    """A dense layer, z = x W + b, each column of whose W is w = gain v / |v|, v its direction.

    Parameters are the directions (n_in, width), drawn as a dense layer's weights are; the gains
    (width,), which start at |v|, so that training starts from the W that was drawn, as without
    normalisation (the paper's section 3 sets gains and biases by a first batch instead); and the
    biases (width,), as in a dense layer. Penalties are on W and the biases.

    Raises:
        ValueError: a neuron's initial weights are all zero, and point nowhere.
    """

    @property
    def gradient(self) -> np.ndarray:
        """dL/dW, (n_in, width), of W itself and of the whole loss, penalties included."""
        return self._weights_gradient

    @property
    def weights(self) -> np.ndarray:
        """W as the parameters have it now, (n_in, width), a new array."""
        weights = np.empty_like(self._unit)
        with np.errstate(all="ignore"):
            self._normalize(weights)
            weights *= self.parameters["gains"]
        return weights

    def forward(self, inputs: np.ndarray, training: bool) -> np.ndarray:
        """Return z = x W + b; (batch, n_in) -> (batch, width). Keeps `inputs`, does not copy."""
        self._norms = self._normalize(self._unit)
        np.multiply(self._unit, self.parameters["gains"], out=self._weights)
        return super().forward(inputs, training)

    def backward_parameters(self, upstream: np.ndarray) -> None:
        """Fill dL/dW, and from it, with u = v / |v|, the gradients of what W is made of.

        dL/d(gain) = u . dL/dw, and dL/dv = gain / |v| (dL/dw - u dL/d(gain)), a neuron at a time.
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
        if self._smallest < norms.min() and norms.max() < np.inf:
            np.divide(directions, norms, out=unit)
            return norms
        # Squares overflow or underflow where the directions do not: a gain over infinity would be
        # a zero that is none. What holds an infinity becomes NaN.
        peaks = np.abs(directions).max(axis=0)
        np.divide(directions, peaks, out=unit)
        norms = np.sqrt(np.einsum("ij,ij->j", unit, unit))
        unit /= norms
        return norms * peaks

    @property
    def _smallest(self) -> float:
        """Norms above this lost nothing to underflow worth naming."""
        limits = np.finfo(self.dtype)
        return float(np.sqrt(limits.tiny / limits.eps))
