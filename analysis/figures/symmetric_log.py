"""A scale for both signs and many decades, which plotly lacks: logarithmic, linear near zero."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from vanishing_gradients.analysis.words import MINUS, power

MOST_DECADES = 12
TICKS_A_SIDE = 5


@dataclass(frozen=True)
class SymmetricLog:
    """position(v) = v / unit if |v| <= unit, else sign(v) (1 + log10(|v| / unit)).

    Continuous and increasing; after Webber, 2013, https://doi.org/10.1088/0957-0233/24/2/027001.
    """

    unit: float

    @classmethod
    def fitting(cls, values: pd.Series, line: float) -> "SymmetricLog":
        """Return the scale on which every non-zero value, and the positive `line`, is logarithmic.

        Values more than MOST_DECADES below the largest magnitude stay in the linear part.
        """
        magnitudes = values.abs()
        magnitudes = magnitudes[magnitudes > 0]
        smallest = min(magnitudes.min() if len(magnitudes) else line, line)
        largest = max(magnitudes.max() if len(magnitudes) else line, line)
        lowest = math.floor(math.log10(largest)) - MOST_DECADES
        return cls(10.0 ** max(math.ceil(math.log10(smallest)) - 1, lowest))

    def position(self, values: pd.Series) -> pd.Series:
        """Return each value's position on the axis, in decades beyond the linear part."""
        magnitudes = values.abs() / self.unit
        with np.errstate(divide="ignore"):
            beyond = 1 + np.log10(magnitudes)
        return np.sign(values) * magnitudes.where(magnitudes <= 1, beyond)

    def ticks(self, largest: float) -> tuple[list[float], list[str]]:
        """Return positions and texts of ticks: zero, and powers of ten to `largest`, both signs."""
        first = round(math.log10(self.unit))
        last = math.ceil(math.log10(largest))
        step = max(1, math.ceil((last - first) / TICKS_A_SIDE))
        exponents = list(range(last, first + step // 2 - 1, -step))  # clear of the tick at zero
        positions = [1.0 + exponent - first for exponent in exponents]
        texts = [power(exponent) for exponent in exponents]
        return (
            [-position for position in positions] + [0.0] + positions[::-1],
            [f"{MINUS}{text}" for text in texts] + ["0"] + texts[::-1],
        )
