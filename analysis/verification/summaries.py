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
    truth = _of_steps(recorded) | _of_neurons(neurons, recorded)
    truth |= _of_other_orders(recorded, layer.width)
    for name, (true, tolerance) in truth.items():
        said, place = summed[name].iloc[0], {"epoch": epoch, "layer": layer.number}
        by = "by the statistics of steps and neurons"
        yield from compared(f"{name} of epoch_layers", said, true, tolerance, by, **place)


def _of_steps(recorded: pd.DataFrame) -> Truth:
    finite, part = recorded["finite_rows"], 8 * (len(recorded) + 1) * ROUNDING

    def of_values(sums: pd.Series, magnitudes: pd.Series) -> tuple[float, float]:
        count = finite.sum() or np.nan
        return sums.sum(min_count=1) / count, part * magnitudes.sum() / count + 2 * DENORMAL

    def mean(values: pd.Series) -> tuple[float, float]:
        return values.mean(), part * values.mean() + 2 * DENORMAL

    values = {name: recorded[name] * finite for name in ("mean", "mean_abs", *FRACTIONS)}
    norms, weights = recorded["gradient_norm"], recorded["weight_norm"]
    largest, median = norms.max(), recorded["median"].median()
    limits = np.maximum(weights, recorded["update_norm"] / LARGEST_RATIO)
    clipped = (recorded["clipped_norm"] < CLIPPED * norms)[recorded["clipped_norm"].notna()]
    return {
        **{name: of_values(values[name], values["mean_abs"]) for name in ("mean", "mean_abs")},
        **{name: (values[name].sum(min_count=1) / (finite.sum() or np.nan), part)
           for name in FRACTIONS},
        "norm": of_values(recorded["row_norm_sum"], recorded["row_norm_sum"]),
        "gradient_norm": mean(norms),
        "mean_norm": mean(norms),
        "median": (median, part * abs(median) + DENORMAL),
        "non_finite": (recorded["non_finite"].sum(), 0.0),
        "steps": (norms.count(), 0.0),
        "std": ((norms / (largest or 1.0)).std() * largest, part * largest + 2 * DENORMAL),
        "min": (norms.min(), 0.0),
        "max": (largest, 0.0),
        "weight_norm": mean(weights),
        "update_norm": mean(recorded["update_norm"]),
        "ratio": mean((recorded["update_norm"] / limits)[weights > 0]),
        "clipped_norm": mean(recorded["clipped_norm"]),
        "clipped": (clipped.mean(), part),
    }  # fmt: skip


def _of_other_orders(recorded: pd.DataFrame, width: int) -> Truth:
    finite = recorded[recorded["finite_rows"] > 0]
    sums = (finite["mean_abs"] * finite["finite_rows"] * width).mean()
    largest = np.maximum(finite["max"], -finite["min"]).mean()
    part = 8 * (len(recorded) + 1) * ROUNDING
    return {
        "norm_1": (sums, part * sums + 2 * DENORMAL),
        "norm_max": (largest, part * largest + 2 * DENORMAL),
    }


def _of_neurons(neurons: pd.DataFrame | None, recorded: pd.DataFrame) -> Truth:
    if neurons is None or neurons.empty:
        return dict.fromkeys(
            ("width", "dead", "fraction", "saturated", "saturated_neurons"), (np.nan, 0.0)
        )
    width = len(neurons)
    dead = ((neurons["cells"] > 0) & (neurons["zeros"] == neurons["cells"])).sum()
    samples = recorded.loc[recorded["saturated"].notna(), "row_count"].sum()
    saturated = neurons["saturated"].dropna() if samples else neurons["saturated"].iloc[:0]
    always = (saturated == samples).sum() if len(saturated) else np.nan
    return {
        "width": (width, 0.0),
        "dead": (dead, 0.0),
        "fraction": (dead / width, ROUNDING),
        "saturated": (saturated.mean() / (samples or np.nan), 8 * width * ROUNDING),
        "saturated_neurons": (always, 0.0),
    }
