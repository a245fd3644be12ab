"""What a run keeps of its gradients besides their rows: by step, by neuron, by epoch.

All of it is computed from the rows that a server can hold.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from vanishing_gradients.sql.catalogue import ZEROS
from vanishing_gradients.telemetry.chunk import SMALL_MAGNITUDE, Chunk, scaled_norms, storable
from vanishing_gradients.telemetry.finite_steps import FiniteSteps, finite_steps, medians, scratch
from vanishing_gradients.telemetry.noise import MOST_WEIGHTS, GradientNoise, GradientSums

AT_ONCE = 16_384
"""Gradient values that are summarised together."""


@dataclass(frozen=True)
class StepStatistics:
    """A row of `step_statistics`: about a gradient of shape (rows, width), and its step.

    `non_finite` counts the cells that cannot be stored; a row with one is left out of everything
    else, as the server leaves out a row whose Norm is NULL. Fractions refer to the values in the
    `finite_rows`. None if no row is left. Computed in double precision from values of either
    precision.

    For a layer with weights: L2 norms of their gradient after clipping, of the weights before the
    step and of their change. For an activation: `saturated`, the fraction of all cells, rows times
    width, at which it is nearly flat. None for other layers, and for a norm that cannot be stored.
    """

    row_count: int
    finite_rows: int
    row_norm_sum: float | None = None
    mean: float | None = None
    median: float | None = None
    mean_abs: float | None = None
    gradient_norm: float | None = None
    zeros: float | None = None
    below_1em3: float | None = None
    below_1em5: float | None = None
    non_finite: int = 0
    min: float | None = None
    max: float | None = None
    clipped_norm: float | None = None
    weight_norm: float | None = None
    update_norm: float | None = None
    saturated: float | None = None


OF_A_STEP = tuple(field.name for field in fields(StepStatistics))
STEP_COLUMNS = ("layer", "epoch", "step", *OF_A_STEP)
NEURON_COLUMNS = (
    "layer", "epoch", "neuron", "cells", "zeros", "non_finite", "magnitude_sum", "saturated",
)  # fmt: skip
HISTOGRAM_COLUMNS = ("layer", "epoch", "step", "exponent", "cells")


def step_statistics(
    gradient: np.ndarray, update: np.ndarray | None = None, saturated: np.ndarray | None = None
) -> StepStatistics:
    """Summarise one layer's gradient at one step, an array of shape (rows, width).

    `update`, shape (3,), has the norms for the last columns; `saturated`, shape (width,), is the
    number of samples for which each neuron was saturated.
    """
    (found,) = finite_steps(gradient[np.newaxis])
    (row,) = _step_rows(
        found,
        None if update is None else update[np.newaxis],
        None if saturated is None else saturated[np.newaxis],
    )
    return StepStatistics(**dict(zip(OF_A_STEP, row, strict=True)))


def _step_rows(
    found: FiniteSteps, updates: np.ndarray | None, saturated: np.ndarray | None
) -> list[tuple[Any, ...]]:
    """Summarise each of some steps, by OF_A_STEP; `updates` and `saturated` are the chunk's."""
    steps, left, width = found.values.shape
    columns: dict[str, Sequence[Any]] = {
        "row_count": [found.rows] * steps,
        "finite_rows": [left] * steps,
        "non_finite": [0 if found.non_finite is None else int(found.non_finite.sum())] * steps,
    }
    if updates is not None:
        columns |= _update_norms(updates)
    if saturated is not None:
        columns["saturated"] = (saturated.sum(axis=1) / (found.rows * width)).tolist()
    if left:
        columns |= _of_values(found)
    nothing = [None] * steps
    return list(zip(*(columns.get(name, nothing) for name in OF_A_STEP), strict=True))


def _of_values(found: FiniteSteps) -> dict[str, Sequence[Any]]:
    values, magnitudes = found.values, found.magnitudes
    size = values[0].size
    flat = (len(values), size)
    norm_sums, norms = _row_and_whole_norms(values, found.squares)
    largest = np.maximum(found.largest, -found.smallest).max()

    def fraction_below(bound: float) -> list[float]:
        if largest < bound:
            return [1.0] * len(values)
        below = scratch.array("below", magnitudes.shape, bool)
        return [np.count_nonzero(each) / size for each in np.less(magnitudes, bound, out=below)]

    return {
        "row_norm_sum": norm_sums,
        "mean": values.reshape(flat).mean(axis=1).tolist(),
        "median": medians(found.gradient),
        "mean_abs": magnitudes.reshape(flat).mean(axis=1).tolist(),
        "gradient_norm": norms,
        "zeros": (1.0 - found.nonzero.sum(axis=1) / size).tolist(),
        "below_1em3": fraction_below(1e-3),
        "below_1em5": fraction_below(1e-5),
        "min": found.smallest.tolist(),
        "max": found.largest.tolist(),
    }


