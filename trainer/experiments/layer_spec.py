"""A layer's place, name and size: all that a table for its gradients needs to know."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LayerSpec:
    """One layer of an experiment's network.

    Attributes:
        number: place in the network, from 1.
        name: like layer_1_input.
        kind: 'dense', 'projection', 'residual', 'batch_normalization', 'layer_normalization',
            'dropout', 'softmax', or an activation.
        rows: rows of its gradient: the inputs of a dense layer or a projection; None for all
            others, which have one row a sample, and so as many as the batch.
        width: neurons, which are the columns of its gradient.
        start: of a residual and its projection, the number of the layer whose input they add.
    """

    number: int
    name: str
    kind: str
    rows: int | None
    width: int
    start: int | None = None
