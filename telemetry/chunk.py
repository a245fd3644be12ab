"""A chunk: some consecutive recorded steps of one layer, loaded in one transaction."""

from dataclasses import dataclass

import numpy as np

from vanishing_gradients.sql.objects import Layer

LARGEST_MAGNITUDE = 1e150
"""Beyond it a square overflows in the server and fails the whole load: such a value counts as
non-finite."""


@dataclass(frozen=True)
class Chunk:
    """Gradients of one layer in one epoch.

    `steps` has shape (k,), ascending; `row_counts`, shape (k,), says how many rows of `values`,
    shape (rows, width), belong to each step, in order. `updates`, shape (k, 3), has the norms of
    the clipped gradient, of the weights before the step and of their change; `saturated`, shape
    (k, width), of how many samples each neuron was saturated. Each is None where a layer has none.
    """

    layer: Layer
    epoch: int
    steps: np.ndarray
    row_counts: np.ndarray
    values: np.ndarray
    updates: np.ndarray | None = None
    saturated: np.ndarray | None = None

    @property
    def first_step(self) -> int:
        """The step of the first row."""
        return int(self.steps[0])

    @property
    def last_step(self) -> int:
        """The step of the last row."""
        return int(self.steps[-1])

    @property
    def rows(self) -> int:
        """How many rows the chunk holds."""
        return len(self.values)

    def step_column(self) -> np.ndarray:
        """Step of every row, shape (rows,)."""
        return np.repeat(self.steps, self.row_counts)

    def row_index_column(self) -> np.ndarray:
        """RowIndex of every row, shape (rows,): from 0 within each step."""
        starts = np.cumsum(self.row_counts) - self.row_counts
        return np.arange(self.rows) - np.repeat(starts, self.row_counts)

    def by_step(self):
        """Yield (step, values of that step, shape (rows of the step, width))."""
        start = 0
        for step, count in zip(self.steps, self.row_counts, strict=True):
            yield int(step), self.values[start : start + count]
            start += count


def storable(values: np.ndarray) -> np.ndarray:
    """Mark each cell that a server can hold and square: finite, of magnitude at most 1e150."""
    largest = min(LARGEST_MAGNITUDE, float(np.finfo(values.dtype).max))
    return np.abs(values) <= values.dtype.type(largest)
