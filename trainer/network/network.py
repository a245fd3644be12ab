"""A network is a sequence of layers with skips, with all parameters in one flat buffer."""

from collections.abc import Iterable, Sequence

import numpy as np

from vanishing_gradients.trainer.network.dense import Dense, Weighted
from vanishing_gradients.trainer.network.dropout import Dropout
from vanishing_gradients.trainer.network.layer import Layer
from vanishing_gradients.trainer.network.output import Output
from vanishing_gradients.trainer.network.residual import Projection, Residual


class Network:
    """Layers that share two flat arrays, so that an optimizer changes all of them at once.

    A network that diverges computes NaN and infinities and continues: floating-point warnings are
    off inside, and nothing is ever replaced by zero.

    Each layer takes the outputs of the one before it, except for residual connections: a residual
    layer also takes the inputs of its block's first layer, unchanged or through the projection
    directly before it. Blocks may follow each other, be nested and overlap.

    The first layer is dense, and the last one, and no other, is an output layer. All have one dtype
    and matching widths; otherwise raises ValueError. `input_dropout` drops inputs before the first
    layer; it is not a layer itself, since nothing needs the gradient with respect to the images.

    Attributes:
        layers: in order, named and numbered; `layers[k].number` is k + 1.
        parameters: every weight, bias, scale and shift, 1-D; each layer's are views into it.
        gradients: the gradient of the full loss, penalties included, in the same order.
    """

    def __init__(self, layers: Sequence[Layer], input_dropout: Dropout | None = None) -> None:
        check_order(layers)
        if input_dropout and input_dropout.width != layers[0].n_in:
            raise ValueError(f"{input_dropout.width} inputs are dropped of {layers[0].n_in}")
        self._input_dropout = input_dropout
        self.layers = list(layers)
        self.features: int = layers[0].n_in
        self.dtype = layers[0].dtype
        self._output: Output = layers[-1]
        names = layer_names(layer.kind for layer in layers)
        for number, (layer, name) in enumerate(zip(layers, names, strict=True), start=1):
            layer.number, layer.name = number, name
        self._path = [layer for layer in layers if not isinstance(layer, Projection)]
        # By number: which layers start a block, and which residual's skip uses which projection.
        self._starts = {layer.start for layer in layers if isinstance(layer, Residual)}
        self._projections = {
            layer.number + 1: layer for layer in layers if isinstance(layer, Projection)
        }
        size = sum(array.size for layer in layers for array in layer.parameters.values())
        self.parameters, self.gradients = np.zeros(size, self.dtype), np.zeros(size, self.dtype)
        end = 0
        for layer in layers:
            for name, parameter in layer.parameters.items():
                start, end = end, end + parameter.size
                values, gradients = self.parameters[start:end], self.gradients[start:end]
                values[:] = parameter.ravel()
                layer.parameters[name] = values.reshape(parameter.shape)
                layer.parameter_gradients[name] = gradients.reshape(parameter.shape)
        self._trained_forward = False

    def forward(self, images: np.ndarray, training: bool) -> np.ndarray:
        """Return p of each class, (batch, classes), valid until the next forward.

        Images, (batch, features) in the network's dtype, are kept, not copied: do not change them
        until `backward`. `training` switches on dropout, and the batch's own statistics in batch
        normalisation. Raises ValueError for images of another shape or dtype, or none.
        """
        if images.ndim != 2 or images.shape[1] != self.features or not len(images):
            raise ValueError(f"images of shape {images.shape}, not (batch, {self.features})")
        if images.dtype != self.dtype:
            raise ValueError(f"images are {images.dtype}, the network computes in {self.dtype}")
        self._trained_forward = training
        outputs = images
        if self._input_dropout:
            outputs = self._input_dropout.forward(images, training)
        block_inputs: dict[int, np.ndarray] = {}
        with np.errstate(all="ignore"):
            for layer in self._path:
                if layer.number in self._starts:
                    block_inputs[layer.number] = outputs
                if isinstance(layer, Residual):
                    skipped = block_inputs[layer.start]
                    projection = self._projections.get(layer.number)
                    layer.skipped = projection.forward(skipped, training) if projection else skipped
                outputs = layer.forward(outputs, training)
        return outputs

    def loss(self, labels: np.ndarray) -> float:
        """Return the loss of the latest forward, a mean over its batch, without penalties.

        Labels are integers, (batch,), in [0, classes), here and below.
        """
        with np.errstate(all="ignore"):
            return self._output.loss(labels)

    def correct(self, labels: np.ndarray) -> int:
        """Return how many samples of the latest forward were classified correctly."""
        return self._output.correct(labels)

    def backward(self, labels: np.ndarray) -> None:
        """Fill every layer's gradient from the latest forward, which must be a training one.

        The inputs of a block's first layer are used twice: their gradient, recorded or not, is the
        sum of those through the block and through the skip.
        """
        if not self._trained_forward:
            raise RuntimeError("backward needs a forward with training=True just before it")
        first, *others = self._path
        gradient = labels
        # Gradients through skips, by the number of the layer at which their block starts and whose
        # backward is yet to come; they are not overwritten before the next backward.
        skips: dict[int, list[np.ndarray]] = {}
        with np.errstate(all="ignore"):
            for layer in reversed(others):
                if isinstance(layer, Residual):
                    projection = self._projections.get(layer.number)
                    if projection and layer.start == 1:
                        projection.backward_parameters(gradient)  # images need no gradient
                    else:
                        skip = projection.backward(gradient) if projection else gradient
                        skips.setdefault(layer.start, []).append(skip)
                gradient = layer.backward(gradient)
                for skip in skips.pop(layer.number, ()):
                    gradient += skip
            first.backward_parameters(gradient)

    def state(self) -> dict[str, np.ndarray]:
        """Return copies of all arrays that training changes, named like layer_1_input.weights."""
        return {name: array.copy() for name, array in self._arrays().items()}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Restore what `state` returned; raises ValueError if it is another network's."""
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


