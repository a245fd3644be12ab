"""The views over all experiments that show what is wrong with a network, by hand."""

import math

import numpy as np
import pytest
from sqlalchemy import insert

from vanishing_gradients.sql.catalogue import neuron_statistics, step_statistics

EXP = "diagnosed"
PLAIN = dict.fromkeys(("mean", "median", "mean_abs", "zeros", "below_1em3", "below_1em5"), 0.0)
SAMPLES = (4, 2)
"""Rows of the steps of an epoch."""


def steps(hand, run_id: int, layer: int, epoch: int, *found: dict) -> None:
    """Insert rows of `step_statistics`, one per step."""
    rows = [
        {
            "run_id": run_id, "layer": layer, "epoch": epoch, "step": number, "row_count": 1,
            "finite_rows": 1, "row_norm_sum": 1.0, "gradient_norm": 1.0, "non_finite": 0,
            "min": 0.0, "max": 1.0, "clipped_norm": None, "weight_norm": None,
            "update_norm": None, "saturated": None, **PLAIN, **each,
        }
        for number, each in enumerate(found, start=1)
    ]  # fmt: skip
    with hand.engine.begin() as connection:
        connection.execute(insert(step_statistics), rows)


def neurons(hand, run_id: int, layer: int, epoch: int, *found: tuple) -> None:
    """Insert (cells, zeros, non_finite, magnitude_sum, saturated), one per neuron."""
    names = ("cells", "zeros", "non_finite", "magnitude_sum", "saturated")
    rows = [
        {
            "run_id": run_id, "layer": layer, "epoch": epoch, "neuron": number,
            **dict(zip(names, each, strict=True)),
        }
        for number, each in enumerate(found, start=1)
    ]  # fmt: skip
    with hand.engine.begin() as connection:
        connection.execute(insert(neuron_statistics), rows)


@pytest.fixture(scope="module")
def run(hand):
    """Layer 1 has weights and layer 2 is an activation, whose first neuron is dead and saturated
    in epoch 1; in epoch 2 no row of layer 2 is finite."""
    run_id = hand.run(EXP, telemetry="statistics")
    steps(
        hand, run_id, 1, 1,
        {"gradient_norm": 3.0, "clipped_norm": 1.0, "weight_norm": 10.0, "update_norm": 0.1},
        {"gradient_norm": 5.0, "clipped_norm": 5.0, "weight_norm": 20.0, "update_norm": 0.4},
        {"gradient_norm": 4.0, "clipped_norm": 4.0 + 1e-9, "weight_norm": 0.0, "update_norm": 0.1},
    )  # fmt: skip
    steps(hand, run_id, 1, 2, {"gradient_norm": None}, {"gradient_norm": 2.0})
    neurons(hand, run_id, 1, 1, (6, 0, 0, 3.0, None), (6, 6, 0, 0.0, None))
    saturated = [{"row_count": rows, "saturated": 0.5} for rows in SAMPLES]
    steps(hand, run_id, 2, 1, *saturated)
    neurons(hand, run_id, 2, 1, (5, 5, 2, 0.0, 6), (5, 4, 0, 10.0, 1))
    steps(hand, run_id, 2, 2, *saturated)
    neurons(hand, run_id, 2, 2, (0, 0, 6, 0.0, 6), (0, 0, 6, 0.0, 0))
    other = hand.run(EXP, telemetry="statistics")
    neurons(hand, other, 2, 1, (5, 0, 0, 1.0, 3), (5, 5, 0, 0.0, 1))
    steps(hand, other, 2, 1, {"row_count": 100, "saturated": 0.1})
    return run_id


def view(hand, name: str, columns: str, run_id: int, order: str) -> list[tuple]:
    return hand.select(f"SELECT {columns} FROM {name} WHERE run_id = {run_id} ORDER BY {order}")


def test_every_neuron_has_its_gradient(hand, run):
    columns = "experiment, epoch, layer, layer_name, neuron, cells, zeros, mean_abs, dead"
    assert view(hand, "neurons", columns, run, "epoch, layer, neuron") == [
        (EXP, 1, 1, "layer_1_input", 1, 6, 0, 0.5, 0),
        (EXP, 1, 1, "layer_1_input", 2, 6, 6, 0.0, 1),
        (EXP, 1, 2, "layer_2_sigmoid", 1, 5, 5, 0.0, 1),
        (EXP, 1, 2, "layer_2_sigmoid", 2, 5, 4, 2.0, 0),
        (EXP, 2, 2, "layer_2_sigmoid", 1, 0, 0, None, 0),
        (EXP, 2, 2, "layer_2_sigmoid", 2, 0, 0, None, 0),
    ]


