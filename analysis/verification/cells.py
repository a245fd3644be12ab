"""One layer in one epoch of one run, summed up again from its cells, each of which is read once.

Neither Norm, Mean nor their index is read, and no number passes through text. The sums are computed
here and not by the server, whose views are compared with them.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from vanishing_gradients.analysis.verification.histograms import ExponentCounts
from vanishing_gradients.analysis.verification.noise import Noise, NoiseSums
from vanishing_gradients.analysis.views import statement
from vanishing_gradients.server.protocol import Block, select
from vanishing_gradients.sql.connection import explained
from vanishing_gradients.sql.errors import ObjectError
from vanishing_gradients.sql.objects import ExperimentSchema, Layer
from vanishing_gradients.sql.registry import gradient_column_types

BLOCK_BYTES = 1 << 18
"""Bytes to read at once: as much as fits a processor's caches."""
TYPES = {"DOUBLE": "<f8", "FLOAT": "<f4"}
KEYS = 2
"""Columns of a row before its cells."""
SMALL = 1e-140
"""Rows with squares below this are divided by their largest value first: otherwise squares would
underflow, or lose digits."""


@dataclass(frozen=True)
class Cells:
    """The sums of the cells of one layer in one epoch.

    `steps` has a row per stored step: step, row_count, first_row, last_row, finite_rows and
    null_cells; and for the finite rows, NaN if there are none: cell_sum, magnitude_sum, norm_sum
    (of the rows' L2 norms), square_sum, norm (of all cells together), zeros, below_1em3,
    below_1em5, smallest, largest, and below_median and above_median, relative to the recorded
    median.

    `neurons` has a row per neuron, from 1: cells, zeros and magnitude_sum of the finite rows, and
    non_finite, its NULL cells in all rows.

    `histogram` has the cells of each exponent at the counted steps: step, exponent, cells; `noise`
    the noise result of gradients of weights, None if not requested.
    """

    steps: pd.DataFrame
    neurons: pd.DataFrame
    histogram: pd.DataFrame
    noise: Noise | None


def sum_up(
    connection: Connection,
    experiment: str,
    layer: Layer,
    place: Mapping[str, int],
    medians: pd.Series,
    advance: Callable[[int], None] = lambda values: None,
    counted: Sequence[int] = (),
    inputs: int | None = None,
) -> Cells:
    """Read and sum up all cells of one layer, at a `place` that includes `run_id` and `epoch`.

    `medians` has the recorded median by step; `advance` gets the number of values read since its
    last call. `counted` are the steps to count by exponent; `inputs` is the number of inputs of a
    layer whose noise is wanted. Raises ObjectError if there is no such table.
    """
    table, width = ExperimentSchema(experiment, ()).table(layer), layer.width
    kinds = gradient_column_types(connection, table)
    if not kinds:
        raise ObjectError(
            f"This database has no table {table}: train the experiment again with "
            "`make train EXP=...`."
        )
    kind = kinds["Gradient1"]
    record = np.dtype([("step", "<u4"), ("row", "<u4"), ("cells", TYPES[kind], (width,))])
    asked = statement("epoch_cells", experiment=experiment, layer=layer, **place)
    session = connection.connection.driver_connection
    assert session is not None, "the engine's connection is open"
    sums = _Sums(width, medians, counted, inputs)
    with explained(connection.engine.url):
        for block in select(session, asked, record, BLOCK_BYTES):
            sums.add(block)
            advance(len(block.records) * width)
    return sums.found()


