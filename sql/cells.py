"""SQL for a gradient table's cells: column names, and expressions over a whole row.

Each is built once per width, however many layers have it.
"""

from collections.abc import Iterator, Sequence
from functools import cache

FIRST_COLUMNS = 8
"""Gradient columns of a preview: as many as fit on a screen next to its keys."""

TERMS_OF_A_CELL = {
    "cells_sum": "{0}",
    "cells_magnitude": "ABS({0})",
    "cells_square": "{0} * {0}",
    "cells_enlarged_square": "{0} * '1e200' * ({0} * '1e200')",
    "cells_null": "({0} IS NULL)",
    "cells_zero": "({0} = 0)",
    "cells_small": "(ABS({0}) < 0.001)",
    "cells_tiny": "(ABS({0}) < 0.00001)",
    "cells_below_median": "({0} < statistics.median)",
    "cells_above_median": "({0} > statistics.median)",
}
"""What each placeholder sums over the cells of a row."""

DECADES = range(-18, 3)
"""The powers of ten that a distribution distinguishes."""

EDGES = ("'5e-324'", *(f"'1e{decade}'" for decade in DECADES[1:]))
"""Lower edges of a distribution's bins from the second on. The first edge is the smallest number
above 0, so the first bin holds zeros; the second bin is the lowest decade. As strings, which every
server reads as DOUBLE, while OceanBase makes a DECIMAL of 1e-3 in a view."""


def balanced(terms: Sequence[str], operator: str = " + ") -> str:
    """Join terms with parentheses that halve at each level.

    A flat sum overflows MariaDB's parser stack at some 590 terms, and MySQL's at 2,010; the depth
    of a balanced one is only logarithmic.
    """
    if len(terms) == 1:
        return terms[0]
    middle = len(terms) // 2
    return f"({balanced(terms[:middle], operator)}{operator}{balanced(terms[middle:], operator)})"


@cache
def gradient_columns(width: int) -> tuple[str, ...]:
    """Return the names of a gradient table's cells, in order, for a layer of `width` neurons."""
    return tuple(f"Gradient{number}" for number in range(1, width + 1))


@cache
def over_cells(width: int) -> dict[str, str]:
    """Return the SQL for the placeholders that stand for the cells of a row."""
    columns = gradient_columns(width)
    rounded = [f"ROUND({name}, storage.decimals)" for name in columns]
    means = [f"mean{number}" for number in range(1, width + 1)]
    scaled = [f"{mean} * scale" for mean in means]
    sums = {
        key: balanced([term.format(name) for name in columns])
        for key, term in TERMS_OF_A_CELL.items()
    }
    return sums | {
        # LEAST and GREATEST need at least two values.
        "cells": ", ".join(columns if width > 1 else 2 * columns),
        "first_columns": ", ".join(columns[:FIRST_COLUMNS]),
        "all_columns": ", ".join(columns),
        "sum_of_rounded_squares": balanced([f"{cell} * {cell}" for cell in rounded]),
        "squares_of_means": balanced([f"{mean} * {mean}" for mean in means]),
        "squares_of_scaled_means": balanced([f"{mean} * ({mean})" for mean in scaled]),
        **_distribution(columns),
    }


def _distribution(names: Sequence[str]) -> dict[str, str]:
    bins = len(EDGES) + 1
    packed, sums = [], []
    for number, (first, edges, places, step) in enumerate(packed_bins(len(names))):
        bits = ", ".join(edges)
        cells = [f"(1 << {step} * INTERVAL(ABS({name}), {bits}))" for name in names]
        packed.append(f"MAX({balanced(cells)}) AS word{number}")
        for place in places:
            count = f"(word{number} >> {step * place} & {2**step - 1})"
            sums.append(f"SUM({count}) AS bin{first + place}")
    cases = [f"WHEN {number + 1} THEN counts.bin{number}" for number in range(bins)]
    return {
        "decades": str(bins),
        "cells_in_decades": ", ".join(packed),
        "sums_of_decades": ", ".join(sums),
        "cases_of_decades": " ".join(cases),
    }


def packed_bins(width: int) -> Iterator[tuple[int, Sequence[str], range, int]]:
    """Yield how each 64-bit number counts the cells of a row: (bin at place 0, edges between its
    places, places to read, bits per place).

    A place can count up to `width` cells. Bins beyond the last edge are shifted by 64 bits or more,
    out of the number.
    """
    places, step = (8, 8) if width < 2**8 else (5, 13)
    first, bins = 0, len(EDGES) + 1
    while first == 0 or first + 1 < bins:
        last = min(first + places, bins)
        yield first, EDGES[first : first + places], range(min(first, 1), last - first), step
        first = last - 1
