"""Statistics of every neuron of a layer over many steps, the rows of `neuron_statistics`."""

from collections.abc import Iterator

import numpy as np

from vanishing_gradients.telemetry.finite_rows import FiniteRows

COLUMNS = ("neuron", "cells", "zeros", "non_finite", "magnitude_sum", "saturated")


class NeuronStatistics:
    """What has been counted of the `width` neurons of one layer so far, each array (width,).

    `non_finite` counts cells that cannot be stored; a row that holds one is left out of `cells`,
    `nonzero` and `magnitude_sum`, the latter in double precision. `saturated` counts samples, those
    of such rows too; None for a layer that is no activation.
    """

    def __init__(self, width: int) -> None:
        self.cells = 0
        self.nonzero = np.zeros(width, np.int64)
        self.non_finite = np.zeros(width, np.int64)
        self.magnitude_sum = np.zeros(width)
        self.saturated: np.ndarray | None = None

    def add(self, step: FiniteRows) -> None:
        """Count one step's gradient."""
        self.cells += len(step.values)
        self.nonzero += step.nonzero
        self.magnitude_sum += np.add.reduce(step.magnitudes, axis=0)
        if step.non_finite is not None:
            self.non_finite += step.non_finite

    def add_saturated(self, counts: np.ndarray | None) -> None:
        """Count saturated samples, shape (width,); None of a layer that cannot be saturated."""
        if counts is not None:
            self.saturated = counts.copy() if self.saturated is None else self.saturated + counts

    def join(self, later: "NeuronStatistics") -> None:
        """Add what was counted of later steps.

        Sums depend, in their last bits, on what is added to what: the order is the caller's.
        """
        self.cells += later.cells
        self.nonzero += later.nonzero
        self.non_finite += later.non_finite
        self.magnitude_sum += later.magnitude_sum
        self.add_saturated(later.saturated)

    def rows(self) -> Iterator[tuple]:
        """Yield one row a neuron, numbered from 1, with COLUMNS."""
        zero = self.cells - self.nonzero
        counts = zip(zero, self.non_finite, self.magnitude_sum, strict=True)
        for place, (zeros, non_finite, magnitudes) in enumerate(counts):
            saturated = None if self.saturated is None else int(self.saturated[place])
            yield (
                place + 1, self.cells, int(zeros), int(non_finite), float(magnitudes), saturated,
            )  # fmt: skip
