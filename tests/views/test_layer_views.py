"""The views per experiment and layer, against rows computed by hand."""

import math
import re

import pytest

EXP = "hand"


@pytest.fixture(scope="module")
def run(hand):
    """Two epochs. Layer 1, epoch 1: rows of norm 5 and 13 in step 1, 10 and 0 in step 2."""
    run_id = hand.run(EXP)
    hand.rows(run_id, EXP, 1, [
        (1, 1, 0, 3.0, 4.0), (1, 1, 1, -5.0, 12.0), (1, 2, 0, 6.0, -8.0), (1, 2, 1, 0.0, 0.0),
        (2, 1, 0, 0.0, 0.0), (2, 1, 1, 0.0, 0.0),
    ])  # fmt: skip
    hand.rows(run_id, EXP, 2, [
        (1, 1, 0, 0.0, 14.0), (1, 2, 0, 0.0, 0.0), (2, 1, 0, 2.0, 0.0),
    ])  # fmt: skip
    hand.rows(run_id, EXP, 3, [
        (1, 1, 0, 0.0, 0.0), (1, 1, 1, None, 1.0), (1, 2, 0, 9.0, 12.0), (2, 1, 0, None, 1.0),
    ])  # fmt: skip
    hand.statistics(run_id, 1, {
        (1, 1): [[3.0, 4.0], [-5e-4, 12.0]], (1, 2): [[6e-6, -8.0]], (2, 1): [[0.0, 0.0]],
    })  # fmt: skip
    other = hand.run(EXP)
    hand.rows(other, EXP, 1, [(1, 1, 0, 0.0, 1.0)])
    return run_id


def test_norm_avg_is_the_mean_of_the_row_norms(hand, run):
    found = hand.select(
        f"SELECT Epoch, norm FROM {EXP}_layer_1_norm_avg WHERE run_id = {run} ORDER BY Epoch"
    )
    assert found == [(1, pytest.approx((5 + 13 + 10 + 0) / 4, rel=1e-15)), (2, 0.0)]


def test_gradient_norm_avg_is_the_mean_over_steps_of_the_whole_gradients_norm(hand, run):
    """Step 1: sqrt(25 + 169); step 2: sqrt(100 + 0)."""
    view = f"{EXP}_layer_1_gradient_norm_avg"
    query = f"SELECT Epoch, norm FROM {view} WHERE run_id = {run} ORDER BY Epoch"
    assert hand.select(query) == [
        (1, pytest.approx((math.sqrt(194) + 10) / 2, rel=1e-15)),
        (2, 0.0),
    ]


def test_mean_avg_is_the_mean_of_the_cells(hand, run):
    query = f"SELECT Epoch, mean FROM {EXP}_layer_1_mean_avg WHERE run_id = {run} ORDER BY Epoch"
    assert hand.select(query) == [(1, pytest.approx((7 + 7 - 2 + 0) / 8, rel=1e-15)), (2, 0.0)]


def test_ratio_divides_the_next_layers_norm_by_this_ones(hand, run):
    query = f"SELECT Epoch, ratio_2_1 FROM {EXP}_ratio_2_1_avg WHERE run_id = {run} AND Epoch = 1"
    assert hand.select(query) == [(1, pytest.approx(7 / 7, rel=1e-15))]


def test_ratio_over_zero_is_null(hand, run):
    query = f"SELECT ratio_2_1 FROM {EXP}_ratio_2_1_avg WHERE run_id = {run} AND Epoch = 2"
    assert hand.select(query) == [(None,)]


def test_a_row_with_a_null_cell_has_no_norm_and_the_average_leaves_it_out(hand, run):
    query = f"SELECT Epoch, norm FROM {EXP}_layer_3_norm_avg WHERE run_id = {run} ORDER BY Epoch"
    assert hand.select(query) == [(1, pytest.approx((0 + 15) / 2, rel=1e-15)), (2, None)]


def test_near_zero_weighs_steps_by_their_values(hand, run):
    """Epoch 1 has six values; 5e-4 and 6e-6 are below 1e-3, only 6e-6 below 1e-5."""
    query = (
        f"SELECT Epoch, below_1em3, below_1em5 FROM {EXP}_layer_1_near_zero "
        f"WHERE run_id = {run} ORDER BY Epoch"
    )
    assert hand.select(query) == [
        (1, pytest.approx(2 / 6, rel=1e-15), pytest.approx(1 / 6, rel=1e-15)),
        (2, 1.0, 1.0),
    ]


def test_runs_do_not_mix(hand, run):
    assert hand.select(f"SELECT run_id, norm FROM {EXP}_layer_1_norm_avg WHERE run_id > {run}") == [
        (run + 1, 1.0)
    ]


@pytest.mark.not_on_oceanbase("its plans are told in another form")
@pytest.mark.parametrize(
    "view",
    [f"{EXP}_layer_1_norm_avg", f"{EXP}_layer_1_mean_avg", f"{EXP}_layer_1_gradient_norm_avg"],
)
def test_the_views_answer_from_the_index_alone(hand, run, view):
    plan = str(hand.select(f"EXPLAIN FORMAT=JSON SELECT * FROM {view} WHERE run_id = {run}"))
    assert re.search(r'"(key|index_name)": "norm_and_mean"', plan)
    assert re.search(r'"(using_index|covering)": true', plan)
