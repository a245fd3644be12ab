"""Frames as the queries return them, and a database whose few rows are computed by hand."""

from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import URL, Connection, Engine, column, insert, table
from sqlalchemy.dialects import mysql

from tests.analysis.layer_rows import layers_named
from tests.summed import sum_up
from vanishing_gradients.analysis.runs import Run
from vanishing_gradients.sql.catalogue import (
    epoch_layers,
    epoch_metrics,
    layer_histograms,
    neuron_statistics,
    runs,
    step_statistics,
)
from vanishing_gradients.sql.catalogue import (
    layers as layers_table,
)
from vanishing_gradients.sql.connection import engine
from vanishing_gradients.sql.objects import ExperimentSchema, Layer
from vanishing_gradients.sql.registry import (
    add_partitions,
    apply_views,
    create_gradient_tables,
)
from vanishing_gradients.telemetry.statistics import by_exponent, storable_magnitudes

NAMES = {1: "layer_1_input", 2: "layer_2_sigmoid", 3: "layer_3_hidden", 4: "layer_4_softmax"}
KINDS = {1: "dense", 2: "sigmoid", 3: "dense", 4: "softmax"}

# Rows of two gradients, by (layer, epoch); all in step 1.
GRADIENTS = {
    (1, 1): [(3.0, 4.0), (6.0, 8.0)],
    (2, 1): [(0.3, 0.4)],
    (3, 1): [(0.0, 0.0), (0.0, 0.0)],
    (4, 1): [(-6.0, 8.0)],
    (1, 2): [(None, 4.0), (6.0, None)],
    (2, 2): [(0.3, -0.4)],
    (3, 2): [(0.0, 0.0), (0.0, 0.0)],
    (4, 2): [(0.0, 0.0)],
}


# (zeros, sum of magnitudes, saturated samples) of two cells each, by (layer, neuron); in epoch 1.
NEURONS = {
    (1, 1): (0, 9.0, None), (1, 2): (0, 12.0, None), (2, 1): (2, 0.0, 2), (2, 2): (0, 0.4, 1),
    (3, 1): (2, 0.0, None), (3, 2): (2, 0.0, None), (4, 1): (0, 6.0, None), (4, 2): (0, 8.0, None),
}  # fmt: skip
UPDATES = {
    1: {"weight_norm": 2.0, "update_norm": 0.002, "clipped_norm": 0.5},
    2: {"saturated": 0.75},
    3: {"weight_norm": 4.0, "update_norm": 0.0, "clipped_norm": 1.0},
}


@pytest.fixture
def make_run() -> Callable[..., Run]:
    """Return a function that makes finished runs."""

    def make(run_id: int, experiment: str, **changes) -> Run:
        values = {
            "dataset": "mnist", "seed": 42, "float_type": "double", "record_every": 1,
            "training_images": 6400, "epochs": 2,
            "accuracy": 0.5, "loss": 1.0, "test_accuracy": 0.4, "test_loss": 1.5,
            "seconds": 3.0, "finished_at": datetime(2025, 11, 25, 12, run_id),
        }  # fmt: skip
        return Run(run_id=run_id, experiment=experiment, **values | changes)

    return make


@pytest.fixture
def run(make_run) -> Run:
    """A finished run."""
    return make_run(3, "steady")


@pytest.fixture
def names() -> dict[int, str]:
    """Number -> name of the layers of a network of four."""
    return NAMES


@pytest.fixture
def layers() -> pd.DataFrame:
    """The rows of layer_sizes of that network."""
    return layers_named(NAMES)


@pytest.fixture
def thresholds() -> pd.DataFrame:
    """The row of ratio_thresholds."""
    return pd.DataFrame([{"vanishing": 1e-3, "exploding": 1e3, "exploding_table_6": 5.0}])


