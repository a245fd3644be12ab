"""The map of layers and epochs, as numbers: norms, ratios, dead and saturated neurons."""

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from vanishing_gradients.analysis.figures import marks
from vanishing_gradients.analysis.views import rows, statement

MOST_EPOCHS = 60
"""Columns of a map; of more epochs, some are left out evenly."""
NOT_FINITE = "NaN"
DIGITS = 5

Cells = list[list[float | str | None]]
"""A row for each layer, a value for each epoch: NaN as text, infinite and undefined ratios as their
marks; None where nothing was recorded."""


def flow(connection: Connection, run_id: int, layers: pd.DataFrame) -> dict[str, object]:
    """Return the maps of a run; `layers` has its rows of layer_sizes."""
    norms = rows(connection, "gradient_norms", run_id=run_id)
    ratios = rows(connection, "gradient_norm_ratios", run_id=run_id)
    dead = rows(connection, "dead_neurons", run_id=run_id)
    saturated = rows(connection, "saturation", run_id=run_id)
    known = sorted(set(norms["epoch"]))
    epochs = thinned(known, MOST_EPOCHS)
    numbers = layers["layer"].tolist()
    views = {
        "norm": "gradient_norms", "ratio": "gradient_norm_ratios", "dead": "dead_neurons",
        "saturated": "saturation",
    }  # fmt: skip
    return {
        "epochs": epochs,
        "left_out": len(known) - len(epochs),
        "layers": [_layer(row) for row in layers.itertuples()],
        "norm": _grid(norms, "norm", epochs, numbers),
        "ratio": _grid(_marked(ratios), "ratio", epochs, numbers),
        "class": _grid(ratios, "class", epochs, numbers),
        "dead": _grid(dead, "dead", epochs, numbers),
        "saturated": _grid(saturated, "saturated", epochs, numbers),
        "sql": {what: statement(view, run_id=run_id) for what, view in views.items()},
    }


def layer_names(layers: pd.DataFrame) -> dict[int, str]:
    """Return how a sentence calls each layer of layer_sizes."""
    return {row.layer: f"layer {row.layer}, {_name(row)}" for row in layers.itertuples()}


def thinned(numbers: Sequence[int], most: int) -> list[int]:
    """Return at most `most` of some numbers, evenly, the first and the last among them."""
    if len(numbers) <= most:
        return [int(each) for each in numbers]
    last = len(numbers) - 1
    return [int(numbers[round(place * last / (most - 1))]) for place in range(most)]


def plain(value: object) -> float | str | None:
    """Return a number as JSON has it: rounded, NaN and infinity as text, NULL as None."""
    if value is None or value is pd.NA:
        return None
    if isinstance(value, str):
        return value
    number = float(value)
    if math.isnan(number):
        return NOT_FINITE
    if math.isinf(number):
        return f"{number}"
    return (
        int(number)
        if number.is_integer() and abs(number) < 2**53
        else float(f"{number:.{DIGITS}g}")
    )


def cell(value: object) -> float | str | None:
    """Return a value of a table as JSON has it: as `plain`, but None for NaN, moments as text."""
    if pd.isna(value):
        return None
    return f"{value:%Y-%m-%d %H:%M:%S}" if isinstance(value, datetime) else plain(value)


def _name(row: Any) -> str:
    """Return what a layer is called beside its number: by its own model, or by its role."""
    if isinstance(row.source_name, str):
        return row.source_name
    return row.layer_name.removeprefix(f"layer_{row.layer}_")


def _layer(row: Any) -> dict[str, object]:
    return {
        "layer": int(row.layer),
        "name": _name(row),
        "kind": row.kind,
        "weights": row.row_meaning == "input",
        "width": int(row.width),
        "kept": row.kept,
    }


def _marked(ratios: pd.DataFrame) -> pd.DataFrame:
    kinds = marks.special_ratios(ratios)
    plainly = kinds.isin([marks.ORDINARY, marks.ZERO])
    return ratios.assign(ratio=ratios["ratio"].astype("object").where(plainly, kinds))


def _grid(frame: pd.DataFrame, column: str, epochs: Iterable[int], layers: Iterable[int]) -> Cells:
    known = dict(zip(zip(frame["layer"], frame["epoch"], strict=True), frame[column], strict=True))
    return [[plain(known.get((layer, epoch))) for epoch in epochs] for layer in layers]
