"""Summaries of an epoch's steps: the rows of `epoch_layers`."""

import math
from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np

from vanishing_gradients.telemetry.noise import GradientNoise
from vanishing_gradients.telemetry.statistics import NEURON_COLUMNS, STEP_COLUMNS, EpochStatistics

LARGEST_RATIO = 1e300
"""Stands for any larger ratio."""
CLIPPED = 0.9999
"""A norm below this fraction of its former value has been clipped: the two are summed in different
orders and, in single precision, rounded."""
PLACE = itemgetter(0, 1)
"""The layer and epoch of a row of either table."""

NOT_SUMMED = GradientNoise(None, None, None)

Columns = Mapping[str, np.ndarray]


def epoch_layers(
    statistics: EpochStatistics, batch_size: int | None = None
) -> list[dict[str, Any]]:
    """Return one row per layer and epoch, by the columns of `epoch_layers`, without the run.

    `batch_size`, in samples, is the unit of noise scales; None if unknown.
    """
    neurons = {place: list(rows) for place, rows in groupby(statistics.neurons, key=PLACE)}
    found = []
    for place, rows in groupby(statistics.steps, key=PLACE):
        steps = _columns(STEP_COLUMNS, list(rows))
        of_layer = _columns(NEURON_COLUMNS, neurons.get(place, []))
        row = {"layer": place[0], "epoch": place[1], **_of_steps(steps)}
        row |= _of_neurons(of_layer, steps)
        row |= _of_other_orders(steps, len(of_layer["cells"]))
        noise = statistics.noise.get(place, NOT_SUMMED)
        row |= {
            "mean_square": noise.mean_square,
            "square_of_mean": noise.square_of_mean,
            "noise_scale": noise.in_samples(batch_size),
        }
        found.append(row)
    return found


def _columns(names: Sequence[str], rows: list[tuple[Any, ...]]) -> Columns:
    """Return the columns from the third on, each of shape (rows,); NaN is NULL."""
    whole = np.array([row[2:] for row in rows], np.float64).reshape(len(rows), len(names) - 2)
    return dict(zip(names[2:], whole.T, strict=True))


def _of_steps(steps: Columns) -> dict[str, Any]:
    finite = steps["finite_rows"]
    norms = _known(steps["gradient_norm"])
    weights, updates, clipped = (
        steps[name] for name in ("weight_norm", "update_norm", "clipped_norm")
    )
    moved = weights > 0
    limits = np.maximum(weights[moved], updates[moved] / LARGEST_RATIO)
    smaller = np.where(np.isnan(clipped), np.nan, clipped < CLIPPED * steps["gradient_norm"])
    weighted = ("mean", "mean_abs", "zeros", "below_1em3", "below_1em5")
    norm = _mean(norms)
    return {
        "norm": _quotient(steps["row_norm_sum"], finite),
        "gradient_norm": norm,
        "median": float(np.median(known)) if len(known := _known(steps["median"])) else None,
        **{name: _quotient(steps[name] * finite, finite) for name in weighted},
        "non_finite": int(steps["non_finite"].sum()),
        "steps": len(norms),
        "mean_norm": norm,
        "std": _deviation(norms),
        "min": float(norms.min()) if len(norms) else None,
        "max": float(norms.max()) if len(norms) else None,
        "weight_norm": _mean(weights),
        "update_norm": _mean(updates),
        "ratio": _mean(updates[moved] / limits),
        "clipped_norm": _mean(clipped),
        "clipped": _mean(smaller),
    }


def _of_other_orders(steps: Columns, width: int) -> dict[str, Any]:
    """Return the means of the L1 and maximum norms of a layer with `width` neurons."""
    finite = steps["finite_rows"] > 0
    largest = np.maximum(steps["max"], -steps["min"])
    with np.errstate(over="ignore"):
        sums = steps["mean_abs"] * steps["finite_rows"] * width
    return {
        "norm_1": _mean(sums[finite]) if width else None,
        "norm_max": _mean(largest[finite]),
    }


def _of_neurons(neurons: Columns, steps: Columns) -> dict[str, Any]:
    width = len(neurons["cells"])
    if not width:
        return dict.fromkeys(("width", "dead", "fraction", "saturated", "saturated_neurons"))
    dead = np.count_nonzero((neurons["cells"] > 0) & (neurons["zeros"] == neurons["cells"]))
    samples = steps["row_count"][~np.isnan(steps["saturated"])].sum()
    saturated = _known(neurons["saturated"]) if samples else np.empty(0)
    return {
        "width": width,
        "dead": dead,
        "fraction": dead / width,
        "saturated": _mean(saturated / samples),
        "saturated_neurons": np.count_nonzero(saturated == samples) if len(saturated) else None,
    }


def _known(values: np.ndarray) -> np.ndarray:
    return values[~np.isnan(values)]


def _mean(values: np.ndarray) -> float | None:
    known = _known(values)
    return float(known.mean()) if len(known) else None


def _quotient(sums: np.ndarray, counts: np.ndarray) -> float | None:
    """Return the sum of the known values over the sum of all counts."""
    known = _known(sums)
    return float(known.sum() / counts.sum()) if len(known) and counts.any() else None


def _deviation(norms: np.ndarray) -> float | None:
    """Return the sample standard deviation of norms, scaled so that no square underflows."""
    if len(norms) < 2:
        return None
    largest = float(norms.max()) or 1.0
    deviation = float((norms / largest).std(ddof=1)) * largest
    return deviation if math.isfinite(deviation) else None
