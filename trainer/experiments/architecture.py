"""The architecture of an experiment: its layers in order, and what each of them is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vanishing_gradients.trainer.network.activation import Activation
from vanishing_gradients.trainer.network.activations import ACTIVATIONS, Identity
from vanishing_gradients.trainer.network.dense import Dense, WeightNormalizedDense
from vanishing_gradients.trainer.network.dropout import Dropout
from vanishing_gradients.trainer.network.layer import Layer
from vanishing_gradients.trainer.network.network import layer_names
from vanishing_gradients.trainer.network.normalizations import (
    BatchNormalization,
    LayerNormalization,
)
from vanishing_gradients.trainer.network.residual import Projection, Residual
from vanishing_gradients.trainer.network.softmax import Softmax

NORMALIZATIONS: Mapping[str, type[Layer] | None] = {
    "none": None,
    "batch": BatchNormalization,
    "layer": LayerNormalization,
    "weight": WeightNormalizedDense,
}
"""By name. The last changes the dense layers, the others stand between them and activations."""


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
        start: of a residual and its projection, the number of the layer whose input they add.
        inputs_from: the activation that the inputs of a layer with weights come out of; images come
            out of the identity.
    """

    number: int
    name: str
    made: type[Layer]
    rows: int | None
    width: int
    start: int | None = None
    inputs_from: type[Activation] = Identity

    @property
    def kind(self) -> str:
        """What the layer does, in one word."""
        return self.made.kind

    @property
    def row_meaning(self) -> str:
        """What a row of its gradient is: 'input' or 'sample'."""
        return self.made.row_meaning

    @property
    def gain(self) -> float | None:
        """Of an activation, what the weights after it are multiplied by to keep signals."""
        return self.made.gain

    @property
    def flat(self) -> str | None:
        """On which side its slope vanishes: 'below', 'both' or None."""
        return self.made.flat


def layer_specs(
    widths: Sequence[int],
    activations: Sequence[str],
    normalization: str,
    dropout: bool,
    blocks: Sequence[tuple[int, int]],
    features: int,
    classes: int,
) -> list[LayerSpec]:
    """Return all layers, first to last, for images of so many features and so many classes.

    A hidden layer is dense, normalisation, activation, dropout. After the last of a residual block
    come the projection, where the block's input has another width than its output, and the sum with
    that input.

    Args:
        widths: of the hidden layers.
        activations: their kinds, one a hidden layer.
        normalization: its name, as in NORMALIZATIONS.
        dropout: whether a dropout layer ends each hidden layer.
        blocks: the first and last hidden layer of each residual block, counted from 1.
        features: pixels of an image.
        classes: how many labels there are.
    """
    normalized = NORMALIZATIONS[normalization]
    changes_dense = normalized is not None and issubclass(normalized, Dense)
    first_of = {last: first for first, last in blocks}
    layers: list[tuple] = []
    starts: dict[int, tuple] = {}
    inputs, before = features, Identity
    for hidden, (width, kind) in enumerate(zip(widths, activations, strict=True), start=1):
        starts[hidden] = (len(layers) + 1, inputs, before)
        layers.append((normalized if changes_dense else Dense, inputs, width, None, before))
        if normalized and not changes_dense:
            layers.append((normalized, None, width))
        layers.append((ACTIVATIONS[kind], None, width))
        if dropout:
            layers.append((Dropout, None, width))
        if hidden in first_of:
            start, block_inputs, block_before = starts[first_of[hidden]]
            if block_inputs != width:
                layers.append((Projection, block_inputs, width, start, block_before))
            layers.append((Residual, None, width, start))
        inputs, before = width, ACTIVATIONS[kind]
    layers += [(Dense, inputs, classes, None, before), (Softmax, None, classes)]
    names = layer_names(made.kind for made, *_ in layers)
    return [
        LayerSpec(number, name, *layer)
        for number, (name, layer) in enumerate(zip(names, layers, strict=True), start=1)
    ]
