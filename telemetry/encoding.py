"""Text that LOAD DATA reads back into exactly the numbers that were computed."""

import io

import numpy as np
import polars as pl

from vanishing_gradients.telemetry.chunk import Chunk, storable

NULL = "\\N"


def encode(chunk: Chunk, dtype: np.dtype | None = None) -> memoryview:
    """Return one line a row: Step, RowIndex, Gradient1 .. GradientN, separated by commas.

    Each number is the shortest decimal that rounds back to it, since the server's parsing of digits
    is what loading waits for. A value that is not storable becomes \\N. `dtype` is the table's; it
    may be wider than the chunk's, and the digits are then those of the wider type: 0.1 in single
    precision is 0.10000000149011612 to a DOUBLE column.
    """
    # Into bytes at once: by way of a string it takes twice as long.
    buffer = io.BytesIO()
    _frame(chunk, dtype).write_csv(buffer, include_header=False, null_value=NULL)
    return buffer.getbuffer()


def encode_literals(chunk: Chunk, run_id: int, dtype: np.dtype | None = None) -> list[str]:
    """Return one SQL row value a row: (run_id, Epoch, Step, RowIndex, Gradient1, ..., GradientN).

    Numbers are in scientific notation: without an exponent they would be DECIMAL literals, cut at
    30 places.
    """
    lines = _frame(chunk, dtype).write_csv(
        include_header=False, null_value="NULL", float_scientific=True
    )
    return [f"({run_id},{chunk.epoch},{line})" for line in lines.splitlines()]


def _frame(chunk: Chunk, dtype: np.dtype | None) -> pl.DataFrame:
    values = chunk.values if dtype is None else chunk.values.astype(dtype, copy=False)
    good = storable(values)
    complete = bool(good.all())
    if not complete:
        values = np.where(good, values, np.nan)
    frame = pl.DataFrame(values)
    if not complete:
        frame = frame.fill_nan(None)
    return frame.select(
        pl.Series("Step", chunk.step_column()),
        pl.Series("RowIndex", chunk.row_index_column()),
        pl.all(),
    )