def test_a_neuron_is_saturated_for_a_fraction_of_all_samples(hand, run):
    found = view(hand, "neurons", "saturated", run, "epoch, layer, neuron")
    assert found == [(None,), (None,), (1.0,), (pytest.approx(1 / 6, rel=1e-15),), (1.0,), (0.0,)]


def test_dead_neurons_are_counted_by_layer(hand, run):
    columns = "experiment, epoch, layer, layer_name, width, dead, fraction"
    assert view(hand, "dead_neurons", columns, run, "epoch, layer") == [
        (EXP, 1, 1, "layer_1_input", 2, 1, 0.5),
        (EXP, 1, 2, "layer_2_sigmoid", 2, 1, 0.5),
        (EXP, 2, 2, "layer_2_sigmoid", 2, 0, 0.0),
    ]


def test_saturation_is_of_cells_and_of_neurons(hand, run):
    columns = "experiment, epoch, layer, layer_name, width, saturated, saturated_neurons"
    assert view(hand, "saturation", columns, run, "epoch") == [
        (EXP, 1, 2, "layer_2_sigmoid", 2, pytest.approx(7 / 12, rel=1e-15), 1),
        (EXP, 2, 2, "layer_2_sigmoid", 2, 0.5, 1),
    ]


def test_a_neuron_that_is_saturated_but_for_one_of_many_samples_is_not_counted(hand):
    """The four decimal places that a server gives a quotient of integers would not suffice."""
    run_id = hand.run(EXP, telemetry="statistics")
    steps(hand, run_id, 2, 1, {"row_count": 600_000, "saturated": 1.0})
    neurons(hand, run_id, 2, 1, (6, 0, 0, 1.0, 599_999), (6, 0, 0, 1.0, 600_000))
    assert view(hand, "saturation", "saturated_neurons", run_id, "epoch") == [(1,)]


def test_update_ratios_are_means_over_the_steps(hand, run):
    columns = "experiment, epoch, layer, layer_name, weight_norm, update_norm, ratio"
    (found,) = view(hand, "update_ratios", columns, run, "epoch, layer")
    assert found[:4] == (EXP, 1, 1, "layer_1_input")
    assert found[4:] == pytest.approx((10.0, 0.2, (0.01 + 0.02) / 2), rel=1e-14)


def test_a_step_is_clipped_where_its_norm_became_smaller(hand, run):
    columns = "gradient_norm, clipped_norm, clipped"
    (found,) = view(hand, "update_ratios", columns, run, "epoch, layer")
    assert found == pytest.approx((4.0, 10 / 3, 1 / 3), rel=1e-9)


def test_norms_vary_over_the_steps(hand, run):
    columns = "experiment, epoch, layer_name, steps, mean_norm, std, min, max"
    first, without_norm = view(hand, "step_norms", columns, run, "layer, epoch")[:2]
    assert first == (EXP, 1, "layer_1_input", 3, 4.0, pytest.approx(1.0, rel=1e-14), 3.0, 5.0)
    assert without_norm == (EXP, 2, "layer_1_input", 1, 2.0, None, 2.0, 2.0)


def test_norms_of_steps_agree_with_numpy(hand):
    run_id = hand.run(EXP, telemetry="statistics")
    generator = np.random.default_rng(7)
    norms = 1e-9 * (1 + 1e-3 * generator.normal(size=200))  # nearly alike, and small
    steps(hand, run_id, 1, 1, *({"gradient_norm": float(norm)} for norm in norms))
    columns = "steps, mean_norm, std, min, max"
    (found,) = view(hand, "step_norms", columns, run_id, "layer")
    expected = (200, norms.mean(), norms.std(ddof=1), norms.min(), norms.max())
    assert found == pytest.approx(expected, rel=1e-9)


def test_a_run_of_an_older_version_has_norms_alone(hand):
    run_id = hand.run(EXP, telemetry="statistics")
    hand.statistics(run_id, 1, {(1, 1): [[3.0, 4.0], [math.nan, 1.0]]})
    for name in ("neurons", "dead_neurons", "saturation", "update_ratios"):
        assert view(hand, name, "run_id", run_id, "epoch") == []
    assert view(hand, "step_norms", "steps, mean_norm", run_id, "epoch") == [(1, 5.0)]
