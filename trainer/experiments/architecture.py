"""The architecture of an experiment: its layers in order, from what its file says."""

from collections.abc import Sequence
from dataclasses import dataclass

from vanishing_gradients.trainer.experiments.layer_spec import LayerSpec
from vanishing_gradients.trainer.network.naming import layer_names

Blocks = Sequence[tuple[int, int]]
"""Residual blocks: the first and last hidden layer of each, counted from 1."""


@dataclass(frozen=True)
class Architecture:
    """What decides which layers there are.

    Attributes:
        widths: of the hidden layers.
        activations: their kinds, one a hidden layer.
        normalization: 'none', 'batch', 'layer' or 'weight'; the last changes the dense layers, and
            adds none.
        dropout: whether a dropout layer ends each hidden layer.
        blocks: where there are skips.
    """

    widths: Sequence[int]
    activations: Sequence[str]
    normalization: str
    dropout: bool
    blocks: Blocks

    def layers(self, features: int, classes: int) -> list[LayerSpec]:
        """Return all layers, first to last, for images of so many features and so many classes.

        A hidden layer is dense, normalisation, activation, dropout. Behind the last of a residual
        block come the projection, where the block's input has another width than its output, and
        the sum with that input.
        """
        layers: list[tuple[str, int | None, int, int | None]] = []
        first_of = {last: first for first, last in self.blocks}
        inputs, starts = features, {}
        for hidden, (width, activation) in enumerate(
            zip(self.widths, self.activations, strict=True), start=1
        ):
            starts[hidden] = (len(layers) + 1, inputs)
            layers.append(("dense", inputs, width, None))
            if self.normalization in ("batch", "layer"):
                layers.append((f"{self.normalization}_normalization", None, width, None))
            layers.append((activation, None, width, None))
            if self.dropout:
                layers.append(("dropout", None, width, None))
            if hidden in first_of:
                start, block_inputs = starts[first_of[hidden]]
                if block_inputs != width:
                    layers.append(("projection", block_inputs, width, start))
                layers.append(("residual", None, width, start))
            inputs = width
        layers += [("dense", inputs, classes, None), ("softmax", None, classes, None)]
        names = layer_names(kind for kind, *_ in layers)
        return [
            LayerSpec(number, name, kind, rows, width, start)
            for number, (name, (kind, rows, width, start)) in enumerate(
                zip(names, layers, strict=True), start=1
            )
        ]