class _Sums:
    """Adds up blocks, each of which may continue within the last step of the one before."""

    def __init__(
        self, width: int, medians: pd.Series, counted: Sequence[int], inputs: int | None
    ) -> None:
        self.width, self.rows = width, 0
        self.counts = ExponentCounts(counted)
        self.noise = None if inputs is None else NoiseSums(inputs, width)
        self.nonzero = np.zeros(width, np.int64)
        self.non_finite = np.zeros(width, np.int64)
        self.magnitudes = np.zeros(width)
        self._medians = np.full(int(medians.index.max()) + 1 if len(medians) else 0, np.nan)
        self._medians[medians.index.to_numpy("int64")] = medians.to_numpy("float64")
        self._all: dict[str, list[np.ndarray]] = defaultdict(list)
        self._finite: dict[str, list[np.ndarray]] = defaultdict(list)

    def add(self, block: Block) -> None:
        """Add some rows."""
        steps, rows = block.records["step"].astype(np.int64), block.records["row"]
        cells = block.records["cells"].astype(np.float64)
        nulls = np.zeros(len(steps), np.int64)
        if block.nulls is not None:
            null_cells = block.nulls[:, KEYS:]
            self.non_finite += null_cells.sum(axis=0)
            nulls = null_cells.sum(axis=1)
        finite = nulls == 0
        starts = _starts(steps)
        ends = np.append(starts[1:], len(steps))
        found = {
            "step": steps[starts],
            "row_count": ends - starts,
            "first_row": rows[starts],
            "last_row": rows[ends - 1],
            "null_cells": np.add.reduceat(nulls, starts),
            "finite_rows": np.add.reduceat(finite.astype(np.int64), starts),
        }
        for name, values in found.items():
            self._all[name].append(values)
        for step, start, end in zip(found["step"].tolist(), starts, ends, strict=True):
            self.counts.add(step, cells[start:end], nulls[start:end])
        if not finite.all():
            steps, rows, cells = steps[finite], rows[finite], cells[finite]
        if len(cells):
            for name, values in self._of_finite(steps, rows, cells).items():
                self._finite[name].append(values)

    def _of_finite(
        self, steps: np.ndarray, rows: np.ndarray, cells: np.ndarray
    ) -> dict[str, np.ndarray]:
        """Return sums by step of rows without a NULL cell; `cells` has shape (rows, width)."""
        magnitudes, nonzero = np.abs(cells), cells != 0
        self.rows += len(cells)
        self.nonzero += np.add.reduce(nonzero, axis=0, dtype=np.int64)
        self.magnitudes += np.add.reduce(magnitudes, axis=0)
        starts = _starts(steps)
        parts = [slice(*each) for each in zip(starts, [*starts[1:], len(steps)], strict=True)]
        squares = np.einsum("ij,ij->i", cells, cells)
        norms = np.sqrt(squares)
        small = np.flatnonzero(squares < self.width * SMALL**2)
        small = small[nonzero[small].any(axis=1)]
        if len(small):
            norms[small] = _scaled_norms(cells[small])
        if self.noise:
            self.noise.add(rows, cells, norms, parts)
        number = steps[starts]
        median = np.full(len(starts), np.nan)
        known = number < len(self._medians)
        median[known] = self._medians[number[known]]

        def count(marked: np.ndarray) -> np.ndarray:
            return np.array([np.count_nonzero(marked[part]) for part in parts])

        def against(compare: Callable[..., np.ndarray]) -> np.ndarray:
            counted = [
                np.count_nonzero(compare(cells[part], each))
                for part, each in zip(parts, median, strict=True)
            ]
            return np.where(np.isnan(median), np.nan, counted)

        return {
            "step": number,
            "cell_sum": np.add.reduceat(cells.sum(axis=1), starts),
            "magnitude_sum": np.add.reduceat(magnitudes.sum(axis=1), starts),
            "norm_sum": np.add.reduceat(norms, starts),
            "square_sum": np.add.reduceat(squares, starts),
            "norm": np.array([_norm(norms[part]) for part in parts]),
            "zeros": np.array([cells[part].size for part in parts]) - count(nonzero),
            "below_1em3": count(magnitudes < 1e-3),
            "below_1em5": count(magnitudes < 1e-5),
            "smallest": np.array([cells[part].min() for part in parts]),
            "largest": np.array([cells[part].max() for part in parts]),
            "below_median": against(np.less),
            "above_median": against(np.greater),
        }

    def found(self) -> Cells:
        """Return the sums of all blocks, joined for steps that two blocks share."""
        firsts = {"first_row": np.minimum, "last_row": np.maximum}
        every = _joined(self._all, EVERY, firsts)
        extremes = {"smallest": np.minimum, "largest": np.maximum, "norm": np.hypot}
        finite = _joined(self._finite, FINITE, extremes)
        neurons = pd.DataFrame(
            {
                "neuron": np.arange(1, self.width + 1),
                "cells": self.rows,
                "zeros": self.rows - self.nonzero,
                "magnitude_sum": self.magnitudes,
                "non_finite": self.non_finite,
            }
        )
        noise = self.noise.found() if self.noise else None
        steps = every.merge(finite, how="left", on="step")
        return Cells(steps, neurons, self.counts.found(), noise)


EVERY = ("step", "row_count", "first_row", "last_row", "null_cells", "finite_rows")
FINITE = (
    "step", "cell_sum", "magnitude_sum", "norm_sum", "square_sum", "norm", "zeros", "below_1em3",
    "below_1em5", "smallest", "largest", "below_median", "above_median",
)  # fmt: skip


def _joined(
    blocks: dict[str, list[np.ndarray]], names: Sequence[str], others: dict[str, np.ufunc]
) -> pd.DataFrame:
    """Return one row per step: sums; columns in `others` are joined by the given functions."""
    if not blocks:
        return pd.DataFrame({name: np.array([], np.int64) for name in names})
    columns = {name: np.concatenate(blocks[name]) for name in names}
    starts = _starts(columns["step"])
    return pd.DataFrame(
        {
            name: columns[name][starts]
            if name == "step"
            else others.get(name, np.add).reduceat(columns[name], starts)
            for name in columns
        }
    )


def _starts(steps: np.ndarray) -> np.ndarray:
    """Return where each step begins among rows in order, shape (steps,)."""
    return np.flatnonzero(np.append(True, steps[1:] != steps[:-1]))


def _scaled_norms(rows: np.ndarray) -> np.ndarray:
    """Return the L2 norm of each row, shape (rows,), none of which is 0."""
    largest = np.abs(rows).max(axis=1, keepdims=True)
    norms: np.ndarray = largest[:, 0] * np.sqrt(np.square(rows / largest).sum(axis=1))
    return norms


def _norm(norms: np.ndarray) -> float:
    """Return the L2 norm of all cells of rows that have these norms."""
    largest = float(norms.max())
    return largest * float(np.sqrt(np.square(norms / largest).sum())) if largest else 0.0
