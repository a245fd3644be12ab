"""The layers of an experiment's network, listed without building it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vanishing_gradients.trainer.network.activations import Identity
from vanishing_gradients.trainer.network.dense import Dense, WeightNormalizedDense
from vanishing_gradients.trainer.network.dropout import Dropout
from vanishing_gradients.trainer.network.layer import Activation, Layer
from vanishing_gradients.trainer.network.network import layer_names
from vanishing_gradients.trainer.network.normalizations import (
    BatchNormalization,
    LayerNormalization,
)
from vanishing_gradients.trainer.network.output import BINARY, Output
from vanishing_gradients.trainer.network.residual import Projection, Residual
from vanishing_gradients.trainer.network.sigmoid_output import BinaryOutput, SigmoidOutput
from vanishing_gradients.trainer.network.softmax import Softmax

NORMALIZATIONS: Mapping[str, type[Layer] | None] = {
    "none": None,
    "batch": BatchNormalization,
    "layer": LayerNormalization,
    "weight": WeightNormalizedDense,
}
"""By name. The last changes the dense layers, the others stand between them and activations."""

OUTPUTS: Mapping[str, type[Output]] = {"softmax": Softmax, "sigmoid": SigmoidOutput}
"""By name. The first is the default."""


def output_of(name: str, loss: str) -> type[Output]:
    """Return the class of the outputs of that name, where their loss is that."""
    return BinaryOutput if loss == BINARY else OUTPUTS[name]


@dataclass(frozen=True)
class LayerSpec:
    """One layer of an experiment's network.

    Attributes:
        number: place in the network, from 1.
        name: like layer_1_input.
        made: the class of the layer.
        rows: rows of its gradient: the inputs of a dense layer or a projection; None for all
            others, which have one row a sample, and so as many as the batch.
        width: neurons, which are the columns of its gradient.
        hidden: place, from 0, of the hidden layer that it is part of; the last layers come after
            all of these.
        start: of a residual and its projection, the number of the layer whose input they add.
        inputs_from: the activation that the inputs of a layer with weights come out of; images come
            out of the identity.
    """

    number: int
    name: str
    made: type[Layer]
    rows: int | None
    width: int
    hidden: int
    start: int | None = None
    inputs_from: type[Activation] = Identity

    @property
    def kind(self) -> str:
        """What the layer does, in one word."""
        return self.made.kind


@dataclass(frozen=True)
class HiddenLayer:
    """What is said of a hidden layer: its neurons, its activation, and how many are dropped."""

    width: int
    activation: type[Activation]
    dropout: float


def layer_specs(
    hidden: Sequence[HiddenLayer],
    normalization: str,
    blocks: Sequence[tuple[int, int]],
    output: type[Output],
    features: int,
    classes: int,
) -> list[LayerSpec]:
    """Return the layers of a network from its hidden layers to its `output`, first to last.

    A hidden layer is dense, normalisation, activation, dropout. After the last of a residual block
    come the projection, where the block's input has another width than its output, and the sum with
    that input. `blocks` have the first and the last hidden layer of each, from 1.
    """
    normalized = NORMALIZATIONS[normalization]
    changes_dense = normalized is not None and issubclass(normalized, Dense)
    first_of = {last: first for first, last in blocks}
    layers: list[tuple] = []
    starts: dict[int, tuple] = {}
    inputs, before = features, Identity
    for place, each in enumerate(hidden):
        width, number = each.width, place + 1
        starts[number] = (len(layers) + 1, inputs, before)
        dense = normalized if changes_dense else Dense
        layers.append((dense, inputs, width, place, None, before))
        if normalized and not changes_dense:
            layers.append((normalized, None, width, place))
        layers.append((each.activation, None, width, place))
        if each.dropout:
            layers.append((Dropout, None, width, place))
        if number in first_of:
            start, block_inputs, block_before = starts[first_of[number]]
            if block_inputs != width:
                layers.append((Projection, block_inputs, width, place, start, block_before))
            layers.append((Residual, None, width, place, start))
        inputs, before = width, each.activation
    last, neurons = len(hidden), output.neurons(classes)
    layers += [(Dense, inputs, neurons, last, None, before), (output, None, neurons, last)]
    names = layer_names(made.kind for made, *_ in layers)
    return [
        LayerSpec(number, name, *layer)
        for number, (name, layer) in enumerate(zip(names, layers, strict=True), start=1)
    ]
