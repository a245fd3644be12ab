"""One colour, marker and dash a layer: colour runs with depth, filled markers where weights are."""

from collections.abc import Mapping
from dataclasses import dataclass

from plotly.colors import sample_colorscale

from vanishing_gradients.analysis.figures.style import DASHES, SYMBOLS

# The last word of layer_1_input, layer_3_hidden, layer_8_projection.
DENSE_ROLES = ("input", "hidden")
WEIGHT_ROLES = (*DENSE_ROLES, "projection")
PALEST = 0.85  # Viridis beyond this is too pale on white


@dataclass(frozen=True)
class LayerStyle:
    """How one layer is drawn, and whether its gradient is that of weights."""

    layer: int
    name: str
    weights: bool
    color: str
    symbol: str
    dash: str


def is_dense(name: str) -> bool:
    """Return whether a layer of this name is dense: one of those that make the network deep."""
    return name.rpartition("_")[2] in DENSE_ROLES


def has_weights(name: str) -> bool:
    """Return whether the gradient of a layer of this name is that of a matrix of weights."""
    return name.rpartition("_")[2] in WEIGHT_ROLES


def layer_styles(names: Mapping[int, str]) -> dict[int, LayerStyle]:
    """Return a style for each layer of `names` (number -> name), in order of depth.

    Within the layers with weights, and within the others, markers and dashes change from line to
    line.
    """
    numbers = sorted(names)
    shades = [PALEST * place / max(1, len(numbers) - 1) for place in range(len(numbers))]
    colors = sample_colorscale("Viridis", shades)
    seen = {True: 0, False: 0}
    styles = {}
    for layer, color in zip(numbers, colors, strict=True):
        weights = has_weights(names[layer])
        place = seen[weights]
        seen[weights] += 1
        styles[layer] = LayerStyle(
            layer,
            names[layer],
            weights,
            color,
            SYMBOLS[place % len(SYMBOLS)] + ("" if weights else "-open"),
            DASHES[place % len(DASHES)],
        )
    return styles
