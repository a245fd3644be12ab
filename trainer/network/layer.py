"""A layer is a differentiable function of a batch, with parameters of its own or none."""

from typing import ClassVar

import numpy as np


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
