"""Statistics of one layer's gradient at one step, the row of `step_statistics`."""

from dataclasses import astuple, dataclass, fields

import numpy as np

from trainer.telemetry.chunk import Chunk, storable


@dataclass(frozen=True)
class StepStatistics:
    """What `step_statistics` keeps of a gradient of shape (rows, width).

    `non_finite` counts the cells that cannot be stored; a row that holds one is left out of
    everything else, as the server leaves out a row whose Norm is NULL. Fractions are of the values
    in the `finite_rows`. None where no row is left. Computed in double precision from values of
    either precision.
    """

    rows: int
    finite_rows: int
    row_norm_sum: float | None
    mean: float | None
    median: float | None
    mean_abs: float | None
    gradient_norm: float | None
    zeros: float | None
    below_1e3: float | None
    below_1e5: float | None
    non_finite: int
    min: float | None
    max: float | None


COLUMNS = tuple(field.name for field in fields(StepStatistics))


def step_statistics(gradient: np.ndarray) -> StepStatistics:
    """Summarise one layer's gradient at one step, an array of shape (rows, width)."""
    values = gradient.astype(np.float64, copy=False)
    magnitudes = np.abs(values)
    rows, non_finite = len(values), 0
    if not storable(magnitudes.max()):
        good = storable(values)
        non_finite = good.size - int(np.count_nonzero(good))
        kept = good.all(axis=1)
        values, magnitudes, gradient = values[kept], magnitudes[kept], gradient[kept]
    if not values.size:
        return StepStatistics(rows, 0, *[None] * 8, non_finite, None, None)
    squares = np.einsum("ij,ij->i", values, values)
    size = values.size
    return StepStatistics(
        rows=rows,
        finite_rows=len(values),
        row_norm_sum=float(np.sqrt(squares).sum()),
        mean=float(values.mean()),
        median=_median(gradient.ravel()),
        mean_abs=float(magnitudes.mean()),
        gradient_norm=float(np.sqrt(squares.sum())),
        zeros=1.0 - np.count_nonzero(values) / size,
        below_1e3=np.count_nonzero(magnitudes < 1e-3) / size,
        below_1e5=np.count_nonzero(magnitudes < 1e-5) / size,
        non_finite=non_finite,
        min=float(values.min()),
        max=float(values.max()),
    )


def chunk_statistics(chunk: Chunk) -> list[tuple]:
    """Return a row (layer, epoch, step, *COLUMNS) for every step of the chunk."""
    return [
        (chunk.layer.number, chunk.epoch, step, *astuple(step_statistics(values)))
        for step, values in chunk.by_step()
    ]


def _median(values: np.ndarray) -> float:
    """Return the median of finite values, shape (n,); numpy.median would look for NaN too."""
    middle = len(values) // 2
    parted = np.partition(values, middle)
    upper = float(parted[middle])
    return upper if len(values) % 2 else (float(parted[:middle].max()) + upper) / 2
