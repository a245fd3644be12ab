"""Summaries of epochs, compared with the statistics of their steps and neurons."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from vanishing_gradients.analysis.verification.disagreement import Disagreement, compared
from vanishing_gradients.analysis.verification.plan import LayerPlan
from vanishing_gradients.analysis.verification.steps import DENORMAL, ROUNDING
from vanishing_gradients.analysis.verification.sums import LARGEST_RATIO, Truth

FRACTIONS = ("zeros", "below_1em3", "below_1em5")
CLIPPED = 0.9999
"""The fraction of a norm below which it counts as clipped."""


def disagreeing(
    layer: LayerPlan,
    epoch: int,
    summed: pd.DataFrame,
    recorded: pd.DataFrame,
    neurons: pd.DataFrame | None,
) -> Iterator[Disagreement]:
    """Compare a layer's row of epoch_layers with the statistics that it summarizes.

    These are compared with the cells themselves. `neurons` is None if none were recorded.
    """
    if summed.empty:
        yield Disagreement("epoch_layers has no row", epoch, layer.number)
        return
    columns = recorded.to_numpy(float, na_value=np.nan).T
    steps = dict(zip(recorded.columns, columns, strict=True))
    truth = _of_steps(steps) | _of_neurons(neurons, steps) | _of_other_orders(steps, layer.width)
    for name, (true, tolerance) in truth.items():
        said, place = summed[name].iloc[0], {"epoch": epoch, "layer": layer.number}
        by = "by the statistics of steps and neurons"
        yield from compared(f"{name} of epoch_layers", said, true, tolerance, by, **place)


Columns = dict[str, np.ndarray]
"""The columns of few rows as arrays, NaN for NULL: frames would take longer than their numbers."""


def _of_steps(recorded: Columns) -> Truth:
    finite, part = recorded["finite_rows"], 8 * (len(recorded["step"]) + 1) * ROUNDING
    count = finite.sum() or np.nan

    def of_values(sums: np.ndarray, magnitudes: np.ndarray) -> tuple[float, float]:
        return _sum(sums) / count, part * _sum(magnitudes, 0.0) / count + 2 * DENORMAL

    def mean(values: np.ndarray) -> tuple[float, float]:
        return _mean(values), part * _mean(values) + 2 * DENORMAL

    values = {name: recorded[name] * finite for name in ("mean", "mean_abs", *FRACTIONS)}
    norms, weights = recorded["gradient_norm"], recorded["weight_norm"]
    there, updates, clipped = _known(norms), recorded["update_norm"], recorded["clipped_norm"]
    smallest, largest = (there.min(), there.max()) if len(there) else (np.nan, np.nan)
    medians = _known(recorded["median"])
    median = np.median(medians) if len(medians) else np.nan
    deviation = (there / (largest or 1.0)).std(ddof=1) if len(there) > 1 else np.nan
    moved = weights > 0
    limits = np.fmax(weights[moved], updates[moved] / LARGEST_RATIO)
    shorter = (clipped < CLIPPED * norms)[~np.isnan(clipped)]
    return {
        **{name: of_values(values[name], values["mean_abs"]) for name in ("mean", "mean_abs")},
        **{name: (_sum(values[name]) / count, part) for name in FRACTIONS},
        "norm": of_values(recorded["row_norm_sum"], recorded["row_norm_sum"]),
        "gradient_norm": mean(norms),
        "mean_norm": mean(norms),
        "median": (median, part * abs(median) + DENORMAL),
        "non_finite": (recorded["non_finite"].sum(), 0.0),
        "steps": (len(there), 0.0),
        "std": (deviation * largest, part * largest + 2 * DENORMAL),
        "min": (smallest, 0.0),
        "max": (largest, 0.0),
        "weight_norm": mean(weights),
        "update_norm": mean(updates),
        "ratio": mean(updates[moved] / limits),
        "clipped_norm": mean(clipped),
        "clipped": (_mean(shorter), part),
    }


def _of_other_orders(recorded: Columns, width: int) -> Truth:
    finite = recorded["finite_rows"] > 0
    rows, mean, least, most = (
        recorded[name][finite] for name in ("finite_rows", "mean_abs", "min", "max")
    )
    sums, largest = _mean(mean * rows * width), _mean(np.maximum(most, -least))
    part = 8 * (len(recorded["step"]) + 1) * ROUNDING
    return {
        "norm_1": (sums, part * sums + 2 * DENORMAL),
        "norm_max": (largest, part * largest + 2 * DENORMAL),
    }


def _of_neurons(neurons: pd.DataFrame | None, recorded: Columns) -> Truth:
    if neurons is None or neurons.empty:
        return dict.fromkeys(
            ("width", "dead", "fraction", "saturated", "saturated_neurons"), (np.nan, 0.0)
        )
    width = len(neurons)
    cells, zeros = neurons["cells"].to_numpy(), neurons["zeros"].to_numpy()
    dead = ((cells > 0) & (zeros == cells)).sum()
    samples = recorded["row_count"][~np.isnan(recorded["saturated"])].sum()
    counts = neurons["saturated"].to_numpy(float, na_value=np.nan)
    saturated = _known(counts) if samples else counts[:0]
    always = (saturated == samples).sum() if len(saturated) else np.nan
    return {
        "width": (width, 0.0),
        "dead": (dead, 0.0),
        "fraction": (dead / width, ROUNDING),
        "saturated": (_mean(saturated) / (samples or np.nan), 8 * width * ROUNDING),
        "saturated_neurons": (always, 0.0),
    }


def _known(values: np.ndarray) -> np.ndarray:
    return values[~np.isnan(values)]


def _sum(values: np.ndarray, empty: float = np.nan) -> float:
    """Return the sum of the values that are not NaN; `empty` if there is none."""
    found = _known(values)
    return float(found.sum()) if len(found) else empty


def _mean(values: np.ndarray) -> float:
    """Return the mean of the values that are not NaN; NaN if there is none."""
    found = values[~np.isnan(values)]
    return float(found.mean()) if len(found) else np.nan
