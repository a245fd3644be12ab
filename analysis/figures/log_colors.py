"""Colours for values over many decades: the scale is of log10, the ticks are powers of ten."""

import math
from collections.abc import Iterator
from itertools import count

import pandas as pd

from vanishing_gradients.analysis.figures.epoch_grid import Colors
from vanishing_gradients.analysis.figures.style import MINUS

SEQUENTIAL = "Viridis"
DIVERGING = "PuOr_r"  # Harrower and Brewer, 2003, https://colorbrewer2.org: safe for every eye
MOST_TICKS = 6


def log_colors(values: pd.Series, title: str) -> Colors:
    """Return colours from the smallest of positive `values` to the largest; darkest is smallest."""
    low, high = _ends(values)
    return Colors(SEQUENTIAL, low, high, title, dict(_ticks(low, high)))


def log_colors_about_one(values: pd.Series, title: str) -> Colors:
    """Return colours of two hues, palest at 1, as far down as up."""
    low, high = _ends(values)
    reach = max(abs(low), abs(high), 1.0)
    return Colors(DIVERGING, -reach, reach, title, dict(_ticks(-reach, reach)))


def power(exponent: int) -> str:
    """Return a power of ten as text for plotly."""
    return f"10<sup>{exponent}</sup>".replace("-", MINUS)


def _ends(values: pd.Series) -> tuple[float, float]:
    positive = values[values > 0]
    if positive.empty:
        return -1.0, 0.0
    low, high = math.log10(positive.min()), math.log10(positive.max())
    return (low, high) if high - low > 0.1 else (low - 0.5, high + 0.5)


def _ticks(low: float, high: float) -> Iterator[tuple[float, str]]:
    """Yield whole powers of ten; where there are fewer than two, the two ends."""
    first, last = math.ceil(low), math.floor(high)
    if last <= first:
        for end in (low, high):
            yield end, f"{10**end:.2g}"
        return
    round_steps = (factor * 10**power for power in count() for factor in (1, 2, 5))
    step = next(step for step in round_steps if (last - first + 1) / step <= MOST_TICKS)
    start = -(-first // step) * step  # so that 0 is among them
    for exponent in range(start, last + 1, step):
        yield exponent, power(exponent)