@pytest.fixture
def ratios() -> pd.DataFrame:
    """One ratio of every kind: ordinary, zero, infinite, undefined, and of gradients not finite."""
    nan = float("nan")
    rows = [
        (1, 1, 0.25, "stable", 2.0, 8.0),
        (1, 2, 0.0, "vanishing", 0.0, 2.0),
        (1, 3, nan, "undefined", 10.0, 0.0),
        (2, 1, nan, "undefined", 0.5, nan),
        (2, 2, 2e4, "exploding", 1e4, 0.5),
        (2, 3, nan, "undefined", 0.0, 0.0),
    ]
    columns = ["epoch", "layer", "ratio", "class", "numerator", "denominator"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(next_layer=frame["layer"] + 1)


@pytest.fixture
def norms() -> pd.DataFrame:
    """Means of either sign, exactly zero, and of gradients not finite."""
    nan = float("nan")
    rows = [
        (1, 1, 2.5e-7), (1, 2, -3e-5), (1, 3, 0.0), (1, 4, 0.2),
        (2, 1, -4e-9), (2, 2, nan), (2, 3, 0.0), (2, 4, 1e-3),
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["epoch", "layer", "mean"])
    return frame.assign(layer_name=frame["layer"].map(NAMES), median=frame["mean"] / 2)


@pytest.fixture
def curves() -> pd.DataFrame:
    """Three epochs of run 3; the test loss of the second was not finite."""
    return pd.DataFrame(
        {
            "run_id": 3,
            "epoch": [1, 2, 3],
            "loss": [2.0, 1.5, 1.25],
            "accuracy": [0.25, 0.5, 0.625],
            "test_loss": [2.25, float("nan"), 1.5],
            "test_accuracy": [0.2, 0.4, 0.5],
        }
    )


@pytest.fixture(scope="module")
def filled(migrated: URL) -> Engine:
    """An engine that only reads a database with four runs.

    Run 1, of `steady`, has GRADIENTS and NEURONS; run 2, of `steady`, is running; run 3, of
    `swept`, kept statistics alone; run 4, of `bare`, is finished but has no rows anywhere.
    """
    owner = engine(migrated)
    shape = ExperimentSchema(
        "steady",
        tuple(Layer(number, name, 2, meaning(number)) for number, name in NAMES.items()),
    )
    with owner.begin() as connection:
        _register(connection, 1, "steady", config={"batch_size": 6400, "dropout": 0.0})
        _register(connection, 2, "steady", status="running", completed_epoch=1, finished_at=None)
        _register(connection, 3, "swept", telemetry="statistics", dataset="mnist")
        _register(connection, 4, "bare", telemetry="statistics")
        create_gradient_tables(connection, shape, "DOUBLE")
        add_partitions(connection, shape, 1)
        apply_views(connection, shape)
        _keep_gradients(connection, 1)
        _keep_metrics(connection, 1, [2.0, None])
        _keep_metrics(connection, 3, [1.0, 0.5])
        _keep_statistics(connection, 1, UPDATES)
        _keep_statistics(connection, 3, {})
        _keep_neurons(connection, 1)
        sum_up(connection)
        _keep_norms(connection, 1)
    owner.dispose()
    reader = engine(migrated, read_only=True)
    yield reader
    reader.dispose()


def meaning(layer: int) -> str:
    return "input" if KINDS[layer] == "dense" else "sample"


def _register(connection: Connection, run_id: int, experiment: str, **changes) -> None:
    values = {
        "run_id": run_id, "experiment": experiment, "seed": 7, "dataset": "sample",
        "dataset_sha256": "0" * 64, "float_type": "double", "telemetry": "full", "record_every": 1,
        "training_images": 6400,
        "epochs": 2, "config": {}, "package_versions": {}, "status": "finished",
        "started_at": datetime(2025, 11, 25, tzinfo=UTC), "completed_epoch": 2,
        "finished_at": datetime(2025, 11, 25, run_id, tzinfo=UTC),
    }  # fmt: skip
    connection.execute(insert(runs).values(values | changes))
    for number, name in NAMES.items():
        row = {"run_id": run_id, "layer": number, "layer_name": name, "kind": KINDS[number]}
        connection.execute(
            insert(layers_table).values(**row, row_count=2, width=2, row_meaning=meaning(number))
        )


def _keep_gradients(connection: Connection, run_id: int) -> None:
    columns = ("run_id", "Epoch", "Step", "RowIndex", "Gradient1", "Gradient2")
    for (layer, epoch), rows in GRADIENTS.items():
        gradients = table(f"steady_{NAMES[layer]}", *map(column, columns))
        for index, cells in enumerate(rows):
            row = dict(zip(columns, (run_id, epoch, 1, index, *cells), strict=True))
            connection.execute(insert(gradients).values(row))


def _keep_norms(connection: Connection, run_id: int) -> None:
    """Summarize the rows of GRADIENTS, which have no statistics."""
    for (layer, epoch), rows in GRADIENTS.items():
        finite = np.array([cells for cells in rows if None not in cells], float)
        found = dict.fromkeys(("norm", "gradient_norm", "mean"))
        if len(finite):
            norms = np.linalg.norm(finite, axis=1)
            found = {
                "norm": norms.mean(), "gradient_norm": np.linalg.norm(norms), "mean": finite.mean(),
            }  # fmt: skip
            found = {name: float(value) for name, value in found.items()}
        found["non_finite"] = sum(cells.count(None) for cells in rows)
        if layer in (1, 3):
            found |= {"mean_square": 2.0, "square_of_mean": 1.0}
        row = {"run_id": run_id, "layer": layer, "epoch": epoch, "steps": len(finite) and 1}
        kept = mysql.insert(epoch_layers).values(row | found)
        connection.execute(kept.on_duplicate_key_update(found))
        place = {"run_id": run_id, "layer": layer, "epoch": epoch, "step": 1}
        for exponent, cells in by_exponent(storable_magnitudes(np.array(rows, float))):
            counted = insert(layer_histograms).values(**place, exponent=exponent, cells=cells)
            connection.execute(counted)


def _keep_metrics(connection: Connection, run_id: int, losses: list[float | None]) -> None:
    for epoch, loss in enumerate(losses, start=1):
        row = {"run_id": run_id, "epoch": epoch, "loss": loss, "accuracy": 0.25 * epoch}
        row |= {"test_loss": 2.5, "test_accuracy": 0.2}
        connection.execute(insert(epoch_metrics).values(**row, learning_rate=0.1, seconds=1.5))


def _keep_neurons(connection: Connection, run_id: int) -> None:
    for (layer, neuron), (zeros, magnitudes, saturated) in NEURONS.items():
        row = {"run_id": run_id, "layer": layer, "epoch": 1, "neuron": neuron, "cells": 2}
        row |= {"zeros": zeros, "non_finite": 0, "magnitude_sum": magnitudes}
        connection.execute(insert(neuron_statistics).values(row | {"saturated": saturated}))


def _keep_statistics(connection: Connection, run_id: int, more: dict[int, dict]) -> None:
    for number in NAMES:
        row = {
            "run_id": run_id, "layer": number, "epoch": 1, "step": 1,
            "row_count": 2, "finite_rows": 2,
            "row_norm_sum": 4.0**number, "mean": 0.5, "median": 0.25, "mean_abs": 0.5,
            "gradient_norm": 1.0, "zeros": 0.0, "below_1em3": 0.5, "below_1em5": 0.25,
            "non_finite": 0, "min": -1.0, "max": 1.0,
        }  # fmt: skip
        connection.execute(insert(step_statistics).values(row | more.get(number, {})))
