"""What the views of whole runs say, against the steps, the chunks and the views they sum up."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from sqlalchemy import Connection

from vanishing_gradients.analysis.verification.disagreement import Disagreement, differ, shown
from vanishing_gradients.analysis.verification.epochs import Truth, ratio_of
from vanishing_gradients.analysis.verification.plan import Plan
from vanishing_gradients.analysis.views import ask, rows

OF_LAST_EPOCH = ("accuracy", "loss", "test_accuracy", "test_loss")


def summaries(connection: Connection, plan: Plan) -> Iterator[Disagreement]:
    """Yield where layer_sizes and experiment_summary do not say what a run is to hold.

    Of a run that goes on or has stopped they may count rows of an epoch under way.
    """
    epochs = plan.completed_epoch
    exact = plan.status == "finished"
    computed = {layer.number: int(layer.rows.sum()) * epochs for layer in plan.layers}
    stored = computed if plan.full else dict.fromkeys(computed, 0)
    for row in ask(connection, "layer_sizes", run_id=plan.run_id).itertuples():
        if not exact or row.layer not in computed:
            continue
        for name, expected in (("computed_rows", computed), ("stored_rows", stored)):
            said, true = getattr(row, name), expected[row.layer]
            yield from _told("layer_sizes", name, said, true, layer=row.layer)
    widths = {layer.number: layer.width for layer in plan.layers}
    true = _of_epochs(connection, plan) | {
        "gradient_rows": (sum(stored.values()), 0.0),
        "gradient_values": (sum(count * widths[each] for each, count in stored.items()), 0.0),
    }
    said = rows(connection, "experiment_summary", run_id=plan.run_id).iloc[0]
    for name, (value, tolerance) in true.items():
        if exact or not name.startswith("gradient_"):
            yield from _told("experiment_summary", name, said[name], value, tolerance)


def dense_ratios(
    connection: Connection, plan: Plan, truths: dict[tuple[int, int], Truth]
) -> Iterator[Disagreement]:
    """Yield where dense_norm_ratios does not say what the cells of two dense layers give.

    `truths` is by (layer, epoch); an epoch that is not in it is left out.
    """
    sizes = ask(connection, "layer_sizes", run_id=plan.run_id)
    dense = sizes.loc[sizes["kind"] == "dense", "layer"].to_list()
    frame = rows(connection, "dense_norm_ratios", run_id=plan.run_id).set_index(["layer", "epoch"])
    for layer, following in pairwise(dense):
        for epoch in plan.complete():
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
                place = {"epoch": epoch, "layer": layer}
                yield from _told("dense_norm_ratios", name, said[name], value, tolerance, **place)


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


def _told(
    view: str, name: str, said: float, true: float, tolerance: float = 0.0, **place: int
) -> Iterator[Disagreement]:
    if differ(said, true, tolerance):
        told = f"{name} of the view {view} is {shown(said)}, and {shown(true)} is expected"
        yield Disagreement(told, **place)
