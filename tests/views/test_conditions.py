"""Conditions reach the tables: rows of other runs, epochs and steps cost nothing.

The test counts the rows that the server reads, since wall time would only differ in far larger
tables.
"""

from functools import partial

import numpy as np
import pytest
from sqlalchemy import insert, text

from tests.views.conftest import LAYERS, query
from vanishing_gradients.sql.catalogue import neuron_statistics, step_statistics, telemetry_progress

pytestmark = pytest.mark.not_on_oceanbase("it does not count the rows that a statement reads")

EXP = "asked"
TABLES = [f"{EXP}_layer_1_input", f"{EXP}_layer_2_sigmoid", f"{EXP}_layer_3_softmax"]
STEPS, EPOCHS = 120, 2
FEW = STEPS // 2
"""More rows than a few runs add to catalogue tables, fewer than one epoch of a layer has."""

OVERALL = [
    "gradient_norms", "gradient_norm_ratios", "dense_norm_ratios", "epoch_means", "layer_sizes",
    "expected_rows", "neurons", "dead_neurons",
    "saturation", "update_ratios", "step_norms", "noise_scales", "gradient_histograms",
]  # fmt: skip
OF_CELLS = ["first_cells", "index_sums"]
ONE_STORAGE = "Decimals = 6 AND Filler = 0"
OF_A_LAYER = {
    f"{EXP}_layer_1_distribution": "Epoch = 1",
    f"{EXP}_layer_1_noise_scale": "Epoch = 1",
    f"{EXP}_layer_1_stored_norm_avg": f"Epoch BETWEEN 1 AND 2 AND {ONE_STORAGE}",
    f"{EXP}_ratio_2_1_stored_avg": f"Epoch BETWEEN 1 AND 2 AND {ONE_STORAGE}",
}


def add_run(hand, telemetry: str) -> int:
    run_id = hand.run(EXP, telemetry=telemetry)
    generator = np.random.default_rng(run_id)
    with hand.engine.begin() as connection:
        for layer, table in enumerate(TABLES, start=1):
            keys = [(epoch, step) for epoch in range(1, EPOCHS + 1) for step in range(1, STEPS + 1)]
            cells = generator.normal(size=(len(keys), 2)).tolist()
            connection.execute(insert(step_statistics), [
                {
                    "run_id": run_id, "layer": layer, "epoch": epoch, "step": step,
                    "row_count": 1, "finite_rows": 1, "row_norm_sum": 1.0, "mean": first,
                    "median": first, "mean_abs": 1.0, "gradient_norm": 1.0, "zeros": 0.0,
                    "below_1em3": 0.0, "below_1em5": 0.0, "non_finite": 0, "min": 0.0, "max": 1.0,
                    "saturated": 0.5, "weight_norm": 1.0,
                }
                for (epoch, step), (first, _) in zip(keys, cells, strict=True)
            ])  # fmt: skip
            connection.execute(insert(neuron_statistics), [
                {
                    "run_id": run_id, "layer": layer, "epoch": epoch, "neuron": neuron,
                    "cells": STEPS, "zeros": 0, "non_finite": 0, "magnitude_sum": 1.0,
                    "saturated": 1,
                }
                for epoch in range(1, EPOCHS + 1) for neuron in range(1, STEPS + 1)
            ])  # fmt: skip
            if telemetry == "full":
                connection.exec_driver_sql(
                    f"INSERT INTO {table} (run_id, Epoch, Step, RowIndex, Gradient1, Gradient2) "
                    "VALUES (%s, %s, %s, 0, %s, %s)",
                    [(run_id, *key, *row) for key, row in zip(keys, cells, strict=True)],
                )
                connection.execute(
                    insert(telemetry_progress).values(
                        run_id=run_id, layer=layer, epoch=1, first_step=1, last_step=STEPS,
                        row_count=STEPS, loaded_at="2025-11-25",
                    )
                )  # fmt: skip
    return run_id


def analyse(hand) -> None:
    """Update the server's planner statistics, which it otherwise does at some later time."""
    names = [
        "step_statistics",
        "neuron_statistics",
        "telemetry_progress",
        "runs",
        "layers",
        *TABLES,
    ]
    hand.select(f"ANALYZE TABLE {', '.join(names)}")


def reads(hand, query: str) -> int:
    """Return how many rows the server reads for `query`."""

    def so_far() -> int:
        found = connection.execute(text("SHOW SESSION STATUS LIKE 'Handler_read%'"))
        return sum(int(count) for _, count in found)

    with hand.engine.connect() as connection:
        connection.exec_driver_sql(query).all()  # opens tables, which may also read
        counting = -so_far() + so_far()
        before = so_far()
        connection.exec_driver_sql(query).all()
        return so_far() - before - counting