class NeuronStatistics:
    """Counts for the `width` neurons of one layer so far, each array (width,).

    `non_finite` counts cells that cannot be stored; a row with one is left out of `cells`,
    `nonzero` and `magnitude_sum`, the latter in double precision. `saturated` counts samples, those
    of such rows too; None for a layer that is not an activation.
    """

    def __init__(self, width: int) -> None:
        self.cells = 0
        self.nonzero = np.zeros(width, np.int64)
        self.non_finite = np.zeros(width, np.int64)
        self.magnitude_sum = np.zeros(width)
        self.saturated: np.ndarray | None = None

    def add(self, steps: FiniteSteps) -> None:
        """Add the gradients of some steps."""
        self.cells += steps.squares.size
        self.nonzero += steps.nonzero.sum(axis=0)
        for magnitudes in np.add.reduce(steps.magnitudes, axis=1):
            self.magnitude_sum += magnitudes
        if steps.non_finite is not None:
            self.non_finite += steps.non_finite

    def add_saturated(self, counts: np.ndarray | None) -> None:
        """Add saturated samples, shape (width,); None for a layer that cannot be saturated."""
        if counts is not None:
            self.saturated = counts.copy() if self.saturated is None else self.saturated + counts

    def join(self, later: "NeuronStatistics") -> None:
        """Add the counts of later steps.

        The last bits of sums depend on the order of addition, which is up to the caller.
        """
        self.cells += later.cells
        self.nonzero += later.nonzero
        self.non_finite += later.non_finite
        self.magnitude_sum += later.magnitude_sum
        self.add_saturated(later.saturated)

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Yield one row per neuron, numbered from 1, with NEURON_COLUMNS from the third on."""
        zero = self.cells - self.nonzero
        counts = zip(zero, self.non_finite, self.magnitude_sum, strict=True)
        for place, (zeros, non_finite, magnitudes) in enumerate(counts):
            saturated = None if self.saturated is None else int(self.saturated[place])
            yield (
                place + 1, self.cells, int(zeros), int(non_finite), float(magnitudes), saturated,
            )  # fmt: skip


@dataclass(frozen=True)
class ChunkStatistics:
    """Statistics of one chunk: its rows of `step_statistics` and `layer_histograms`, its neuron
    counts and, for a layer with weights, the sums of its gradients.

    `few` are the indices of those of its rows whose squares are too small."""

    layer: int
    epoch: int
    first_step: int
    steps: list[tuple[Any, ...]]
    histograms: list[tuple[int, ...]]
    neurons: NeuronStatistics
    sums: GradientSums | None
    few: np.ndarray | None


@dataclass(frozen=True)
class EpochStatistics:
    """Rows of `step_statistics`, by STEP_COLUMNS, and of `neuron_statistics`, by NEURON_COLUMNS,
    grouped by layer.

    `histograms` has rows of `layer_histograms`, by HISTOGRAM_COLUMNS; `noise` the noise results of
    layers with weights, by (layer, epoch).
    """

    steps: list[tuple[Any, ...]]
    neurons: list[tuple[Any, ...]]
    histograms: list[tuple[int, ...]] = field(default_factory=list)
    noise: dict[tuple[int, int], GradientNoise] = field(default_factory=dict)


def chunk_statistics(chunk: Chunk) -> ChunkStatistics:
    """Summarise a chunk, step by step and neuron by neuron."""
    number, epoch = chunk.layer.number, chunk.epoch
    neurons = NeuronStatistics(chunk.layer.width)
    size = int(chunk.row_counts[0]) * chunk.layer.width
    weights = chunk.layer.row_meaning == "input" and size <= MOST_WEIGHTS
    sums = GradientSums(int(chunk.row_counts[0]), chunk.layer.width) if weights else None
    steps: list[tuple[Any, ...]] = []
    histograms: list[tuple[int, ...]] = []
    few: list[np.ndarray] = []
    rows_before = 0
    for gradients in _alike(chunk):
        first = len(steps)
        for found in finite_steps(gradients):
            own = slice(len(steps), len(steps) + len(found.values))
            numbers = chunk.steps[own].tolist()
            rows = _step_rows(
                found,
                None if chunk.updates is None else chunk.updates[own],
                None if chunk.saturated is None else chunk.saturated[own],
            )
            steps += [(number, epoch, step, *row) for step, row in zip(numbers, rows, strict=True)]
            neurons.add(found)
            few.append(rows_before + found.few())
            rows_before += found.rows * len(numbers)
            if sums:
                sums.add(found.values, found.squares, found.kept)
            counted = () if chunk.counted is None else np.flatnonzero(chunk.counted[own])
            for place in counted:
                cells = found.magnitudes[place]
                if found.kept is not None:
                    cells = storable_magnitudes(gradients[own.start - first])
                counts = by_exponent(cells)
                histograms += [(number, epoch, numbers[place], *each) for each in counts]
    if chunk.saturated is not None:
        neurons.add_saturated(chunk.saturated.sum(axis=0))
    return ChunkStatistics(
        number, epoch, chunk.first_step, steps, histograms, neurons, sums, np.concatenate(few)
    )


def storable_magnitudes(cells: np.ndarray) -> np.ndarray:
    """Return the magnitudes, in double precision, of those `cells` that a server can hold."""
    magnitudes: np.ndarray = np.abs(cells[storable(cells)]).astype(np.float64, copy=False)
    return magnitudes


def by_exponent(magnitudes: np.ndarray) -> list[tuple[int, int]]:
    """Count magnitudes, an array of doubles of any shape, by their powers of two.

    Returns (exponent, cells): first ZEROS with those that are 0, then, for every exponent that has
    cells, those that are at least 2 ** exponent and below 2 ** (exponent + 1).
    """
    # A double's exponent is in its bits from 52 on, with a bias of 1023; 0 stands for zero and for
    # subnormal numbers.
    flat = magnitudes.ravel()
    biased = np.right_shift(
        flat.view(np.int64), 52, out=scratch.array("biased", flat.shape, np.int64)
    )
    counts = np.bincount(biased, minlength=1)
    lowest = flat[biased == 0] if counts[0] else np.empty(0)
    subnormal = np.frexp(lowest[lowest > 0])[1] - 1
    found = [(ZEROS, len(lowest) - len(subnormal))]
    exponents, numbers = np.unique(subnormal, return_counts=True)
    found += zip(exponents.tolist(), numbers.tolist(), strict=True)
    normal = 1 + np.flatnonzero(counts[1:])
    return [*found, *zip((normal - 1023).tolist(), counts[normal].tolist(), strict=True)]


def epoch_statistics(chunks: Iterable[ChunkStatistics]) -> EpochStatistics:
    """Join the chunks of an epoch, in whatever order writers finished them.

    They are added by layer and step, so that sums always have the same bits.
    """
    steps: list[tuple[Any, ...]] = []
    histograms: list[tuple[int, ...]] = []
    layers: dict[tuple[int, int], NeuronStatistics] = {}
    for chunk in sorted(chunks, key=lambda each: (each.layer, each.first_step)):
        steps += chunk.steps
        histograms += chunk.histograms
        place = (chunk.layer, chunk.epoch)
        if place not in layers:
            layers[place] = NeuronStatistics(len(chunk.neurons.nonzero))
        layers[place].join(chunk.neurons)
    rows = [(*place, *row) for place, neurons in layers.items() for row in neurons.rows()]
    return EpochStatistics(steps, rows, histograms)


def _alike(chunk: Chunk) -> Iterator[np.ndarray]:
    """Yield a chunk's gradients in groups of steps with equally many rows that fit into caches.

    Each has the shape (steps, rows, width). In small layers, per-step work takes longer than
    per-value work.
    """
    ends = np.flatnonzero(np.diff(chunk.row_counts)) + 1
    start = 0
    for counts in np.split(chunk.row_counts, ends):
        rows = int(counts[0])
        most = max(1, AT_ONCE // (rows * chunk.layer.width))
        for first in range(0, len(counts), most):
            steps = min(most, len(counts) - first)
            values = chunk.values[start : start + steps * rows]
            yield values.reshape(steps, rows, chunk.layer.width)
            start += steps * rows


def _row_and_whole_norms(
    values: np.ndarray, squares: np.ndarray
) -> tuple[list[float], list[float]]:
    """Return for each step the sum of the rows' L2 norms, and the L2 norm of the whole.

    `values` has shape (steps, rows, width), `squares` (steps, rows). Small values matter only if
    all are small; then they are divided by the largest before they are squared.
    """
    whole = squares.sum(axis=1)
    sums, norms = np.sqrt(squares).sum(axis=1), np.sqrt(whole)
    for step in np.flatnonzero(~(whole >= values[0].size * SMALL_MAGNITUDE**2)):
        rows = values[step][values[step].any(axis=1)]
        if len(rows):
            own = scaled_norms(rows)
            sums[step], norms[step] = own.sum(), scaled_norms(own[np.newaxis])[0]
    return sums.tolist(), norms.tolist()


def _update_norms(updates: np.ndarray) -> dict[str, Sequence[float | None]]:
    """Return the norms of some steps' updates, shape (steps, 3), by the name of their column."""
    kept = np.where(storable(updates), updates, np.nan).T.tolist()
    return {
        name: [None if math.isnan(norm) else norm for norm in norms]
        for name, norms in zip(("clipped_norm", "weight_norm", "update_norm"), kept, strict=True)
    }
