"""What a run keeps of its gradients besides their rows: by step, by neuron, by epoch.

All of it is taken of the rows that a server can hold.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from vanishing_gradients.sql.catalogue import ZEROS
from vanishing_gradients.telemetry.chunk import SMALL_MAGNITUDE, Chunk, scaled_norms, storable
from vanishing_gradients.telemetry.noise import MOST_WEIGHTS, GradientNoise, GradientSums


@dataclass(frozen=True)
class FiniteRows:
    """One layer's gradient at one step, without the rows that hold a cell that is not storable.

    `rows` counts all rows; `kept`, shape (rows,), marks those left, None where all are. `gradient`,
    `values` (the same in double precision) and `magnitudes` have shape (rows left, width),
    `squares` of their norms (rows left,). `nonzero`, shape (width,), counts each neuron's values
    other than 0; `non_finite`, shape (width,), its cells that are not storable, None where all are.
    """

    rows: int
    gradient: np.ndarray
    values: np.ndarray
    magnitudes: np.ndarray
    squares: np.ndarray
    nonzero: np.ndarray
    non_finite: np.ndarray | None = None
    kept: np.ndarray | None = None


def finite_rows(gradient: np.ndarray) -> FiniteRows:
    """Leave out what a server leaves out; `gradient` has shape (rows, width)."""
    values = gradient.astype(np.float64, copy=False)
    magnitudes = np.abs(values)
    rows = len(values)
    if storable(magnitudes.max()):
        return FiniteRows(rows, gradient, values, magnitudes, _squares(values), _nonzero(values))
    good = storable(values)
    kept: np.ndarray = np.logical_and.reduce(good, axis=1)
    non_finite = rows - np.count_nonzero(good, axis=0)
    values = values[kept]
    parts = (gradient[kept], values, magnitudes[kept], _squares(values), _nonzero(values))
    return FiniteRows(rows, *parts, non_finite, kept)


@dataclass(frozen=True)
class StepStatistics:
    """What `step_statistics` keeps of a gradient of shape (rows, width), and of its step.

    `non_finite` counts the cells that cannot be stored; a row that holds one is left out of
    everything else, as the server leaves out a row whose Norm is NULL. Fractions are of the values
    in the `finite_rows`. None where no row is left. Computed in double precision from values of
    either precision.

    Of a layer with weights: L2 norms of their gradient after clipping, of the weights before the
    step and of their change by it. `saturated`, of an activation: the fraction of all cells, rows
    times width, at which it is nearly flat. None where a layer has no such thing, and for a norm
    that cannot be stored.
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


STEP_COLUMNS = ("layer", "epoch", "step", *(field.name for field in fields(StepStatistics)))
NEURON_COLUMNS = (
    "layer", "epoch", "neuron", "cells", "zeros", "non_finite", "magnitude_sum", "saturated",
)  # fmt: skip


def step_statistics(
    gradient: np.ndarray | FiniteRows,
    update: np.ndarray | None = None,
    saturated: np.ndarray | None = None,
) -> StepStatistics:
    """Summarise one layer's gradient at one step, an array of shape (rows, width).

    `update`, shape (3,), has the norms that the last columns keep; `saturated`, shape (width,),
    of how many samples each neuron was saturated.
    """
    found = gradient if isinstance(gradient, FiniteRows) else finite_rows(gradient)
    values, magnitudes = found.values, found.magnitudes
    non_finite = 0 if found.non_finite is None else int(found.non_finite.sum())
    of_step: dict[str, Any] = {} if update is None else _norms(update)
    if saturated is not None:
        of_step["saturated"] = int(saturated.sum()) / (found.rows * len(saturated))
    if not values.size:
        return StepStatistics(found.rows, 0, non_finite=non_finite, **of_step)
    row_norm_sum, gradient_norm = _row_and_whole_norms(values, found.squares)
    size = values.size
    return StepStatistics(
        row_count=found.rows,
        finite_rows=len(values),
        row_norm_sum=row_norm_sum,
        mean=float(values.mean()),
        median=_median(found.gradient.ravel()),
        mean_abs=float(magnitudes.mean()),
        gradient_norm=gradient_norm,
        zeros=1.0 - int(found.nonzero.sum()) / size,
        below_1em3=np.count_nonzero(magnitudes < 1e-3) / size,
        below_1em5=np.count_nonzero(magnitudes < 1e-5) / size,
        non_finite=non_finite,
        min=float(values.min()),
        max=float(values.max()),
        **of_step,
    )


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

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Yield one row a neuron, numbered from 1, with NEURON_COLUMNS from the third on."""
        zero = self.cells - self.nonzero
        counts = zip(zero, self.non_finite, self.magnitude_sum, strict=True)
        for place, (zeros, non_finite, magnitudes) in enumerate(counts):
            saturated = None if self.saturated is None else int(self.saturated[place])
            yield (
                place + 1, self.cells, int(zeros), int(non_finite), float(magnitudes), saturated,
            )  # fmt: skip


@dataclass(frozen=True)
class ChunkStatistics:
    """Of one chunk: its rows of `step_statistics` and of `layer_histograms`, and what it adds to
    its layer's neurons and, of a layer with weights, to the sums of its gradients."""

    layer: int
    epoch: int
    first_step: int
    steps: list[tuple[Any, ...]]
    histograms: list[tuple[int, ...]]
    neurons: NeuronStatistics
    sums: GradientSums | None


