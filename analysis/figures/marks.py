"""How layers are distinguished, and how values without a place on the axis are marked."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
from plotly.colors import sample_colorscale

from vanishing_gradients.analysis.figures.layer_names import layer_labels
from vanishing_gradients.analysis.figures.style import DASHES, PALETTE, SYMBOLS

ORDINARY = ""  # the mark of a value that lies on its line
ZERO, INFINITE, UNDEFINED, NOT_FINITE = "zero", "infinite", "undefined", "not finite"

MARK_SYMBOLS = {
    ZERO: "triangle-down",
    INFINITE: "triangle-up",
    UNDEFINED: "x",
    NOT_FINITE: "hourglass",
}

DODGE = 0.11  # in x, between the special marks of neighbouring lines
SPREAD = 0.7  # in x, the most that all of them take

PALEST = 0.85  # Viridis beyond this is too pale on white


@dataclass(frozen=True)
class Mark:
    """A value without a place on the axis: its symbol, and its meaning for the legend."""

    symbol: str
    meaning: str


@dataclass(frozen=True)
class Look:
    """How one line of several is drawn.

    `rank` is its place in the legend, or the layer's number; `weights` says whether the layer's
    gradient is that of weights.
    """

    name: str
    rank: int
    color: str
    dash: str
    symbol: str
    weights: bool = False


def special(values: pd.Series, marks: Mapping[str, pd.Series] | None = None) -> pd.Series:
    """Return the mark of each value: ZERO for 0, NOT_FINITE for NaN, ORDINARY for all others.

    `marks` has conditions of further marks; if several are met, the last one counts.
    """
    found = pd.Series(ORDINARY, index=values.index, dtype="object")
    found[values == 0] = ZERO
    found[values.isna()] = NOT_FINITE
    for mark, condition in (marks or {}).items():
        found[condition] = mark
    return found


def special_ratios(ratios: pd.DataFrame) -> pd.Series:
    """Return what kind of special value each ratio is, ORDINARY for a positive number.

    `ratios` has a ratio, NaN if undefined, its numerator and its denominator.
    """
    marks = special(ratios["ratio"])
    undefined = marks == NOT_FINITE
    marks[undefined & (ratios["numerator"] > 0)] = INFINITE
    marks[undefined & (ratios["numerator"] == 0)] = UNDEFINED
    marks[undefined & ratios[["numerator", "denominator"]].isna().any(axis=1)] = NOT_FINITE
    return marks


def divided(numerator: pd.Series, denominator: pd.Series) -> pd.DataFrame:
    """Return each `ratio`, infinite for x / 0 and NaN if undefined, and its `mark`."""
    ratio = numerator / denominator.where(denominator > 0)
    parts = {"ratio": ratio, "numerator": numerator, "denominator": denominator}
    marks = special_ratios(pd.DataFrame(parts))
    return pd.DataFrame({"ratio": ratio.mask(marks == INFINITE, math.inf), "mark": marks})


def with_symbols(meanings: Mapping[str, str]) -> dict[str, Mark]:
    """Return marks with their usual symbols."""
    return {key: Mark(MARK_SYMBOLS[key], meaning) for key, meaning in meanings.items()}


def beside(place: int, of: int) -> float:
    """Return the offset in x at which line number `place` of `of` draws a special mark."""
    return (place - (of - 1) / 2) * min(DODGE, SPREAD / of)


def has_weights(layers: pd.DataFrame) -> pd.Series:
    """Return which rows of layer_sizes are of layers whose gradient is that of a weight matrix."""
    return layers["row_meaning"] == "input"


def is_dense(layers: pd.DataFrame) -> pd.Series:
    """Return which rows of layer_sizes are of layers that count as depth.

    They have weights and are not projections, which run parallel to the others.
    """
    return has_weights(layers) & (layers["kind"] != "projection")


def numbered_look(name: str, place: int) -> Look:
    """Return the look of line number `place` among unordered lines."""
    ways = (PALETTE, DASHES, SYMBOLS)
    return Look(name, place, *(way[place % len(way)] for way in ways))


def layer_looks(layers: pd.DataFrame) -> dict[int, Look]:
    """Return a look for each layer of `layers` (rows of layer_sizes), in order of depth.

    Colour follows depth. Markers are filled for layers with weights; markers and dashes vary from
    line to line within these, and within the others.
    """
    in_order = layers.assign(weights=has_weights(layers)).sort_values("layer")
    places = in_order.groupby("weights").cumcount()
    shades = [PALEST * place / max(1, len(in_order) - 1) for place in range(len(in_order))]
    looks, labels = {}, layer_labels(layers)
    colors = sample_colorscale("Viridis", shades)
    columns = (in_order["layer"], in_order["weights"], places, colors)
    for layer, weights, place, color in zip(*columns, strict=True):
        plain = numbered_look(labels[layer], place)
        symbol = plain.symbol if weights else f"{plain.symbol}-open"
        looks[layer] = Look(plain.name, layer, color, plain.dash, symbol, weights)
    return looks
