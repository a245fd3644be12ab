"""What the views say of whole epochs, against the sums over the cells."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from vanishing_gradients.analysis.verification.disagreement import Disagreement, shown
from vanishing_gradients.analysis.verification.plan import LayerPlan, Plan
from vanishing_gradients.analysis.verification.steps import DENORMAL, bound
from vanishing_gradients.analysis.views import rows

Truth = dict[str, tuple[float, float]]
"""By name of a column what it is by the cells, and what it may be off by."""
OF_A_LAYER = {
    "norm_avg": {"norm": "norm"},
    "gradient_norm_avg": {"norm": "gradient_norm"},
    "mean_avg": {"mean": "mean"},
    "near_zero": {"below_1em3": "below_1em3", "below_1em5": "below_1em5"},
}
"""Views of one layer: their columns, and which truth each tells."""
OVERALL = {
    "gradient_norms": (
        "norm", "gradient_norm", "mean", "median", "below_1em3", "below_1em5", "non_finite",
    ),
    "epoch_means": (
        "norm", "gradient_norm", "mean", "mean_abs", "zeros", "below_1em3", "below_1em5",
        "non_finite",
    ),
}  # fmt: skip
LARGEST_RATIO = 1e300
"""What the views say of any ratio that is larger."""
MEDIAN = 1e-15
"""What a mean of two medians may be off by, relative to it."""


Views = dict[tuple[str, int, str], pd.Series]
"""What the views say of a run: by (view, layer, column) numbers by epoch."""


def truth_of(layer: LayerPlan, cells: pd.DataFrame, recorded: pd.DataFrame) -> Truth:
    """Return what the views are to say of one layer in one epoch, from its sums by step."""
    count, width = cells["row_count"].sum(), layer.width
    finite = cells["finite_rows"].sum()
    size = finite * width
    part = bound(count, width)
    steps, slack = cells["norm"], cells["slack"]

    def of(total: float, number: float) -> float:
        return total / number if number else np.nan

    norm, gradient_norm = of(cells["norm_sum"].sum(), finite), of(steps.sum(), steps.count())
    magnitude = of(cells["magnitude_sum"].sum(), size)
    fractions = {
        name: (of(cells[name].sum(), size), part) for name in ("zeros", "below_1em3", "below_1em5")
    }
    median = recorded["median"].median()
    return fractions | {
        "norm": (norm, part * norm + of(slack.sum(), finite)),
        "gradient_norm": (gradient_norm, part * gradient_norm + slack.max()),
        "mean": (of(cells["cell_sum"].sum(), size), part * magnitude + 2 * DENORMAL),
        "mean_abs": (magnitude, part * magnitude + 2 * DENORMAL),
        "median": (median, MEDIAN * abs(median)),
        "non_finite": (cells["null_cells"].sum(), 0.0),
    }


def layer_views(connection: Connection, plan: Plan, layer: LayerPlan) -> Views:
    """Read what the views of one layer, and of it and the next, say of a run."""
    asked = list(OF_A_LAYER)
    if any(each.number == layer.number + 1 for each in plan.layers):
        asked.append("ratio_avg")
    place = {"experiment": plan.experiment, "layer": layer.number, "run_id": plan.run_id}
    said: Views = {}
    for name in asked:
        frame = rows(connection, name, **place)
        for column in OF_A_LAYER.get(name, ("ratio",)):
            said[name, layer.number, column] = _by_epoch(frame, column)
    return said


def overall_views(connection: Connection, plan: Plan) -> Views:
    """Read what the views over all experiments say of a run."""
    said: Views = {}
    for name in (*OVERALL, "gradient_norm_ratios"):
        frame = rows(connection, name, run_id=plan.run_id)
        for layer in plan.layers:
            own = frame[frame["layer"] == layer.number]
            for column in OVERALL.get(name, ("ratio",)):
                said[name, layer.number, column] = _by_epoch(own, column)
    return said


def disagreeing(
    plan: Plan, views: Views, truths: dict[tuple[int, int], Truth]
) -> Iterator[Disagreement]:
    """Yield where the views of a run do not say what its cells give.

    `truths` is by (layer, epoch); an epoch that is not in it is left out.
    """
    for (view, layer, column), said in views.items():
        for epoch in plan.complete():
            needed = {(layer, epoch), (layer + (column == "ratio"), epoch)}
            if not needed <= truths.keys():
                continue
            if column == "ratio":
                true, tolerance = ratio_of(truths[layer + 1, epoch], truths[layer, epoch])
            else:
                name = OF_A_LAYER.get(view, {}).get(column, column)
                true, tolerance = truths[layer, epoch][name]
            if epoch not in said.index:
                yield Disagreement(f"the view {view} has no row", epoch, layer)
                continue
            value = said.loc[epoch]
            same = np.isnan(value) and np.isnan(true)
            if not same and not abs(value - true) <= tolerance:
                told = f"{column} of the view {view} is {shown(value)}, and {shown(true)} by the "
                yield Disagreement(f"{told}cells", epoch, layer)


def ratio_of(above: Truth, below: Truth, name: str = "norm") -> tuple[float, float]:
    """Return what the ratio of two layers' norms is by the cells, and what it may be off by."""
    (numerator, first), (denominator, second) = above[name], below[name]
    if denominator == 0 or np.isnan(denominator + numerator):
        return np.nan, 0.0
    if numerator == 0:
        return 0.0, first / denominator
    ratio = numerator / max(denominator, numerator / LARGEST_RATIO)
    return ratio, ratio * (first / numerator + second / denominator + 1e-15)


def _by_epoch(frame: pd.DataFrame, column: str) -> pd.Series:
    return frame.set_index("epoch")[column].astype("float64")
