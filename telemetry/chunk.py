"""A chunk: consecutive recorded steps of one layer, stored in one transaction."""

import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from vanishing_gradients.sql.objects import Layer
from vanishing_gradients.telemetry.recording import RecordedUpdate

if TYPE_CHECKING:
    import polars as pl

CHUNK_VALUES = 300_000
"""Gradient values per chunk: enough to make a transaction's fixed cost negligible, few enough that
writers keep up."""
LARGEST_MAGNITUDE = 1e150
"""Above it a square overflows in the server and fails the whole load: such values count as
non-finite."""
SMALL_MAGNITUDE = 1e-140
"""Below it squares lose digits or vanish: for a row of such values the client sends the norm."""
NULL = "\\N"
SEVERAL = 8
"""Steps that a chunk holds at least if one is looked at before it is full."""
UNKNOWN_UPDATE = (np.nan, np.nan, np.nan)
COUNTED = 10
"""One recorded step in this many has its cells counted by order of magnitude."""


@dataclass(frozen=True)
class Chunk:
    """Gradients of one layer in one epoch.

    `number` counts the chunks of the layer in the epoch, from 0. `steps` has shape (k,), ascending;
    `row_counts`, shape (k,), is the number of rows of `values`, shape (rows, width), in each step.
    `row_index`, shape (rows,), is None if each step has all rows from 0 on. `counted`, shape (k,),
    marks the steps whose cells are counted by order of magnitude.

    `updates`, shape (k, 3), has the norms of the clipped gradient, of the weights before the step
    and of their change, NaN if unknown. `saturated`, shape (k, width), is the number of samples for
    which each neuron was saturated. Either is None if the layer has none. `few` are the
    `small_rows` of the values, None if not computed yet.

    If `order` is set, `values` are not in rows yet. They then have shape (k, ...): each step's
    gradient as it lay in memory, with the axes of (rows, width), or (..., width), in that order.
    """

    layer: Layer
    epoch: int
    steps: np.ndarray
    row_counts: np.ndarray
    values: np.ndarray
    updates: np.ndarray | None = None
    saturated: np.ndarray | None = None
    counted: np.ndarray | None = None
    number: int = 0
    row_index: np.ndarray | None = None
    few: np.ndarray | None = None
    order: tuple[int, ...] | None = None

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
        """Number of rows in the chunk."""
        return int(self.row_counts.sum())

    def in_rows(self) -> "Chunk":
        """Return the chunk with its values in rows, copied if necessary."""
        if self.order is None:
            return self
        back = [1 + self.order.index(axis) for axis in range(len(self.order))]
        values = self.values.transpose(0, *back).reshape(-1, self.layer.width)
        return replace(self, values=values, order=None)

    def step_column(self) -> np.ndarray:
        """Step of every row, shape (rows,)."""
        return np.repeat(self.steps, self.row_counts)

    def row_index_column(self) -> np.ndarray:
        """RowIndex of every row, shape (rows,): from 0 within each step, unless given."""
        if self.row_index is not None:
            return self.row_index
        starts = np.cumsum(self.row_counts) - self.row_counts
        return np.arange(self.rows) - np.repeat(starts, self.row_counts)


def storable(values: np.ndarray) -> np.ndarray:
    """Mark each cell that a server can hold and square: finite, of magnitude at most 1e150."""
    largest = min(LARGEST_MAGNITUDE, float(np.finfo(values.dtype).max))
    return np.abs(values) <= values.dtype.type(largest)


def small_norms(values: np.ndarray, few: np.ndarray | None = None) -> np.ndarray | None:
    """Return the L2 norms, shape (rows,), of rows that are not 0 but all below 1e-140, NaN for
    every other row; None if no row of `values`, shape (rows, width), is like that.

    `few` are the `small_rows`, if already known. No single-precision value is so small.
    """
    if values.dtype != np.float64:
        return None
    if few is None:
        few = small_rows(np.einsum("ij,ij->i", values, values), values.shape[1])
    largest = np.abs(values[few]).max(axis=1)
    small = (largest > 0.0) & (largest < SMALL_MAGNITUDE)
    if not small.any():
        return None
    norms = np.full(len(values), np.nan)
    norms[few[small]] = scaled_norms(values[few[small]])
    return norms


