"""Marks for values that an axis has no place for: zero, infinite, undefined, not finite."""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from vanishing_gradients.analysis.figures.style import INK

ORDINARY = ""  # the mark of a value that lies on its line
ZERO, INFINITE, UNDEFINED, NOT_FINITE = "zero", "infinite", "undefined", "not finite"

DODGE = 0.11  # of a unit of x, between the special marks of neighbouring lines
SPREAD = 0.7  # of a unit of x, that all of them may take


@dataclass(frozen=True)
class Mark:
    """A value that is not where the axis says: its symbol, and its meaning for the legend."""

    symbol: str
    meaning: str


def beside(place: int, of: int) -> float:
    """Return how far from its x line number `place` of `of` draws a special mark."""
    return (place - (of - 1) / 2) * min(DODGE, SPREAD / of)


def outline(
    xs: Sequence[float], ys: Sequence[float], key: str, mark: Mark, in_legend: bool
) -> go.Scatter:
    """Return dark outlines about the special points of a panel, with their meaning as name."""
    return go.Scatter(
        x=list(xs),
        y=list(ys),
        mode="markers",
        name=mark.meaning,
        legendgroup=key,
        showlegend=in_legend,
        legendrank=10_000,
        marker={"symbol": f"{mark.symbol}-open", "size": 9, "color": INK, "line": {"width": 1}},
        hoverinfo="skip",
    )
