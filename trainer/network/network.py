"""A network is layers in a row, ending in softmax, with all parameters in one flat buffer."""

from collections.abc import Sequence

import numpy as np

from trainer.network.dense import Dense
from trainer.network.layer import Layer
from trainer.network.naming import layer_names
from trainer.network.softmax import Softmax


class Network:
    """Layers that share two flat arrays, so that an optimizer changes all of them at once.

    A network that diverges computes NaN and infinities and goes on: floating-point warnings are
    off inside, and nothing is ever replaced by zero.

    Args:
        layers: from the images to the softmax: a dense layer first, a softmax layer last and
            nowhere else, all of one dtype. They are named and numbered here.

    Attributes:
        layers: the same, in order; `layers[k].number` is k + 1.
        parameters: every weight, bias, scale and shift, 1-D; each layer's are views into it.
        gradients: the gradient of the full loss, penalties included, in the same order.

    Raises:
        ValueError: layers in another order, of several dtypes, or of widths that do not fit.
    """

    def __init__(self, layers: Sequence[Layer]) -> None:
        _check(layers)
        self.layers = list(layers)
        self.features: int = layers[0].n_in
        self.dtype = layers[0].dtype
        self._softmax: Softmax = layers[-1]
        names = layer_names(layer.kind for layer in layers)
        for number, (layer, name) in enumerate(zip(layers, names, strict=True), start=1):
            layer.number, layer.name = number, name
        sizes = [sum(array.size for array in layer.parameters.values()) for layer in layers]
        self.parameters = np.zeros(sum(sizes), self.dtype)
        self.gradients = np.zeros_like(self.parameters)
        end = 0
        for layer, size in zip(layers, sizes, strict=True):
            start, end = end, end + size
            layer.move_parameters(self.parameters[start:end], self.gradients[start:end])
        self._trained_forward = False

    def forward(self, images: np.ndarray, training: bool) -> np.ndarray:
        """Return the probabilities, (batch, classes), valid until the next forward.

        Args:
            images: (batch, features) in the network's dtype; kept, not copied, so they must stay
                as they are until `backward`.
            training: whether dropout drops and batch normalisation looks at this batch.

        Raises:
            ValueError: images of another shape or dtype, or none.
        """
        if images.ndim != 2 or images.shape[1] != self.features or not len(images):
            raise ValueError(f"images of shape {images.shape}, not (batch, {self.features})")
        if images.dtype != self.dtype:
            raise ValueError(f"images are {images.dtype}, the network computes in {self.dtype}")
        self._trained_forward = training
        outputs = images
        with np.errstate(all="ignore"):
            for layer in self.layers:
                outputs = layer.forward(outputs, training)
        return outputs

    def loss(self, labels: np.ndarray) -> tuple[float, float]:
        """Return the data loss of the latest forward, a mean over its batch, and the penalty.

        Args:
            labels: integers (batch,), in [0, classes).
        """
        with np.errstate(all="ignore"):
            return self._softmax.loss(labels), sum(layer.penalty() for layer in self.layers)

    def correct(self, labels: np.ndarray) -> int:
        """Return how many samples of the latest forward were classified as their labels say."""
        return self._softmax.correct(labels)

    def backward(self, labels: np.ndarray) -> None:
        """Fill every layer's gradient, from the latest forward, which must have been in training.

        Raises:
            RuntimeError: the latest forward was not in training.
        """
        if not self._trained_forward:
            raise RuntimeError("backward needs a forward with training=True just before it")
        first, *others = self.layers
        gradient = labels
        with np.errstate(all="ignore"):
            for layer in reversed(others):
                gradient = layer.backward(gradient)
            first.backward_parameters(gradient)

    def state(self) -> dict[str, np.ndarray]:
        """Return copies of all arrays that training changes, named like layer_1_input.weights."""
        return {name: array.copy() for name, array in self._arrays().items()}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Take back exactly what `state` returned.

        Raises:
            ValueError: the state is of another network: names, shapes or dtypes differ.
        """
        arrays = self._arrays()
        if arrays.keys() != state.keys():
            odd = ", ".join(sorted(arrays.keys() ^ state.keys()))
            raise ValueError(f"the state is of another network: {odd}")
        for name, array in arrays.items():
            if array.shape != state[name].shape or array.dtype != state[name].dtype:
                raise ValueError(
                    f"{name} is {state[name].dtype} {state[name].shape} in the state, "
                    f"{array.dtype} {array.shape} in the network"
                )
        for name, array in arrays.items():
            np.copyto(array, state[name])

    def _arrays(self) -> dict[str, np.ndarray]:
        return {
            f"{layer.name}.{name}": array
            for layer in self.layers
            for name, array in (layer.parameters | layer.statistics()).items()
        }


def _check(layers: Sequence[Layer]) -> None:
    if not layers or not isinstance(layers[0], Dense):
        raise ValueError("a network starts with a dense layer")
    if [isinstance(layer, Softmax) for layer in layers] != [False] * (len(layers) - 1) + [True]:
        raise ValueError("a network ends with its only softmax layer")
    width = layers[0].n_in
    for position, layer in enumerate(layers, start=1):
        if layer.dtype != layers[0].dtype:
            raise ValueError(f"layer {position} is {layer.dtype}, layer 1 {layers[0].dtype}")
        n_in = layer.n_in if isinstance(layer, Dense) else layer.width
        if n_in != width:
            raise ValueError(f"layer {position} takes {n_in} inputs, but gets {width}")
        width = layer.width
