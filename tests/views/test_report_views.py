"""The views for reports of many runs, against rows computed by hand."""

import json
import math

import numpy as np
import pytest
from sqlalchemy import insert, update

from vanishing_gradients.sql.catalogue import runs, telemetry_progress

SWEEP = "many"
INFINITY = float("inf")


@pytest.fixture(scope="module")
def swept(hand):
    """Epoch 1: a step of two rows and one of one; epoch 2: no finite row."""
    run_id = hand.run(SWEEP, telemetry="statistics")
    hand.statistics(run_id, 1, {
        (1, 1): [[3.0, 4.0], [-5e-4, 0.0]], (1, 2): [[6e-6, -8.0], [INFINITY, 1.0]],
        (2, 1): [[INFINITY, 1.0]],
    })  # fmt: skip
    other = hand.run(SWEEP, telemetry="statistics")
    hand.statistics(other, 1, {(1, 1): [[0.0, 1.0]]})
    return run_id


def means(hand, run_id: int, columns: str) -> list[tuple]:
    return hand.select(
        f"SELECT {columns} FROM epoch_means WHERE run_id = {run_id} ORDER BY epoch, layer"
    )


def test_means_weigh_steps_by_their_finite_rows(hand, swept):
    """Three rows are finite: of norm 5, 5e-4 and almost exactly 8."""
    found = means(hand, swept, "norm, mean, mean_abs")[0]
    total = 3 + 4 + 5e-4 + 6e-6 + 8
    expected = (
        (5 + 5e-4 + math.hypot(6e-6, 8)) / 3,
        (3 + 4 - 5e-4 + 6e-6 - 8) / 6,
        total / 6,
    )
    assert found == pytest.approx(expected, rel=1e-14)


def test_the_gradient_norm_is_a_mean_over_steps_and_not_over_rows(hand, swept):
    ((found,), _) = means(hand, swept, "gradient_norm")
    expected = (math.sqrt(25 + 25e-8) + math.hypot(6e-6, 8)) / 2
    assert found == pytest.approx(expected, rel=1e-14)


def test_smallness_is_a_fraction_of_the_finite_rows_values(hand, swept):
    """Of six values one is 0, three are below 1e-3, and two below 1e-5."""
    found = means(hand, swept, "zeros, below_1em3, below_1em5")[0]
    assert found == pytest.approx((1 / 6, 3 / 6, 2 / 6), rel=1e-14)


def test_an_epoch_without_a_finite_row_has_a_count_and_no_means(hand, swept):
    columns = (
        "epoch, norm, gradient_norm, mean, mean_abs, zeros, below_1em3, below_1em5, non_finite"
    )
    assert means(hand, swept, columns)[1] == (2, *[None] * 7, 1)


def test_means_name_experiment_and_layer(hand, swept):
    found = means(hand, swept, "experiment, layer, layer_name")
    assert found == [(SWEEP, 1, "layer_1_input")] * 2


def test_several_runs_are_asked_for_at_once(hand, swept):
    found = hand.select(
        f"SELECT run_id, epoch, norm FROM epoch_means WHERE run_id IN ({swept}, {swept + 1}) "
        "AND norm IS NOT NULL ORDER BY run_id"
    )
    assert [row[:2] for row in found] == [(swept, 1), (swept + 1, 1)]
    assert found[1][2] == 1.0


def test_means_agree_with_numpy(hand):
    generator = np.random.default_rng(5)
    steps = {
        (epoch, step): generator.normal(size=(3 + step, 2)) * 10.0 ** generator.uniform(-7, 1)
        for epoch in (1, 2)
        for step in (1, 2, 3)
    }
    run_id = hand.run(SWEEP, telemetry="statistics")
    hand.statistics(run_id, 2, steps)
    columns = "norm, gradient_norm, mean, mean_abs, zeros, below_1em3, below_1em5, non_finite"
    for epoch, found in enumerate(means(hand, run_id, columns), start=1):
        own = [cells for (each, _), cells in steps.items() if each == epoch]
        cells = np.concatenate(own)
        expected = [
            np.linalg.norm(cells, axis=1).mean(), np.mean([np.linalg.norm(each) for each in own]),
            cells.mean(), abs(cells).mean(), 0.0, (abs(cells) < 1e-3).mean(),
            (abs(cells) < 1e-5).mean(), 0,
        ]  # fmt: skip
        np.testing.assert_allclose(np.array(found, float), expected, rtol=1e-12)


def test_provenance_is_what_was_registered(hand):
    run_id = hand.run(SWEEP, seed=77, config={"batch_size": 64}, telemetry="statistics")
    columns = "experiment, seed, dataset, dataset_sha256, float_type, telemetry, record_every"
    assert hand.select(f"SELECT {columns} FROM run_provenance WHERE run_id = {run_id}") == [
        (SWEEP, 77, "sample", "0" * 64, "double", "statistics", 1)
    ]
    columns = "training_images, epochs, completed_epoch, status, finished_at"
    assert hand.select(f"SELECT {columns} FROM run_provenance WHERE run_id = {run_id}") == [
        (128, 2, 0, "running", None)
    ]


def test_provenance_holds_json_as_text(hand):
    run_id = hand.run(SWEEP, config={"batch_size": 64}, telemetry="statistics")
    ((config, packages),) = hand.select(
        f"SELECT config, package_versions FROM run_provenance WHERE run_id = {run_id}"
    )
    assert json.loads(config) == {"batch_size": 64}
    assert {"python", "numpy"} <= set(json.loads(packages))


def test_a_run_from_no_repository_has_no_commit(hand):
    run_id = hand.run(SWEEP, telemetry="statistics")
    with hand.engine.begin() as connection:
        connection.execute(update(runs).where(runs.c.run_id == run_id).values(git_commit=None))
    found = hand.select(f"SELECT git_commit FROM run_provenance WHERE run_id = {run_id}")
    assert found == [(None,)]


def sizes(hand, run_id: int, columns: str) -> list[tuple]:
    return hand.select(f"SELECT {columns} FROM layer_sizes WHERE run_id = {run_id} ORDER BY layer")


def test_sizes_hold_every_layer_even_before_its_first_step(hand):
    run_id = hand.run(SWEEP, telemetry="statistics")
    columns = "experiment, layer, layer_name, kind, rows_per_step, width, computed_rows"
    assert sizes(hand, run_id, columns) == [
        (SWEEP, 1, "layer_1_input", "dense", 2, 2, 0),
        (SWEEP, 2, "layer_2_sigmoid", "sigmoid", 2, 2, 0),
        (SWEEP, 3, "layer_3_softmax", "softmax", 2, 2, 0),
    ]


def test_computed_rows_are_those_of_all_steps_finite_or_not(hand, swept):
    assert sizes(hand, swept, "computed_rows") == [(2 + 2 + 1,), (0,), (0,)]


def test_stored_rows_are_those_of_all_chunks(hand):
    run_id = hand.run("stores")
    chunk = {"run_id": run_id, "layer": 2, "loaded_at": "2025-11-25"}
    with hand.engine.begin() as connection:
        for epoch, first in ((1, 1), (1, 3), (2, 1)):
            row = {
                "epoch": epoch,
                "first_step": first,
                "last_step": first + 1,
                "row_count": 10 * first,
            }
            connection.execute(insert(telemetry_progress).values(chunk | row))
    assert sizes(hand, run_id, "stored_rows") == [(0,), (10 + 30 + 10,), (0,)]
