"""Statistics of one layer's gradient at one step, the row of `step_statistics`."""

from dataclasses import dataclass, fields

import numpy as np

from vanishing_gradients.telemetry.chunk import storable
from vanishing_gradients.telemetry.finite_rows import FiniteRows, finite_rows


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
    row_norm_sum: float | None
    mean: float | None
    median: float | None
    mean_abs: float | None
    gradient_norm: float | None
    zeros: float | None
    below_1em3: float | None
    below_1em5: float | None
    non_finite: int
    min: float | None
    max: float | None
    clipped_norm: float | None = None
    weight_norm: float | None = None
    update_norm: float | None = None
    saturated: float | None = None


COLUMNS = tuple(field.name for field in fields(StepStatistics))


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
    of_step = {} if update is None else _norms(update)
    if saturated is not None:
        of_step["saturated"] = int(saturated.sum()) / (found.rows * len(saturated))
    if not values.size:
        return StepStatistics(found.rows, 0, *[None] * 8, non_finite, None, None, **of_step)
    squares = np.einsum("ij,ij->i", values, values)
    size = values.size
    return StepStatistics(
        row_count=found.rows,
        finite_rows=len(values),
        row_norm_sum=float(np.sqrt(squares).sum()),
        mean=float(values.mean()),
        median=_median(found.gradient.ravel()),
        mean_abs=float(magnitudes.mean()),
        gradient_norm=float(np.sqrt(squares.sum())),
        zeros=1.0 - int(found.nonzero.sum()) / size,
        below_1em3=np.count_nonzero(magnitudes < 1e-3) / size,
        below_1em5=np.count_nonzero(magnitudes < 1e-5) / size,
        non_finite=non_finite,
        min=float(values.min()),
        max=float(values.max()),
        **of_step,
    )


def _norms(update: np.ndarray) -> dict[str, float | None]:
    kept = (float(norm) if storable(norm) else None for norm in update)
    return dict(zip(("clipped_norm", "weight_norm", "update_norm"), kept, strict=True))


def _median(values: np.ndarray) -> float:
    """Return the median of finite values, shape (n,); numpy.median would look for NaN too."""
    middle = len(values) // 2
    parted = np.partition(values, middle)
    upper = float(parted[middle])
    return upper if len(values) % 2 else (float(parted[:middle].max()) + upper) / 2