@dataclass(frozen=True)
class EpochStatistics:
    """Rows of `step_statistics`, by STEP_COLUMNS, and of `neuron_statistics`, by NEURON_COLUMNS,
    each of a layer after those of another.

    `histograms` has rows of `layer_histograms`: layer, epoch, step, exponent, cells; `noise` what
    the gradients of layers with weights come to, by (layer, epoch).
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
    for place, (step, values) in enumerate(chunk.by_step()):
        update = None if chunk.updates is None else chunk.updates[place]
        saturated = None if chunk.saturated is None else chunk.saturated[place]
        finite = finite_rows(values)
        row = vars(step_statistics(finite, update, saturated)).values()  # astuple would copy each
        steps.append((number, epoch, step, *row))
        neurons.add(finite)
        if sums:
            sums.add(finite.values, finite.squares, finite.kept)
        if chunk.counted is not None and chunk.counted[place]:
            own = finite.magnitudes if finite.kept is None else storable_magnitudes(values)
            histograms += [(number, epoch, step, *each) for each in by_exponent(own)]
    if chunk.saturated is not None:
        neurons.add_saturated(chunk.saturated.sum(axis=0))
    return ChunkStatistics(number, epoch, chunk.first_step, steps, histograms, neurons, sums)


def storable_magnitudes(cells: np.ndarray) -> np.ndarray:
    """Return the magnitudes, in double precision, of those `cells` that a server can hold."""
    magnitudes: np.ndarray = np.abs(cells[storable(cells)]).astype(np.float64, copy=False)
    return magnitudes


def by_exponent(magnitudes: np.ndarray) -> list[tuple[int, int]]:
    """Count magnitudes, an array of doubles of any shape, by their powers of two.

    Returns (exponent, cells): first ZEROS with those that are 0, then, for every exponent that has
    cells, those that are at least 2 ** exponent and below 2 ** (exponent + 1).
    """
    # The exponent of a double is in its bits 52 and up, 1023 more than it is; 0 stands for zero
    # and for numbers too small to be written so.
    biased = magnitudes.ravel().view(np.int64) >> 52
    counts = np.bincount(biased, minlength=1)
    lowest = magnitudes.ravel()[biased == 0] if counts[0] else np.empty(0)
    subnormal = np.frexp(lowest[lowest > 0])[1] - 1
    found = [(ZEROS, len(lowest) - len(subnormal))]
    exponents, numbers = np.unique(subnormal, return_counts=True)
    found += zip(exponents.tolist(), numbers.tolist(), strict=True)
    normal = 1 + np.flatnonzero(counts[1:])
    return [*found, *zip((normal - 1023).tolist(), counts[normal].tolist(), strict=True)]


def epoch_statistics(chunks: Iterable[ChunkStatistics]) -> EpochStatistics:
    """Join the chunks of an epoch, given in whatever order writers finished them.

    They are added by layer and step, so that sums have the same bits whoever was first.
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


def _nonzero(values: np.ndarray) -> np.ndarray:
    """Count along the rows; adding truth values up takes half as long as numpy.count_nonzero."""
    return np.add.reduce(values != 0, axis=0, dtype=np.int32)


def _squares(values: np.ndarray) -> np.ndarray:
    squares: np.ndarray = np.einsum("ij,ij->i", values, values)
    return squares


def _row_and_whole_norms(values: np.ndarray, squares: np.ndarray) -> tuple[float, float]:
    """Return the sum of the rows' L2 norms, and the L2 norm of all; `values` is (rows, width).

    Small values count only where all are small, and then their squares are taken of what is left
    of them divided by the largest.
    """
    square = float(squares.sum())
    if square >= values.size * SMALL_MAGNITUDE**2:
        return float(np.sqrt(squares).sum()), math.sqrt(square)
    rows = values[values.any(axis=1)]
    if not len(rows):
        return 0.0, 0.0
    norms = scaled_norms(rows)
    return float(norms.sum()), float(scaled_norms(norms[np.newaxis])[0])


def _norms(update: np.ndarray) -> dict[str, float | None]:
    kept = (float(norm) if storable(norm) else None for norm in update)
    return dict(zip(("clipped_norm", "weight_norm", "update_norm"), kept, strict=True))


def _median(values: np.ndarray) -> float:
    """Return the median of finite values, shape (n,); numpy.median would look for NaN too."""
    middle = len(values) // 2
    parted = np.partition(values, middle)
    upper = float(parted[middle])
    return upper if len(values) % 2 else (float(parted[:middle].max()) + upper) / 2