def small_rows(squares: np.ndarray, width: int) -> np.ndarray:
    """Return the indices of rows of `width` values whose squared norms have lost digits."""
    return np.flatnonzero(squares < width * SMALL_MAGNITUDE**2)


def scaled_norms(rows: np.ndarray) -> np.ndarray:
    """Return the L2 norm of each row, shape (rows,), however small its values; no row may be 0.

    Values are divided by the largest, so their squares neither overflow nor underflow: Blue (1978),
    A Portable Fortran Program to Find the Euclidean Norm of a Vector,
    https://doi.org/10.1145/355769.355771
    """
    largest = np.abs(rows).max(axis=1, keepdims=True)
    scaled = rows / largest
    norms: np.ndarray = largest[:, 0] * np.sqrt(np.einsum("ij,ij->i", scaled, scaled))
    return norms


class Assembler:
    """Copies the gradients of one layer into a chunk under construction.

    Copies keep the gradient's memory layout, which is several times as fast as copying by rows that
    are far apart in memory; a writer thread later puts the chunk in rows.
    """

    _values: np.ndarray

    def __init__(self, layer: Layer, dtype: np.dtype) -> None:
        self.layer, self.dtype = layer, dtype
        self._capacity = self._taken = self._chunks = 0
        self._start(0)

    def add(
        self,
        epoch: int,
        step: int,
        gradient: np.ndarray,
        saturated: np.ndarray | None = None,
        row_index: np.ndarray | None = None,
    ) -> Chunk | None:
        """Copy one step's gradient, shape (..., width); return a chunk that was full, if any.

        `saturated`, shape (width,), is the number of samples for which each neuron was saturated. A
        step whose gradient has no rows is left out. A layer passes `saturated`, and `row_index`,
        shape (rows,), always or never.
        """
        rows = gradient.size // self.layer.width
        complete = None
        if not rows:
            return None
        order = None if gradient.flags.c_contiguous else memory_order(gradient)
        lying = gradient if order is None else gradient.transpose(order)
        if self._steps and not self._has_room(rows, order, lying.shape):
            complete = self._take()
        if not self._steps:
            self._begin(epoch, rows, order, lying.shape)
        if order is None:
            own = self._values[self._filled : self._filled + rows]
            own.reshape(gradient.shape)[...] = gradient
        else:
            self._values[len(self._steps)] = lying
        self._filled += rows
        self._steps.append(step)
        self._counted.append(self._taken % COUNTED == 0)
        self._taken += 1
        self._row_counts.append(rows)
        self._updates.append(UNKNOWN_UPDATE)
        if saturated is not None:
            self._saturated.append(saturated.copy())
        if row_index is not None:
            self._row_index.append(row_index.copy())
        return complete

    def _has_room(self, rows: int, order: tuple[int, ...] | None, shape: tuple[int, ...]) -> bool:
        if order != self._order:
            return False
        if order is None:
            return self._filled + rows <= len(self._values)
        return shape == self._values.shape[1:] and len(self._steps) < len(self._values)

    def _begin(
        self, epoch: int, rows: int, order: tuple[int, ...] | None, shape: tuple[int, ...]
    ) -> None:
        width = self.layer.width
        self._capacity = max(self._capacity, rows, CHUNK_VALUES // width // rows * rows)
        self._start(epoch)
        self._order = order
        whole = (self._capacity, width) if order is None else (self._capacity // rows, *shape)
        self._values = np.empty(whole, self.dtype)

    def attach(self, update: RecordedUpdate) -> None:
        """Add the update made by the step whose gradient was added last."""
        self._updates[-1] = (update.clipped_norm, update.weight_norm, update.update_norm)
        self._updated = True

    def glance(self) -> Chunk | None:
        """Return a copy of the last step but one of the chunk under construction, from any thread.

        That step is complete, whatever is being added. None if there is none, and for a layer of
        which few steps fill a chunk.
        """
        steps = self._steps
        epoch, order, values, counts = self._epoch, self._order, self._values, self._row_counts
        updates, saturated, indices = self._updates, self._saturated, self._row_index
        place = len(steps) - 2
        if place < 0 or counts[place] * SEVERAL > self._capacity:
            return None
        first = sum(counts[:place]) if order is None else place
        chunk = Chunk(
            self.layer,
            epoch,
            np.array(steps[place : place + 1]),
            np.array(counts[place : place + 1]),
            values[first : first + (counts[place] if order is None else 1)].copy(),
            np.array(updates[place : place + 1], np.float64),
            np.array(saturated[place : place + 1], np.int64) if saturated else None,
            row_index=indices[place] if indices else None,
            order=order,
        )
        # Otherwise the chunk was taken meanwhile, and parts of this one may be of the next.
        return chunk if self._steps is steps else None

    def take(self) -> Chunk | None:
        """Return the last chunk of the epoch; None if it is empty."""
        if not self._steps:
            return None
        self._counted[-1] = True
        return self._take()

    def _take(self) -> Chunk:
        chunk = Chunk(
            self.layer,
            self._epoch,
            np.array(self._steps),
            np.array(self._row_counts),
            self._values[: self._filled if self._order is None else len(self._steps)],
            np.array(self._updates, np.float64) if self._updated else None,
            np.array(self._saturated, np.int64) if self._saturated else None,
            np.array(self._counted),
            self._chunks,
            np.concatenate(self._row_index) if self._row_index else None,
            order=self._order,
        )
        self._chunks += 1
        self._start(0)
        return chunk

    def _start(self, epoch: int) -> None:
        self._steps: list[int] = []  # first, so that a glance notices
        self._epoch, self._filled, self._order = epoch, 0, None
        self._row_counts: list[int] = []
        self._updates: list[tuple[float, float, float]] = []
        self._updated = False
        self._row_index: list[np.ndarray] = []
        self._saturated: list[np.ndarray] = []
        self._counted: list[bool] = []
        self._values = np.empty((0, self.layer.width), self.dtype)


def memory_order(values: np.ndarray) -> tuple[int, ...]:
    """Return the axes of an array in order of decreasing stride."""
    return tuple(sorted(range(values.ndim), key=lambda axis: -abs(values.strides[axis])))


def encode(
    chunk: Chunk, dtype: np.dtype | None = None, norms: np.ndarray | None = None
) -> memoryview:
    """Return one line per row: Step, RowIndex, Gradient1 .. GradientN, separated by commas.

    SmallNorm follows if its `norms`, shape (rows,), are given; NaN is NULL. Each number is the
    shortest decimal that rounds back to it, since the server's parsing of digits limits the speed
    of loading. A value that is not storable becomes \\N. `dtype` is the table's. If it is wider
    than the chunk's, digits are those of the wider type: 0.1 in single precision is
    0.10000000149011612 in a DOUBLE column.
    """
    # Directly into bytes: through a string takes twice as long.
    buffer = io.BytesIO()
    _frame(chunk, dtype, norms).write_csv(buffer, include_header=False, null_value=NULL)
    return buffer.getbuffer()


def encode_literals(
    chunk: Chunk, run_id: int, dtype: np.dtype | None = None, norms: np.ndarray | None = None
) -> list[str]:
    """Return one SQL row value per row: (run_id, Epoch, Step, RowIndex, Gradient1, ..., GradientN),
    plus SmallNorm if its `norms` are given.

    Numbers are in scientific notation: without an exponent they would be DECIMAL literals, cut at
    30 places.
    """
    lines = _frame(chunk, dtype, norms).write_csv(
        include_header=False, null_value="NULL", float_scientific=True
    )
    return [f"({run_id},{chunk.epoch},{line})" for line in lines.splitlines()]


def _frame(chunk: Chunk, dtype: np.dtype | None, norms: np.ndarray | None) -> "pl.DataFrame":
    import polars as pl  # a fifth of what a command imports, and only rows as text need it

    values = chunk.values if dtype is None else chunk.values.astype(dtype, copy=False)
    good = storable(values)
    complete = bool(good.all())
    if not complete:
        values = np.where(good, values, np.nan)
    # polars copies column by column; contiguous columns take half the time.
    frame = pl.DataFrame(np.asfortranarray(values))
    if not complete:
        frame = frame.fill_nan(None)
    return frame.select(
        pl.Series("Step", chunk.step_column()),
        pl.Series("RowIndex", chunk.row_index_column()),
        pl.all(),
        *([] if norms is None else [pl.Series("SmallNorm", norms).fill_nan(None)]),
    )