def layer_names(kinds: Iterable[str]) -> list[str]:
    """Name the layers of a network from their kinds, first to last.

    Numbers run from 1 over all layers, as in the paper's Figure 7. The first dense layer is the
    input layer, every other dense layer is hidden, and all others are called by their kind.
    """
    names = []
    roles = iter(["input"])
    for number, kind in enumerate(kinds, start=1):
        role = next(roles, "hidden") if kind == "dense" else kind
        names.append(f"layer_{number}_{role}")
    return names


def check_order(layers: Sequence[Layer]) -> None:
    """Raise ValueError if layers are out of order, differ in dtype, or do not fit together."""
    if not layers or not isinstance(layers[0], Dense):
        raise ValueError("a network starts with a dense layer")
    if [isinstance(layer, Output) for layer in layers] != [False] * (len(layers) - 1) + [True]:
        raise ValueError("a network ends with its only output layer")
    inputs: dict[int, int] = {}  # of each layer by number, projections left out
    before: Layer = layers[0]
    width = layers[0].n_in
    for number, layer in enumerate(layers, start=1):
        if layer.dtype != layers[0].dtype:
            raise ValueError(f"layer {number} is {layer.dtype}, layer 1 {layers[0].dtype}")
        if isinstance(layer, Residual | Projection) and layer.start not in inputs:
            raise ValueError(
                f"layer {number} has its block start at layer {layer.start}, which is no layer "
                "before it that a block may start at"
            )
        if isinstance(layer, Projection):
            _check_projection(number, layer, layers[number])
        given = inputs[layer.start] if isinstance(layer, Projection) else width
        taken = layer.n_in if isinstance(layer, Weighted) else layer.width
        if taken != given:
            raise ValueError(f"layer {number} takes {taken} inputs, but gets {given}")
        if isinstance(layer, Residual) and not isinstance(before, Projection):
            skipped = inputs[layer.start]
            if skipped != layer.width:
                raise ValueError(
                    f"layer {number} adds {skipped} inputs to {layer.width} outputs, which needs a "
                    f"projection before it"
                )
        if not isinstance(layer, Projection):
            inputs[number], width = taken, layer.width
        before = layer


def _check_projection(number: int, layer: Projection, following: Layer) -> None:
    """Raise ValueError unless the layer after a projection is the residual of its block."""
    if not isinstance(following, Residual) or following.start != layer.start:
        raise ValueError(f"layer {number}, a projection, stands right before its block's residual")
    if following.width != layer.width:
        raise ValueError(
            f"layer {number} projects to {layer.width}, layer {number + 1} adds {following.width}"
        )