@pytest.fixture(scope="module")
def asked(hand):
    """Two runs of each telemetry, next to as many others."""
    runs = {each: [add_run(hand, each) for _ in range(2)] for each in ("full", "statistics")}
    for _ in range(2):
        add_run(hand, "full")
        add_run(hand, "statistics")
    analyse(hand)
    return runs


@pytest.fixture(scope="module")
def grown(hand, asked):
    """Return queries with the rows read for each, before and after other runs were added."""
    queries = {}
    for telemetry, (first, second) in asked.items():
        for view in OVERALL:
            start = f"SELECT * FROM {view} WHERE run_id"
            queries[telemetry, view, "one run"] = f"{start} = {first}"
            queries[telemetry, view, "two runs"] = f"{start} IN ({first}, {second})"
    for view, condition in OF_A_LAYER.items():
        run_id = asked["full"][0]
        queries[view] = f"SELECT * FROM {view} WHERE run_id = {run_id} AND {condition}"
    for name in OF_CELLS:
        queries[name] = query(
            name, EXP, LAYERS[0], run_id=run_id, epoch=1, step=3, row=0, rows=STEPS
        )
    count = partial(reads, hand)
    before = {key: count(query) for key, query in queries.items()}
    for _ in range(4):
        add_run(hand, "full")
        add_run(hand, "statistics")
    analyse(hand)
    return {key: (before[key], count(query)) for key, query in queries.items()}


@pytest.mark.parametrize("view", OVERALL)
@pytest.mark.parametrize("telemetry", ["full", "statistics"])
@pytest.mark.parametrize("number", ["one run", "two runs"])
def test_a_view_of_all_experiments_reads_no_row_of_other_runs(grown, view, telemetry, number):
    before, after = grown[telemetry, view, number]
    assert after <= before + FEW


@pytest.mark.parametrize("view", [*OF_A_LAYER, *OF_CELLS])
def test_a_view_of_one_layer_reads_no_row_of_other_runs(grown, view):
    before, after = grown[view]
    assert after <= before + FEW


def test_what_verification_asks_of_one_epoch_reads_nothing_of_another(hand, asked):
    run_id = asked["full"][0]
    assert reads(hand, query("index_sums", EXP, LAYERS[0], run_id=run_id, epoch=1)) < STEPS + FEW
    assert reads(hand, query("epoch_cells", EXP, LAYERS[0], run_id=run_id, epoch=1)) < STEPS + FEW


@pytest.mark.parametrize("view", ["distribution", "noise_scale"])
def test_one_epoch_of_sums_costs_a_part_of_two(hand, asked, view):
    start = f"SELECT * FROM {EXP}_layer_1_{view} WHERE run_id = {asked['full'][0]} AND Epoch"
    assert reads(hand, f"{start} = 1") < reads(hand, f"{start} IN (1, 2)") - FEW


@pytest.mark.parametrize("view", list(OF_A_LAYER)[2:])
def test_one_epoch_of_a_lossy_storage_costs_a_part_of_all(hand, asked, view):
    start = f"SELECT * FROM {view} WHERE run_id = {asked['full'][0]} AND {ONE_STORAGE} AND Epoch"
    one, all_of_them = (reads(hand, f"{start} {part}") for part in ("= 1", "BETWEEN 1 AND 65535"))
    assert one < all_of_them - FEW


def test_a_look_at_a_step_reads_its_rows_alone(hand, asked):
    place = {"run_id": asked["full"][0], "epoch": 1, "step": 3}
    assert reads(hand, query("first_cells", EXP, LAYERS[0], **place, row=0, rows=STEPS)) <= 3


def test_the_distribution_of_a_step_costs_a_part_of_its_epoch(hand, asked):
    view = f"{EXP}_layer_1_distribution"
    start = f"SELECT * FROM {view} WHERE run_id = {asked['full'][0]} AND Epoch = 1"
    assert reads(hand, f"{start} AND Step = 3") < reads(hand, start) - FEW


def test_a_condition_that_is_not_carried_would_be_counted(hand, asked):
    everything = reads(hand, "SELECT COUNT(*), MAX(mean_abs) FROM neurons")
    one = reads(hand, f"SELECT * FROM neurons WHERE run_id = {asked['statistics'][0]}")
    assert everything > one + 3 * FEW
