"""An untouched run agrees, whatever it contains."""

import pytest

from tests.verification.conftest import Bench


@pytest.mark.parametrize("precision", ["double", "single"])
def test_every_row_and_value_of_a_clean_run_is_read_and_agrees(bench, precision):
    """784 x 7, 7 x 5 and 5 x 10 weights in three steps, and 7, 5 and 10 neurons of 70 images."""
    outcome = bench.outcome(bench.run(precision=precision))
    assert outcome.disagreements == ()
    assert outcome.rows == 2 * (3 * (784 + 7 + 5) + 3 * 70)
    assert outcome.values == 2 * (3 * (784 * 7 + 7 * 5 + 5 * 10) + 70 * (7 + 5 + 10))
    assert outcome.steps == 2 * 3 * 6


def test_single_values_agree_before_and_after_their_table_is_widened(laboratory, small):
    bench = Bench(laboratory, small("widened", batch_size=32))
    single = bench.run(precision="single")
    assert bench.found(single) == ()
    double = bench.run(precision="double")
    assert laboratory.select("SELECT COUNT(*) FROM widened_layer_1_input")[0][0] > 0
    assert bench.found(single) == bench.found(double) == ()
    later = bench.run(precision="single", seed=5)
    assert bench.found(later) == ()


@pytest.mark.parametrize("every", [2, 3, 5])
def test_a_run_that_recorded_some_of_its_steps_agrees(bench, every):
    outcome = bench.outcome(bench.run(record_every=every))
    assert outcome.disagreements == ()
    assert outcome.steps == 2 * 6 * len(range(1, 4, every))


@pytest.mark.parametrize("precision", ["double", "single"])
def test_a_run_with_null_cells_agrees(diverging, precision):
    bench = diverging(f"diverging_{precision}")
    run_id = bench.run(precision=precision)
    ((nulls,),) = bench.select(
        f"SELECT SUM(non_finite) FROM step_statistics WHERE run_id = {run_id}"
    )
    assert nulls > 0
    assert bench.found(run_id) == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"hidden_widths": [1]},
        {"activation": "relu", "initial_weight_scale": 1e-300},
        {"activation": "relu", "dropout": 0.2, "batch_normalization": True},
        {"hidden_widths": [9, 9, 4], "residual": [[1, 2], [3, 3]], "normalization": "layer"},
        {"hidden_widths": [6, 5], "activation": ["prelu", "swish"], "normalization": "weight"},
        {"batch_size": 7},
        {"batch_size": 500},
    ],
    ids=[
        "one neuron",
        "zeros",
        "more layers",
        "projections",
        "weight normalisation",
        "whole batches",
        "one batch",
    ],
)
def test_a_network_of_another_shape_agrees(laboratory, small, changes):
    name = "shape_" + "_".join(changes)
    bench = Bench(laboratory, small(f"{name[:20]}_{len(str(changes))}", epochs=1, **changes))
    outcome = bench.outcome(bench.run())
    assert outcome.disagreements == ()
    assert outcome.rows > 0


def test_two_runs_in_the_same_tables_do_not_disturb_each_other(bench):
    first, second = bench.run(seed=11), bench.run(seed=12)
    bench.alter(second, 2, "Gradient1 = Gradient1 + 1", "Epoch = 1 AND Step = 1 AND RowIndex = 0")
    assert bench.found(first) == ()
    assert bench.places(second) == {(2, 1, 1)}


def test_the_statistics_of_a_run_without_rows_are_counted(bench):
    outcome = bench.outcome(bench.run(telemetry="statistics"))
    assert (outcome.disagreements, outcome.rows) == ((), 0)
    assert outcome.steps == 2 * 3 * 6
