"""The rows of a gradient that a server can hold, which is all that statistics are taken of."""

from dataclasses import dataclass

import numpy as np

from vanishing_gradients.telemetry.chunk import storable


@dataclass(frozen=True)
class FiniteRows:
    """One layer's gradient at one step, without the rows that hold a cell that is not storable.

    `rows` counts all rows. `gradient`, `values` (the same in double precision) and `magnitudes`
    have shape (rows left, width). `nonzero`, shape (width,), counts each neuron's values other than
    0; `non_finite`, shape (width,), its cells that are not storable, None where all are.
    """

    rows: int
    gradient: np.ndarray
    values: np.ndarray
    magnitudes: np.ndarray
    nonzero: np.ndarray
    non_finite: np.ndarray | None


def finite_rows(gradient: np.ndarray) -> FiniteRows:
    """Leave out what a server leaves out; `gradient` has shape (rows, width)."""
    values = gradient.astype(np.float64, copy=False)
    magnitudes = np.abs(values)
    rows = len(values)
    if storable(magnitudes.max()):
        return FiniteRows(rows, gradient, values, magnitudes, _nonzero(values), None)
    good = storable(values)
    kept = good.all(axis=1)
    non_finite = rows - np.count_nonzero(good, axis=0)
    values = values[kept]
    return FiniteRows(rows, gradient[kept], values, magnitudes[kept], _nonzero(values), non_finite)


def _nonzero(values: np.ndarray) -> np.ndarray:
    """Count along the rows; adding truth values up takes half as long as numpy.count_nonzero."""
    return np.add.reduce(values != 0, axis=0, dtype=np.int32)
