"""Views of epochs and of whole runs, compared with the sums over the cells."""

from collections.abc import Iterator
from itertools import pairwise, product

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from vanishing_gradients.analysis.verification.disagreement import Disagreement, compared
from vanishing_gradients.analysis.verification.plan import LayerPlan, Plan
from vanishing_gradients.analysis.verification.steps import DENORMAL, bound
from vanishing_gradients.analysis.views import ask, rows

Truth = dict[str, tuple[float, float]]
"""For each column its value according to the cells, and its error bound."""
OF_A_LAYER = {
    "norm_avg": ("norm",),
    "gradient_norm_avg": ("norm",),
    "mean_avg": ("mean",),
    "near_zero": ("below_1em3", "below_1em5"),
    "ratio_avg": ("ratio",),
}
OVERALL = {
    "gradient_norms": (
        "norm", "gradient_norm", "mean", "median", "below_1em3", "below_1em5", "non_finite",
    ),
    "epoch_means": (
        "norm", "gradient_norm", "mean", "mean_abs", "zeros", "below_1em3", "below_1em5",
        "non_finite",
    ),
    "gradient_norm_ratios": ("ratio", "inverse_ratio"),
}  # fmt: skip
RATIOS = ("ratio", "inverse_ratio")
LARGEST_RATIO = 1e300
"""The views' value for any larger ratio."""
MEDIAN = 1e-15
"""The error bound of a mean of two medians, relative to it."""

Views = dict[tuple[str, int], pd.DataFrame]
"""The views' rows of a run: by (view, layer), rows by epoch."""


def truth_of(layer: LayerPlan, cells: pd.DataFrame, recorded: pd.DataFrame) -> Truth:
    """Return what the views should say about one layer in one epoch, from its sums by step."""
    count, width = cells["row_count"].sum(), layer.width
    finite = cells["finite_rows"].sum()
    size = finite * width
    part = bound(count, width)
    steps, slack = cells["norm"], 2 * DENORMAL

    def of(total: float, number: float) -> float:
        return total / number if number else np.nan

    norm, gradient_norm = of(cells["norm_sum"].sum(), finite), of(steps.sum(), steps.count())
    magnitude = of(cells["magnitude_sum"].sum(), size)
    fractions = {
        name: (of(cells[name].sum(), size), part) for name in ("zeros", "below_1em3", "below_1em5")
    }
    median = recorded["median"].median()
    return fractions | {
        "norm": (norm, part * norm + slack),
        "gradient_norm": (gradient_norm, part * gradient_norm + slack),
        "mean": (of(cells["cell_sum"].sum(), size), part * magnitude + 2 * DENORMAL),
        "mean_abs": (magnitude, part * magnitude + 2 * DENORMAL),
        "median": (median, MEDIAN * abs(median)),
        "non_finite": (cells["null_cells"].sum(), 0.0),
    }


def layer_views(connection: Connection, plan: Plan, layer: LayerPlan) -> Views:
    """Read what the views of one layer, and of it and the next, say about a run."""
    place = {"experiment": plan.experiment, "layer": layer.number, "run_id": plan.run_id}
    last = all(each.number != layer.number + 1 for each in plan.stored)
    return {
        (name, layer.number): rows(connection, name, **place).set_index("epoch")
        for name in OF_A_LAYER
        if not (last and name == "ratio_avg")
    }


def overall_views(connection: Connection, plan: Plan) -> Views:
    """Read what the views over all experiments say about a run."""
    frames = {name: rows(connection, name, run_id=plan.run_id) for name in OVERALL}
    return {
        (name, layer.number): frame[frame["layer"] == layer.number].set_index("epoch")
        for name, frame in frames.items()
        for layer in plan.stored
    }


def disagreeing(
    plan: Plan, views: Views, truths: dict[tuple[int, int], Truth]
) -> Iterator[Disagreement]:
    """Yield where the views of a run disagree with its cells.

    `truths` is by (layer, epoch); missing epochs are skipped.
    """
    for (view, layer), frame in views.items():
        said = frame.to_dict("index")
        for column, epoch in product((OF_A_LAYER | OVERALL)[view], plan.complete()):
            following = layer
            if column in RATIOS:
                beside = view == "ratio_avg"  # only of a layer and the next number
                following = layer + 1 if beside else plan.following(layer, epoch) or 0
            if not {(layer, epoch), (following, epoch)} <= truths.keys():
                continue
            if epoch not in said:
                yield Disagreement(f"the view {view} has no row", epoch, layer)
                continue
            if column in RATIOS:
                pair = truths[following, epoch], truths[layer, epoch]
                true, tolerance = ratio_of(*(pair if column == "ratio" else reversed(pair)))
            else:
                name = "gradient_norm" if view == "gradient_norm_avg" else column
                true, tolerance = truths[layer, epoch][name]
            value = said[epoch][column]
            place = {"epoch": epoch, "layer": layer}
            yield from compared(
                f"{column} of the view {view}", value, true, tolerance, "by the cells", **place
            )


