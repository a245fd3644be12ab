"""A layer is a differentiable function of a batch, with or without parameters.

An activation is a layer that maps each neuron's sum z by itself: a = f(z), dL/dz = dL/da f'(z).
"""

from typing import ClassVar

import numpy as np

SATURATED_BELOW = 0.01


class Layer:
    """The base class of all layers.

    `forward` maps (batch, n_in) to (batch, width); `backward` maps dL/d(outputs) to dL/d(inputs)
    and fills the gradients of the parameters. Both write into arrays that the layer keeps, so their
    results are valid until the next call. `backward` belongs to the latest `forward`, whose inputs
    must not have changed since.

    Attributes:
        kind: what the layer does, in one word; classes that have one are registered under it.
        row_meaning: what a row of `gradient` is: 'input', for a weight matrix, or 'sample'.
        gain: for an activation, the factor by which the weights after it keep the signal's size;
            None for any other layer.
        flat: the side on which an activation's slope vanishes: 'below', 'both' or None.
        number: position in the network, from 1; 0 until the layer is added to a network.
        name: as `network.layer_names` gives it; empty until the layer is added to a network.
        width: number of neurons, the columns of `outputs` and of `gradient`.
        dtype: float64 or float32, of every array.
        gradient: (rows, width), what a recorder keeps of the latest `backward`: dL/d(weights)
            if rows are inputs, dL/d(inputs) if they are samples.
        parameters: what the optimizer changes, by name.
        parameter_gradients: dL/d(parameter), by the same names.
    """

    kind: ClassVar[str]
    row_meaning: ClassVar[str] = "sample"
    row_index: ClassVar[np.ndarray | None] = None  # no row of a gradient is left out
    gain: ClassVar[float | None] = None
    flat: ClassVar[str | None] = None

    def __init__(self, width: int, dtype: np.dtype) -> None:
        self.number = 0
        self.name = ""
        self.width = width
        self.dtype = np.dtype(dtype)
        self.parameters: dict[str, np.ndarray] = {}
        self.parameter_gradients: dict[str, np.ndarray] = {}
        self._buffers: dict[str, np.ndarray] = {}
        self._gradient = np.empty((0, width), self.dtype)

    @property
    def gradient(self) -> np.ndarray:
        """The latest gradient, (rows, width); valid until the next `backward`."""
        return self._gradient

    @property
    def weights(self) -> np.ndarray | None:
        """The current weights, (n_in, width); None if the layer has none.

        Read-only; it may be the parameter itself, so copy it to keep it beyond a step.
        """
        return None

    def forward(self, inputs: np.ndarray, training: bool) -> np.ndarray:
        """Return the outputs, (batch, width), for inputs of shape (batch, n_in)."""
        raise NotImplementedError

    def backward(self, upstream: np.ndarray) -> np.ndarray:
        """Return dL/d(inputs), (batch, n_in), given dL/d(outputs), (batch, width): here a copy."""
        gradient = self._gradient = self._rows("gradient", len(upstream))
        np.copyto(gradient, upstream)
        return gradient

    def saturated(self) -> np.ndarray | None:
        """Return for how many samples each neuron was flat; None if that has no meaning."""
        return None

    def statistics(self) -> dict[str, np.ndarray]:
        """Return the arrays of the layer's state that no optimizer changes."""
        return {}

    def _add_parameter(self, name: str, value: np.ndarray) -> None:
        self.parameters[name] = value
        self.parameter_gradients[name] = np.zeros_like(value)

    def _rows(
        self, name: str, batch: int, width: int | None = None, dtype: type | None = None
    ) -> np.ndarray:
        """Return a kept array of shape (batch, width), with contents from earlier use.

        A smaller batch gets the first rows of the largest one so far, so an epoch that ends with a
        short batch allocates nothing.
        """
        buffer = self._buffers.get(name)
        if buffer is None or len(buffer) < batch:
            buffer = np.empty((batch, width or self.width), dtype or self.dtype)
            self._buffers[name] = buffer
        return buffer if len(buffer) == batch else buffer[:batch]

    def _filled(self, name: str, batch: int, value: float) -> np.ndarray:
        """Return a kept, read-only array of shape (batch, width) filled with `value`.

        NumPy's maximum or minimum of two arrays takes a third of the time of one with a scalar.
        """
        if len(self._buffers.get(name, ())) < batch:
            self._rows(name, batch).fill(value)
        return self._rows(name, batch)


class Activation(Layer):
    """The base class of activations, which have a slope for each sample and neuron.

    f and f' are computed so that small slopes keep their value even if the plain formula rounds to
    zero (1 - a^2 for a tanh that rounds to 1): small slopes are what this project studies. A NaN z
    gives NaN output and slope.

    The gain follows one of two rules:
    - 1 / f'(0) if f is steepest at 0, so that small signals pass unchanged: sigmoid, tanh,
      softplus, identity (Saxe, McClelland and Ganguli 2014, https://arxiv.org/abs/1312.6120;
      Pennington, Schoenholz and Ganguli 2017, https://arxiv.org/abs/1711.04735);
    - 1 / sqrt(E[f(z)^2]), z standard normal, which preserves a mean square of 1: He, Zhang, Ren and
      Sun 2015, https://arxiv.org/abs/1502.01852, whose equation 15 is sqrt(2 / (1 + a^2))
      for a ReLU of slope a below 0. For SELU it is 1, which is what SELU was made for (Klambauer et
      al. 2017, https://arxiv.org/abs/1706.02515). For GELU and swish no gain holds at every scale.

    Attributes:
        gain: the factor for orthogonal weights whose inputs come from this activation.
        offset: f(0).
        steepest: the largest |f'(z)| over all z; one number, or (width,) if neurons differ.
    """

    gain: ClassVar[float] = 1.0
    offset: ClassVar[float] = 0.0
    steepest: float | np.ndarray = 1.0

    def forward(self, inputs: np.ndarray, training: bool) -> np.ndarray:
        """Return a = f(z); (batch, width) -> (batch, width). Keeps a reference to `inputs`."""
        self._inputs = inputs
        outputs = self._rows("outputs", len(inputs))
        self._fill(outputs, inputs)
        return outputs

    def backward(self, upstream: np.ndarray) -> np.ndarray:
        """Return dL/dz = dL/da f'(z); (batch, width) -> (batch, width)."""
        batch = len(upstream)
        gradient = self._gradient = self._rows("gradient", batch)
        np.multiply(upstream, self._slopes(batch), out=gradient)
        gradient += 0.0  # a negative number times 0 is -0.0, which databases print as "-0"
        return gradient

    def saturated(self) -> np.ndarray | None:
        """Return for how many samples each neuron's |f'(z)| was below 1 % of `steepest`.

        (width,), int64, for the latest backward; valid until the next forward. NaN slopes are not
        counted.
        """
        return np.count_nonzero(self._flat(len(self._gradient)), axis=0)

    def _fill(self, outputs: np.ndarray, inputs: np.ndarray) -> None:
        """Fill `outputs` with f(z) of the inputs, (batch, width) both."""
        raise NotImplementedError

    def _slopes(self, batch: int) -> np.ndarray:
        """Fill the kept array "slope" with f'(z) of the latest forward, and return it."""
        raise NotImplementedError

    def _flat(self, batch: int) -> np.ndarray:
        """Return (batch, width), True where the slope in the latest backward counts as flat."""
        # In the layer's precision, so that a slope of 0.01 is not below a bound of 0.01.
        bound = np.multiply(SATURATED_BELOW, self.steepest).astype(self.dtype)
        return np.abs(self._rows("slope", batch)) < bound
