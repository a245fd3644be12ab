"""Numbers, counts and special values in words."""

import math
from collections.abc import Iterable
from itertools import groupby

from vanishing_gradients.words import Say as Say
from vanishing_gradients.words import counted as counted
from vanishing_gradients.words import plural as plural

# A view gives NULL for all of these; norms and marks tell them apart.
INFINITE, UNDEFINED = "infinite (x / 0)", "undefined (0 / 0)"
NOT_FINITE, NO_GRADIENT = "not finite", "no finite gradient"

MINUS = "\N{MINUS SIGN}"
MOST_STRETCHES = 8


def exact(value: float) -> str:
    """Return the shortest text that reads back as the same number, NULL for NaN."""
    return "NULL" if math.isnan(value) else repr(float(value))


def digits(value: float | None, number: int = 4) -> str:
    """Return a value with `number` significant digits: 0.0123, 1.23e-07."""
    return NOT_FINITE if value is None or math.isnan(value) else f"{value:.{number}g}"


def power(exponent: int, base: int = 10) -> str:
    """Return a power of ten, or of another base, in HTML."""
    return f"{base}<sup>{exponent}</sup>".replace("-", MINUS)


def stretches(numbers: Iterable[int]) -> str:
    """Return whole numbers in compact form: 1-3, 7, 9-12."""
    runs = [
        [number for _, number in own]
        for _, own in groupby(enumerate(sorted(numbers)), key=lambda each: each[1] - each[0])
    ]
    texts = [f"{own[0]}\N{EN DASH}{own[-1]}" if len(own) > 1 else f"{own[0]}" for own in runs]
    rest = sum(map(len, runs[MOST_STRETCHES:]))
    return ", ".join(texts[:MOST_STRETCHES]) + (f" and {rest} more" if rest else "")
