"""Gradients without the cells that no server can hold, and their medians: input to statistics."""

import math
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike

from vanishing_gradients.telemetry.chunk import small_rows, storable

COUNTED_AT_ONCE = 255
"""The most booleans that a sum in bytes can hold."""
SORTED_WHOLE = 6_000
"""Up to so many values a median is searched among all of them at once."""
FOLDED = 16
"""Rows of booleans that are summed as if they were one long row."""
REUSED = 1 << 19
"""Elements of the largest array that a thread keeps for reuse."""


class _Scratch(threading.local):
    def __init__(self) -> None:
        self._arrays: dict[str, np.ndarray] = {}

    def array(self, purpose: str, shape: tuple[int, ...], dtype: DTypeLike) -> np.ndarray:
        """Return an uninitialized array, valid until the next call for the same purpose.

        Touching new memory, page by page, costs more than the computation in it.
        """
        size = math.prod(shape)
        if size > REUSED:
            return np.empty(shape, dtype)
        known = self._arrays.get(purpose)
        if known is None or known.size < size:
            known = self._arrays[purpose] = np.empty(size, dtype)
        return known[:size].reshape(shape)


scratch = _Scratch()
"""Arrays that each thread reuses; each purpose has one dtype."""


@dataclass(frozen=True)
class FiniteSteps:
    """One layer's gradient at some steps, without the rows that hold a cell that is not storable.

    `rows` counts all rows of a step; `kept`, shape (rows,), marks those left, None if all are, as
    always for several steps. `gradient`, `values` (the same in double precision) and `magnitudes`
    have shape (steps, rows left, width), `squares` of their norms (steps, rows left), `smallest`
    and `largest` (steps,), NaN if no row is left. `nonzero`, shape (steps, width), counts each
    neuron's nonzero values; `non_finite`, shape (width,), its cells that are not storable, None if
    all are.
    """

    rows: int
    gradient: np.ndarray
    values: np.ndarray
    magnitudes: np.ndarray
    smallest: np.ndarray
    largest: np.ndarray
    squares: np.ndarray
    nonzero: np.ndarray
    non_finite: np.ndarray | None = None
    kept: np.ndarray | None = None

    def few(self) -> np.ndarray:
        """Return the indices of the `small_rows` among all rows of the steps."""
        found = small_rows(self.squares.ravel(), self.values.shape[2])
        return found if self.kept is None else np.flatnonzero(self.kept)[found]


def finite_steps(gradient: np.ndarray) -> Iterator[FiniteSteps]:
    """Drop what the server leaves out from some steps; `gradient` is (steps, rows, width).

    Steps with a cell that is not storable come one by one, as do their neighbours. Use each result
    before asking for the next: they share memory.
    """
    values = gradient
    if gradient.dtype != np.float64:
        values = scratch.array("values", gradient.shape, np.float64)
        np.copyto(values, gradient)
    flat = values.reshape(len(values), -1)
    smallest, largest = flat.min(axis=1), flat.max(axis=1)
    rows = values.shape[1]
    if storable(np.maximum(largest, -smallest)).all():
        yield _found(rows, gradient, values, smallest, largest)
    elif len(values) > 1:
        for place in range(len(values)):
            yield from finite_steps(gradient[place : place + 1])
    else:
        good = storable(values[0])
        kept: np.ndarray = np.logical_and.reduce(good, axis=1)
        non_finite = rows - np.count_nonzero(good, axis=0)
        left = values[:, kept]
        flat = left.reshape(1, -1)
        if left.size:
            smallest, largest = flat.min(axis=1), flat.max(axis=1)
        else:
            smallest = largest = np.full(1, np.nan)
        yield _found(rows, gradient[:, kept], left, smallest, largest, non_finite, kept)


def _found(
    rows: int,
    gradient: np.ndarray,
    values: np.ndarray,
    smallest: np.ndarray,
    largest: np.ndarray,
    non_finite: np.ndarray | None = None,
    kept: np.ndarray | None = None,
) -> FiniteSteps:
    squares: np.ndarray = np.einsum("kij,kij->ki", values, values)
    magnitudes = scratch.array("magnitudes", values.shape, np.float64)
    np.abs(values, out=magnitudes)
    parts = (magnitudes, smallest, largest, squares, _nonzero(values))
    return FiniteSteps(rows, gradient, values, *parts, non_finite, kept)


def _nonzero(values: np.ndarray) -> np.ndarray:
    """Count nonzero values over the rows of each step.

    Sums in bytes take a fifth of the time of wider ones, and a few long rows less than many.
    """
    steps, rows, width = values.shape
    fold = math.gcd(rows, FOLDED)
    marks = scratch.array("marks", values.shape, bool)
    np.not_equal(values, 0.0, out=marks)
    marks = marks.view(np.uint8).reshape(steps, rows // fold, fold * width)
    found = np.zeros((steps, fold * width), np.int64)
    for start in range(0, rows // fold, COUNTED_AT_ONCE):
        part = marks[:, start : start + COUNTED_AT_ONCE]
        found += np.add.reduce(part, axis=1, dtype=np.uint8)
    return found.reshape(steps, fold, width).sum(axis=1)


def medians(gradient: np.ndarray) -> list[float]:
    """Return the median of each step's finite values; `gradient` is (steps, rows, width)."""
    flat = gradient.reshape(len(gradient), -1)
    size = flat.shape[1]
    if size > SORTED_WHOLE:
        return [_median(values) for values in flat]
    # numpy.median would also search for NaN.
    middle = size // 2
    parted = np.partition(flat, middle, axis=1)
    upper = parted[:, middle].astype(np.float64)
    if size % 2:
        return [float(each) for each in upper]
    lower = parted[:, :middle].max(axis=1).astype(np.float64)
    return [float(each) for each in (lower + upper) / 2]


def _median(values: np.ndarray) -> float:
    """Return the median of many finite values, shape (n,).

    Two values of a sample probably enclose it. Those below the lower one are counted, and it is
    searched among those in between: Floyd and Rivest (1975), Expected time bounds for selection,
    https://doi.org/10.1145/360680.360691. If it is not there, all values are partitioned.
    """
    size = len(values)
    lower, upper = (size - 1) // 2, size // 2
    # Rows usually have an even width: an odd stride samples all their columns.
    sample = np.sort(values[:: int(size ** (1 / 3)) | 1])
    centre, room = len(sample) // 2, int(1.5 * math.sqrt(len(sample)))
    low, high = sample[centre - room], sample[centre + room]
    least, up_to = values >= low, values <= high
    below = size - int(np.count_nonzero(least))
    if below <= lower and upper < np.count_nonzero(up_to):
        if low == high:
            return float(low)
        values = values.take(np.flatnonzero(np.logical_and(least, up_to, out=least)))
        lower, upper = lower - below, upper - below
    parted = np.partition(values, upper)
    if lower == upper:
        return float(parted[upper])
    return (float(parted[:upper].max()) + float(parted[upper])) / 2
