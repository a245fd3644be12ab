"""How much the gradients of an epoch's steps differ from each other: sums for the noise scale.

McCandlish, Kaplan, Amodei and the OpenAI Dota Team (2018), An Empirical Model of Large-Batch
Training, https://arxiv.org/abs/1812.06162, appendix A.1; sql/views/noise_scale_v03.sql computes the
same from the cells, and documents it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from vanishing_gradients.telemetry.chunk import SMALL_MAGNITUDE, scaled_norms

MOST_WEIGHTS = 1_000_000
"""Larger layers get no sums: they take eight bytes per weight, and more while chunks wait."""
ENLARGED = 1e200
"""The factor for gradients whose squares no double holds."""
ROUNDING = 1.000000000001
"""|G|^2 has to exceed 0 by more than this, or it is indistinguishable from noise."""


def batch_size(config: Mapping[str, Any], images: int | None) -> int | None:
    """Return the batch size, in samples, of a trainer's run on `images`: the unit of noise scales.

    None if its configuration does not say.
    """
    size = config.get("batch_size")
    return None if size is None or images is None else min(int(size), images)


@dataclass(frozen=True)
class GradientNoise:
    """The result of an epoch's sums; `batches` is the noise scale in batches."""

    mean_square: float | None
    square_of_mean: float | None
    batches: float | None

    def in_samples(self, batch_size: int | None) -> float | None:
        """Return the noise scale in samples; None if it, or the batch size, is unknown."""
        return None if batch_size is None or self.batches is None else batch_size * self.batches


class GradientSums:
    """Sums over steps of the gradient of a layer with weights, of `rows` inputs and `width`.

    By input, each of shape (rows,): `counts` of its finite rows, `squares` and `small_squares` of
    their norms (the latter for norms below 1e-140, scaled up), and whether any was `large`.
    """

    def __init__(self, rows: int, width: int) -> None:
        self.total = np.zeros((rows, width))
        self.counts = np.zeros(rows, np.int64)
        self.squares, self.small_squares = np.zeros(rows), np.zeros(rows)
        self.large = np.zeros(rows, bool)

    def add(self, values: np.ndarray, squares: np.ndarray, kept: np.ndarray | None) -> None:
        """Add the finite rows of some steps, shape (steps, rows left, width), with their squared
        norms, shape (steps, rows left).

        `kept`, shape (rows,), marks them in each step; None if no row is left out.
        """
        if len(values) == 0:
            return
        large = squares >= values.shape[2] * SMALL_MAGNITUDE**2
        if not large.all():
            self._add_small(values, large, kept)
        added = values[0] if len(values) == 1 else np.add.reduce(values, axis=0)
        if kept is None:
            self.total += added  # with an index it would also be copied onto itself
        else:
            self.total[kept] += added
        rows = slice(None) if kept is None else kept
        self.counts[rows] += len(values)
        self.squares[rows] += np.add.reduce(squares, axis=0)
        self.large[rows] |= large.any(axis=0)

    def _add_small(self, values: np.ndarray, large: np.ndarray, kept: np.ndarray | None) -> None:
        """Add the squares of rows that may be small, and correct which are `large`."""
        for step, marks in zip(values, large, strict=True):
            few = np.flatnonzero(~marks & step.any(axis=1))
            if few.size:
                norms = scaled_norms(step[few])
                marks[few] = norms >= SMALL_MAGNITUDE
                place = few if kept is None else np.flatnonzero(kept)[few]
                self.small_squares[place] += (np.minimum(norms, SMALL_MAGNITUDE) * ENLARGED) ** 2

    def join(self, later: "GradientSums") -> None:
        """Add the sums over later steps; the last bits depend on the order."""
        self.total += later.total
        self.counts += later.counts
        self.squares += later.squares
        self.small_squares += later.small_squares
        self.large |= later.large

    def noise(self) -> GradientNoise:
        """Return the result of the sums: per input in units of its own, then over all inputs."""
        known = self.counts > 0
        if not known.any():
            return GradientNoise(None, None, None)
        counts = self.counts[known]
        scales = np.where(self.large[known], 1.0, ENLARGED)
        squares = np.where(scales > 1.0, self.small_squares[known], self.squares[known]) / counts
        means = self.total[known] / counts[:, np.newaxis] * scales[:, np.newaxis]
        scale, steps = float(scales.min()), int(counts.max())
        own = scales / scale  # 1, or 1e200 for an input that is small relative to others
        mean_square = float((squares / own / own).sum())
        square_of_mean = float((np.einsum("ij,ij->i", means, means) / own / own).sum())
        batches = None
        if steps > 1 and square_of_mean > ROUNDING * mean_square / steps:
            batches = (mean_square - square_of_mean) / (square_of_mean - mean_square / steps)
        if scale > 1.0:
            small = (mean_square / scale / scale, square_of_mean / scale / scale)
            return GradientNoise(small[0] or None, small[1] or None, batches)
        return GradientNoise(mean_square, square_of_mean, batches)


class SumsInOrder:
    """Joins the sums of a layer's chunks in order, whichever writer finishes first.

    So the bits are always the same. Sums that come early wait; these are few.
    """

    def __init__(self) -> None:
        self._joined: GradientSums | None = None
        self._next = 0
        self._waiting: dict[tuple[int, int], GradientSums] = {}

    def add(self, number: int, first_step: int, sums: GradientSums) -> None:
        """Add the sums of a chunk by its number, from 0, and first step."""
        self._waiting[number, first_step] = sums
        while (first := min(self._waiting, default=None)) and first[0] == self._next:
            self._join(self._waiting.pop(first))
            self._next += 1

    def noise(self) -> GradientNoise:
        """Return the result of all sums, after all chunks have come."""
        for place in sorted(self._waiting):
            self._join(self._waiting.pop(place))
        assert self._joined is not None, "no chunk has come"
        return self._joined.noise()

    def _join(self, sums: GradientSums) -> None:
        if self._joined is None:
            self._joined = sums
        else:
            self._joined.join(sums)
