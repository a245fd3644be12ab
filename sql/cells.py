"""What SQL says of a gradient table's cells: their columns, and expressions over all of a row.

Each is built once a width, however many layers have it.
"""

from collections.abc import Iterator, Sequence
from functools import cache

FIRST_COLUMNS = 8
"""Gradient columns of a look at a table: as many as fit on a screen beside its keys."""

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
"""What each placeholder adds up over the cells of a row."""

DECADES = range(-18, 3)
"""Powers of ten that a distribution tells apart."""

EDGES = ("'5e-324'", *(f"'1e{decade}'" for decade in DECADES[1:]))
"""Where a cell comes into the next bin of a distribution: the first, below the smallest number
above 0 that there is, is of zeros, and the second is the lowest decade. As strings, which every
server reads as DOUBLE, while OceanBase makes a DECIMAL of 1e-3 in a view."""


def balanced(terms: Sequence[str], operator: str = " + ") -> str:
    """Join terms with parentheses that halve at each level.

    A flat sum of some 590 terms overflows MariaDB's parser stack, and of 2,010 MySQL's; a balanced
    one is only as deep as its logarithm.
    """
    if len(terms) == 1:
        return terms[0]
    middle = len(terms) // 2
    return f"({balanced(terms[:middle], operator)}{operator}{balanced(terms[middle:], operator)})"


@cache
def gradient_columns(width: int) -> tuple[str, ...]:
    """Names of a gradient table's cells, in order, for a layer of `width` neurons."""
    return tuple(f"Gradient{number}" for number in range(1, width + 1))


@cache
def over_cells(width: int) -> dict[str, str]:
    """Return what stands for the cells of a row in SQL files, by placeholder."""
    columns = gradient_columns(width)
    rounded = [f"ROUND({name}, storage.decimals)" for name in columns]
    means = [f"mean{number}" for number in range(1, width + 1)]
    scaled = [f"{mean} * scale" for mean in means]
    sums = {
        key: balanced([term.format(name) for name in columns])
        for key, term in TERMS_OF_A_CELL.items()
    }
    return sums | {
        # LEAST and GREATEST take two values at least.
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
    """Yield what each number of 64 bits counts of the cells of a row: (bin at place 0, edges
    between its places, places that are read, bits of a place).

    A place takes up to `width` cells. What is beyond the last edge is shifted by 64 bits or more,
    out of the number.
    """
    places, step = (8, 8) if width < 2**8 else (5, 13)
    first, bins = 0, len(EDGES) + 1
    while first == 0 or first + 1 < bins:
        last = min(first + places, bins)
        yield first, EDGES[first : first + places], range(min(first, 1), last - first), step
        first = last - 1
