"""Which layers, in which order, make a network."""

from collections.abc import Sequence

from vanishing_gradients.trainer.network.dense import Dense
from vanishing_gradients.trainer.network.layer import Layer
from vanishing_gradients.trainer.network.residual import Projection, Residual
from vanishing_gradients.trainer.network.softmax import Softmax


def check_order(layers: Sequence[Layer]) -> None:
    """Raise ValueError where layers are out of order, of several dtypes, or do not fit together."""
    if not layers or not isinstance(layers[0], Dense):
        raise ValueError("a network starts with a dense layer")
    if [isinstance(layer, Softmax) for layer in layers] != [False] * (len(layers) - 1) + [True]:
        raise ValueError("a network ends with its only softmax layer")
    # inputs[number]: how many inputs the layer of that number has, projections left out
    inputs: dict[int, int] = {}
    width = layers[0].n_in
    for number, layer in enumerate(layers, start=1):
        if layer.dtype != layers[0].dtype:
            raise ValueError(f"layer {number} is {layer.dtype}, layer 1 {layers[0].dtype}")
        if isinstance(layer, Projection):
            _check_projection(number, layer, layers[number], inputs)
            continue
        n_in = layer.n_in if isinstance(layer, Dense) else layer.width
        if n_in != width:
            raise ValueError(f"layer {number} takes {n_in} inputs, but gets {width}")
        if isinstance(layer, Residual) and not isinstance(layers[number - 2], Projection):
            skipped = _inputs_of_block(number, layer, inputs)
            if skipped != layer.width:
                raise ValueError(
                    f"layer {number} adds {skipped} inputs to {layer.width} outputs, which needs a "
                    f"projection before it"
                )
        inputs[number] = n_in
        width = layer.width


def _check_projection(
    number: int, layer: Projection, following: Layer, inputs: dict[int, int]
) -> None:
    """Raise ValueError where a projection does not fit its block, or the layer after it."""
    if not isinstance(following, Residual) or following.start != layer.start:
        raise ValueError(f"layer {number}, a projection, stands right before its block's residual")
    if following.width != layer.width:
        raise ValueError(
            f"layer {number} projects to {layer.width}, layer {number + 1} adds {following.width}"
        )
    n_in = _inputs_of_block(number, layer, inputs)
    if n_in != layer.n_in:
        raise ValueError(f"layer {number} takes {layer.n_in} inputs, but gets {n_in}")


def _inputs_of_block(number: int, layer: Residual | Projection, inputs: dict[int, int]) -> int:
    if layer.start not in inputs:
        raise ValueError(
            f"layer {number} has its block start at layer {layer.start}, which is no layer before "
            f"it that a block may start at"
        )
    return inputs[layer.start]
