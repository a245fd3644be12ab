"""A logarithmic axis with places below and above all values, for what has no logarithm."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

MOST_TICKS = 8


@dataclass(frozen=True)
class LogPanel:
    """Powers of ten: `bottom` is where zeros are drawn, `top` where infinite values are."""

    bottom: float
    top: float

    def layout(self, title: str) -> dict[str, object]:
        """Return the axis for plotly."""
        low, high = math.log10(self.bottom), math.log10(self.top)
        margin = 0.08 * (high - low)
        return {
            "type": "log",
            "range": [low - margin, high + margin],
            "dtick": math.ceil((high - low) / MOST_TICKS),
            "exponentformat": "power",
            "tickfont": {"size": 11},  # plotly enlarges powers of ten by a quarter
            "title_text": title,
        }


def log_panel(values: pd.Series, lines: Iterable[float] = ()) -> LogPanel:
    """Return the axis that holds all positive `values`, and `lines` that are always drawn.

    A decade more is kept free at an end only if there are zeros, or values that are no number.
    """
    positive = [*values[(values > 0) & (values < math.inf)], *lines] or [1.0]
    low = math.floor(math.log10(min(positive)))
    high = math.ceil(math.log10(max(positive)))
    if low == high:
        low, high = low - 1, high + 1
    zeros = bool((values == 0).any())
    endless = bool((values.isna() | (values == math.inf)).any())
    return LogPanel(10.0 ** (low - zeros), 10.0 ** (high + endless))
