"""One colour, marker and dash a layer: colour runs with depth, filled markers for dense layers."""

from collections.abc import Mapping
from dataclasses import dataclass

from plotly.colors import sample_colorscale

from analysis.figures.style import DASHES, SYMBOLS

DENSE_ROLES = ("input", "hidden")  # the last word of layer_1_input, layer_3_hidden
PALEST = 0.85  # Viridis beyond this is too pale on white


@dataclass(frozen=True)
class LayerStyle:
    """How one layer is drawn, and whether it is dense: its gradient then is that of weights."""

    layer: int
    name: str
    dense: bool
    color: str
    symbol: str
    dash: str


def is_dense(name: str) -> bool:
    """Return whether a layer of this name has weights."""
    return name.rpartition("_")[2] in DENSE_ROLES


def layer_styles(names: Mapping[int, str]) -> dict[int, LayerStyle]:
    """Return a style for each layer of `names` (number -> name), in order of depth.

    Within the dense layers, and within the others, markers and dashes change from line to line.
    """
    numbers = sorted(names)
    shades = [PALEST * place / max(1, len(numbers) - 1) for place in range(len(numbers))]
    colors = sample_colorscale("Viridis", shades)
    seen = {True: 0, False: 0}
    styles = {}
    for layer, color in zip(numbers, colors, strict=True):
        dense = is_dense(names[layer])
        place = seen[dense]
        seen[dense] += 1
        styles[layer] = LayerStyle(
            layer,
            names[layer],
            dense,
            color,
            SYMBOLS[place % len(SYMBOLS)] + ("" if dense else "-open"),
            DASHES[place % len(DASHES)],
        )
    return styles
