"""A layer is a differentiable function of a batch, with parameters of its own or none.

An activation is one that bends each neuron's sum z on its own: a = f(z), dL/dz = dL/da f'(z).
"""

from typing import ClassVar

import numpy as np

SATURATED_BELOW = 0.01


class Layer:
    """What all layers have in common.

    `forward` takes (batch, n_in) to (batch, width), `backward` takes dL/d(outputs) to dL/d(inputs)
    and fills the gradients of the parameters. Both write into arrays that the layer keeps, so what
    they return is valid until the next call; `backward` belongs to the latest `forward`, whose
    inputs must not have changed meanwhile.

    Attributes:
        kind: what the layer does, in one word; the classes that have one are found by it.
        row_meaning: what a row of `gradient` is: 'input', of a matrix of weights, or 'sample'.
        gain: of an activation, what weights after it are multiplied by to keep signals as large
            as they are; None for any other layer.
        flat: on which side of an activation its slope vanishes: 'below', 'both' or None.
        number: place in the network, from 1; 0 until a network takes the layer in.
        name: as `network.layer_names` gives it; empty until a network takes the layer in.
        width: number of neurons, the columns of `outputs` and of `gradient`.
        dtype: float64 or float32, of every array.
        gradient: (rows, width), what a recorder keeps of the latest `backward`: dL/d(weights)
            where rows are inputs, dL/d(inputs) where they are samples.
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
        """What inputs are multiplied by now, (n_in, width); None where nothing is.

        For reading; it may be the parameter itself, so what must outlast a step is copied.
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
        """Return of how many samples each neuron was flat; None where that has no meaning."""
        return None

    def statistics(self) -> dict[str, np.ndarray]:
        """Return the arrays that are part of the layer's state but that no optimizer changes."""
        return {}

    def _add_parameter(self, name: str, value: np.ndarray) -> None:
        self.parameters[name] = value
        self.parameter_gradients[name] = np.zeros_like(value)

    def _rows(
        self, name: str, batch: int, width: int | None = None, dtype: type | None = None
    ) -> np.ndarray:
        """Return a kept array of shape (batch, width), its contents left from earlier use.

        A smaller batch gets the first rows of the largest so far: an epoch that ends with a short
        batch allocates nothing.
        """
        buffer = self._buffers.get(name)
        if buffer is None or len(buffer) < batch:
            buffer = np.empty((batch, width or self.width), dtype or self.dtype)
            self._buffers[name] = buffer
        return buffer if len(buffer) == batch else buffer[:batch]

    def _filled(self, name: str, batch: int, value: float) -> np.ndarray:
        """Return a kept array of shape (batch, width), `value` everywhere, to be read only.

        NumPy takes the larger, or the smaller, of two arrays in a third of the time that an array
        and a number take it.
        """
        if len(self._buffers.get(name, ())) < batch:
            self._rows(name, batch).fill(value)
        return self._rows(name, batch)


class Activation(Layer):
    """What all activations have in common: a slope for each sample and neuron.

    f and f' are computed so that a slope too small to be told from zero by the plain formula
    (1 - a^2 of a tanh that rounds to 1) is still the number it is: small slopes are what this
    project looks at. A z that is not a number gives an output and a slope that are none either.

    The gain is by one of two rules:
    - 1 / f'(0) where f is steepest at 0, so that small signals pass unchanged: sigmoid, tanh,
      softplus, identity (Saxe, McClelland and Ganguli 2014, https://arxiv.org/abs/1312.6120;
      Pennington, Schoenholz and Ganguli 2017, https://arxiv.org/abs/1711.04735);
    - 1 / sqrt(E[f(z)^2]), z standard normal, so that a signal of mean square 1 keeps it: He, Zhang,
      Ren and Sun 2015, https://arxiv.org/abs/1502.01852, whose equation 15 is sqrt(2 / (1 + a^2))
      for a ReLU of slope a below 0. For SELU it is 1, which is what SELU was made for (Klambauer et
      al. 2017, https://arxiv.org/abs/1706.02515). For GELU and swish no gain holds at every scale.

    Attributes:
        gain: what orthogonal weights are multiplied by whose inputs come out of this activation.
        offset: f(0).
        steepest: the largest |f'(z)| of all z; one for the layer, or (width,) where neurons differ.
    """

    gain: ClassVar[float] = 1.0
    offset: ClassVar[float] = 0.0
    steepest: float | np.ndarray = 1.0

    def forward(self, inputs: np.ndarray, training: bool) -> np.ndarray:
        """Return a = f(z); (batch, width) -> (batch, width). Keeps `inputs`, does not copy."""
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
        """Return of how many samples each neuron's |f'(z)| was below 1 % of `steepest`.

        (width,), int64, for the latest backward; valid until the next forward. A slope that is not
        a number is not counted.
        """
        return np.count_nonzero(self._flat(len(self._gradient)), axis=0)

    def _fill(self, outputs: np.ndarray, inputs: np.ndarray) -> None:
        """Fill `outputs` with f(z) of the inputs, (batch, width) both."""
        raise NotImplementedError

    def _slopes(self, batch: int) -> np.ndarray:
        """Fill the kept array "slope" with f'(z) of the latest forward, and return it."""
        raise NotImplementedError

    def _flat(self, batch: int) -> np.ndarray:
        """Return (batch, width), True where the latest backward met a slope that counts as flat."""
        # In the layer's precision, where a slope of 0.01 is below no bound of 0.01.
        bound = np.multiply(SATURATED_BELOW, self.steepest).astype(self.dtype)
        return np.abs(self._rows("slope", batch)) < bound
