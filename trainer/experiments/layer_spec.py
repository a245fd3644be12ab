"""The specification of a layer: its place, class, size, and where its inputs come from."""

from collections.abc import Mapping
from dataclasses import dataclass

from vanishing_gradients.trainer.network.activation import Activation
from vanishing_gradients.trainer.network.activations import Identity
from vanishing_gradients.trainer.network.dense import WeightNormalizedDense
from vanishing_gradients.trainer.network.layer import Layer
from vanishing_gradients.trainer.network.normalizations import (
    BatchNormalization,
    LayerNormalization,
)

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