def ratio_of(above: Truth, below: Truth, name: str = "norm") -> tuple[float, float]:
    """Return the ratio of two layers' norms according to the cells, and its error bound."""
    (numerator, first), (denominator, second) = above[name], below[name]
    if denominator == 0 or np.isnan(denominator + numerator):
        return np.nan, 0.0
    if numerator == 0:
        return 0.0, first / denominator
    ratio = numerator / max(denominator, numerator / LARGEST_RATIO)
    return ratio, ratio * (first / numerator + second / denominator + 1e-15)


EXPECTED = "is expected"
OF_LAST_EPOCH = ("accuracy", "loss", "test_accuracy", "test_loss")


def summaries(connection: Connection, plan: Plan) -> Iterator[Disagreement]:
    """Yield where layer_sizes and experiment_summary disagree with what a run should hold.

    For a run that is training or has stopped they may count rows of an incomplete epoch.
    """
    exact = plan.status == "finished"
    computed = dict.fromkeys(plan.numbers, 0)
    for layer, _ in plan.parts():
        computed[layer.number] += int(layer.rows.sum())
    with_rows = {layer.number for layer in plan.stored}
    stored = {number: count if number in with_rows else 0 for number, count in computed.items()}
    for row in ask(connection, "layer_sizes", run_id=plan.run_id).itertuples():
        if not exact or row.layer not in computed:
            continue
        for name, expected in (("computed_rows", computed), ("stored_rows", stored)):
            said, true = getattr(row, name), expected[row.layer]
            name = f"{name} of the view layer_sizes"
            yield from compared(name, said, true, 0.0, EXPECTED, layer=row.layer)
    widths = {layer.number: layer.width for layer in plan.layers}
    true = _of_epochs(connection, plan) | {
        "gradient_rows": (sum(stored.values()), 0.0),
        "gradient_values": (sum(count * widths[each] for each, count in stored.items()), 0.0),
    }
    said = rows(connection, "experiment_summary", run_id=plan.run_id).iloc[0]
    for name, (value, tolerance) in true.items():
        if exact or not name.startswith("gradient_"):
            told = f"{name} of the view experiment_summary"
            yield from compared(told, said[name], value, tolerance, EXPECTED)


def dense_ratios(
    connection: Connection, plan: Plan, truths: dict[tuple[int, int], Truth]
) -> Iterator[Disagreement]:
    """Yield where dense_norm_ratios disagrees with the cells of two dense layers.

    `truths` is by (layer, epoch); missing epochs are skipped.
    """
    sizes = ask(connection, "layer_sizes", run_id=plan.run_id)
    dense = sizes.loc[sizes["kind"] == "dense", "layer"].to_list()
    frame = rows(connection, "dense_norm_ratios", run_id=plan.run_id).set_index(["layer", "epoch"])
    for epoch in plan.complete():
        there = [layer for layer in dense if plan.planned(layer, epoch)]
        for layer, following in pairwise(there):
            if not {(layer, epoch), (following, epoch)} <= truths.keys():
                continue
            if (layer, epoch) not in frame.index:
                yield Disagreement("the view dense_norm_ratios has no row", epoch, layer)
                continue
            said = frame.loc[(layer, epoch)]
            above, below = truths[following, epoch], truths[layer, epoch]
            true = {
                "next_layer": (following, 0.0),
                "ratio": ratio_of(above, below, "norm"),
                "gradient_ratio": ratio_of(above, below, "gradient_norm"),
                "numerator": above["norm"],
                "denominator": below["norm"],
            }
            for name, (value, tolerance) in true.items():
                told, place = (
                    f"{name} of the view dense_norm_ratios",
                    {"epoch": epoch, "layer": layer},
                )
                yield from compared(told, said[name], value, tolerance, EXPECTED, **place)


def _of_epochs(connection: Connection, plan: Plan) -> dict[str, tuple[float, float]]:
    if not plan.completed_epoch:
        return dict.fromkeys(OF_LAST_EPOCH, (np.nan, 0.0))
    curves = ask(connection, "training_curves", run_id=plan.run_id).set_index("epoch")
    last = curves.loc[plan.completed_epoch]
    true = {name: (last[name], 0.0) for name in OF_LAST_EPOCH}
    if plan.status == "finished":
        seconds = curves["seconds"].sum()
        true["seconds"] = (seconds, 1e-12 * seconds)
    return true
