"""Ratios of neighbouring dense layers, against norms computed by hand and by pandas."""

import math

import numpy as np
import pandas as pd
import pytest

from vanishing_gradients.telemetry.runs import RunLayer

DEEP = tuple(
    RunLayer(number, f"layer_{number}_{kind}", kind, 2, 2, "input" if kind == "dense" else "sample")
    for number, kind in enumerate(["dense", "relu", "dense", "dropout", "dense", "softmax"], 1)
)


@pytest.fixture(scope="module")
def run(hand):
    """Layers 1, 3 and 5 are dense; in epoch 2 nothing reaches layer 1, in epoch 3 it explodes."""
    run_id = hand.run("deep", telemetry="statistics", layers=DEEP)
    gradients = {
        1: {(1, 1): [[3.0, 4.0], [0.0, 5.0]], (2, 1): [[0.0, 0.0]], (3, 1): [[math.inf, 1.0]]},
        2: {(epoch, 1): [[1e9, 0.0]] for epoch in (1, 2, 3)},
        3: {(1, 1): [[0.0, 2.0]], (2, 1): [[0.0, 2.0]], (3, 1): [[0.0, 2.0]]},
        5: {(1, 1): [[6e3, 8e3]], (2, 1): [[1e-3, 0.0]], (3, 1): [[0.0, 0.0]]},
    }
    for layer, steps in gradients.items():
        hand.statistics(run_id, layer, steps)
    return run_id


def ratios(hand, run_id: int, epoch: int, columns: str) -> list[tuple]:
    return hand.select(
        f"SELECT {columns} FROM dense_norm_ratios "
        f"WHERE run_id = {run_id} AND epoch = {epoch} ORDER BY layer"
    )


def test_each_dense_layer_stands_beside_the_next_dense_one(hand, run):
    columns = "experiment, layer, next_layer"
    assert ratios(hand, run, 1, columns) == [("deep", 1, 3), ("deep", 3, 5)]


def test_the_ratio_is_of_mean_row_norms(hand, run):
    columns = "ratio, numerator, denominator"
    assert ratios(hand, run, 1, columns) == [(2 / 5, 2.0, 5.0), (1e4 / 2, 1e4, 2.0)]


def test_the_gradient_ratio_is_of_norms_of_whole_gradients(hand, run):
    ((first,), (second,)) = ratios(hand, run, 1, "gradient_ratio")
    assert (first, second) == pytest.approx((2 / math.sqrt(50), 1e4 / 2), rel=1e-14)


def test_the_class_goes_by_the_lines_of_all_ratios(hand, run):
    assert ratios(hand, run, 1, "class") == [("stable",), ("exploding",)]
    assert ratios(hand, run, 2, "class") == [("undefined",), ("vanishing",)]


def test_over_zero_both_ratios_are_null_and_the_norms_say_why(hand, run):
    columns = "ratio, gradient_ratio, class, numerator, denominator"
    assert ratios(hand, run, 2, columns)[0] == (None, None, "undefined", 2.0, 0.0)


def test_a_norm_that_is_null_leaves_no_ratio(hand, run):
    columns = "ratio, gradient_ratio, class, numerator, denominator"
    assert ratios(hand, run, 3, columns)[0] == (None, None, "undefined", 2.0, None)


def test_zero_over_a_norm_is_zero_and_vanishes(hand, run):
    assert ratios(hand, run, 3, "ratio, gradient_ratio, class")[1] == (0.0, 0.0, "vanishing")


def test_a_network_of_one_dense_layer_has_none(hand):
    run_id = hand.run("shallow", telemetry="statistics")
    hand.statistics(run_id, 1, {(1, 1): [[3.0, 4.0]]})
    hand.statistics(run_id, 2, {(1, 1): [[3.0, 4.0]]})
    assert ratios(hand, run_id, 1, "layer") == []


def test_ratios_agree_with_pandas(hand):
    generator = np.random.default_rng(8)
    run_id = hand.run("deep", telemetry="statistics", layers=DEEP)
    for layer in range(1, 7):
        hand.statistics(run_id, layer, {
            (epoch, step): generator.normal(size=(3, 2)) * 10.0 ** generator.uniform(-4, 4)
            for epoch in (1, 2) for step in (1, 2)
        })  # fmt: skip
    norms = pd.DataFrame(
        hand.select(
            f"SELECT epoch, layer, norm, gradient_norm FROM gradient_norms WHERE run_id = {run_id}"
        ),
        columns=["epoch", "layer", "norm", "gradient_norm"],
    )
    for epoch in (1, 2):
        wide = norms[norms["epoch"] == epoch].set_index("layer").loc[[1, 3, 5]]
        expected = wide.astype(float).pct_change().dropna() + 1
        found = np.array(ratios(hand, run_id, epoch, "ratio, gradient_ratio"), float)
        np.testing.assert_allclose(found, expected[["norm", "gradient_norm"]], rtol=1e-10)
