"""What the views say of whole epochs, against the sums over the cells."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from vanishing_gradients.analysis import queries
from vanishing_gradients.analysis.errors import NoRowsError
from vanishing_gradients.analysis.verification.disagreement import Disagreement, shown
from vanishing_gradients.analysis.verification.plan import LayerPlan, Plan
from vanishing_gradients.analysis.verification.steps import SMALLEST, bound

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
MEDIAN = 1e-15
"""What a mean of two medians may be off by, relative to it."""


@dataclass(frozen=True)
class Views:
    """What the views say of a run: by (view, layer, column) a series of numbers by epoch."""

    said: dict[tuple[str, int, str], pd.Series]

    def stored_epochs(self, layer: int) -> list[int]:
        """Return the epochs of which a layer's gradient table has rows."""
        return self.said["norm_avg", layer, "norm"].index.to_list()


def truth_of(layer: LayerPlan, cells: pd.DataFrame, recorded: pd.DataFrame) -> Truth:
    """Return what the views are to say of one layer in one epoch, from its sums by step."""
    rows, width = cells["row_count"].sum(), layer.width
    finite = cells["finite_rows"].sum()
    size = finite * width
    part = bound(rows, width)
    steps = np.sqrt(cells["square_sum"])

    def of(total: float, count: float) -> float:
        return total / count if count else np.nan

    norm, gradient_norm = of(cells["norm_sum"].sum(), finite), of(steps.sum(), steps.count())
    magnitude = of(cells["magnitude_sum"].sum(), size)
    fractions = {
        name: (of(cells[name].sum(), size), part) for name in ("zeros", "below_1em3", "below_1em5")
    }
    median = recorded["median"].median()
    return fractions | {
        "norm": (norm, part * norm + SMALLEST),
        "gradient_norm": (gradient_norm, part * gradient_norm + SMALLEST),
        "mean": (of(cells["cell_sum"].sum(), size), part * magnitude + 1e-300),
        "mean_abs": (magnitude, part * magnitude + 1e-300),
        "median": (median, MEDIAN * abs(median)),
        "non_finite": (cells["null_cells"].sum(), 0.0),
    }


def layer_views(connection: Connection, plan: Plan, layer: LayerPlan) -> Views:
    """Read what the views of one layer, and of it and the next, say of a run."""
    asked = {name: getattr(queries, name) for name in OF_A_LAYER}
    if any(each.number == layer.number + 1 for each in plan.layers):
        asked["ratio_avg"] = queries.ratio_avg
    said = {}
    for name, ask in asked.items():
        frame = _rows(lambda ask=ask: ask(connection, plan.experiment, layer.number, plan.run_id))
        for column in OF_A_LAYER.get(name, ("ratio",)):
            said[name, layer.number, column] = _by_epoch(frame, column)
    return Views(said)


def overall_views(connection: Connection, plan: Plan) -> Views:
    """Read what the views over all experiments say of a run."""
    frames = {
        "gradient_norms": _rows(lambda: queries.gradient_norms(connection, plan.run_id)),
        "epoch_means": _rows(lambda: queries.epoch_means(connection, [plan.run_id])),
        "gradient_norm_ratios": _rows(
            lambda: queries.gradient_norm_ratios(connection, plan.run_id)
        ),
    }
    said = {}
    for name, frame in frames.items():
        for layer in plan.layers:
            own = frame if frame.empty else frame[frame["layer"] == layer.number]
            for column in OVERALL.get(name, ("ratio",)):
                said[name, layer.number, column] = _by_epoch(own, column)
    return Views(said)


def disagreeing(
    plan: Plan, views: Views, truths: dict[tuple[int, int], Truth]
) -> Iterator[Disagreement]:
    """Yield where the views of a run do not say what its cells give.

    `truths` is by (layer, epoch); an epoch that is not in it is left out.
    """
    for (view, layer, column), said in views.said.items():
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
    ratio = numerator / denominator
    if min(numerator, denominator) < SMALLEST:
        return ratio, np.inf
    return ratio, ratio * (first / numerator + second / denominator + 1e-15)


def _rows(ask: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    try:
        return ask()
    except NoRowsError:
        return pd.DataFrame()


def _by_epoch(frame: pd.DataFrame, column: str) -> pd.Series:
    if frame.empty:
        return pd.Series(dtype="float64")
    return frame.set_index("epoch")[column].astype("float64")
