"""Norms after a lossy storage: rounding, and a number in the columns a layer lacks."""

import math

import numpy as np
import pytest

EXP = "lossy"
FILLED = 126
"""Columns of the 128 that a layer of two neurons does not use."""


@pytest.fixture(scope="module")
def run(hand):
    """Layer 1 is a mean of two rows; layer 2 rounds to zero at five decimals."""
    run_id = hand.run(EXP)
    hand.rows(run_id, EXP, 1, [(1, 1, 0, 3.00004, 4.0), (1, 1, 1, 0.0, -1.0)])
    hand.rows(run_id, EXP, 2, [(1, 1, 0, 4e-6, -3e-6), (1, 1, 1, None, 1.0)])
    hand.rows(run_id, EXP, 3, [(1, 1, 0, 2.0, 0.0)])
    other = hand.run(EXP)
    hand.rows(other, EXP, 1, [(1, 1, 0, 9.0, 0.0)])
    return run_id


@pytest.fixture
def norm(hand, run):
    """Return a function that returns the stored norm of a layer in epoch 1."""

    def of(layer: int, decimals: int, filler: float) -> float:
        ((found,),) = hand.select(
            f"SELECT norm FROM {EXP}_layer_{layer}_stored_norm_avg "
            f"WHERE run_id = {run} AND Decimals = {decimals} AND Filler = {filler!r}"
        )
        return found

    return of


def test_without_a_filler_only_rounding_changes_the_norm(norm):
    assert norm(1, 6, 0.0) == pytest.approx((math.hypot(3.00004, 4.0) + 1) / 2, rel=1e-15)
    assert norm(1, 4, 0.0) == pytest.approx((5.0 + 1) / 2, rel=1e-15)


def test_a_small_gradient_rounds_to_exactly_nothing(norm):
    assert norm(2, 5, 0.0) == 0.0
    assert norm(2, 6, 0.0) == pytest.approx(5e-6, rel=1e-15)


def test_a_filler_stands_in_every_column_that_the_layer_lacks(norm):
    expected = (math.sqrt(25 + FILLED) + math.sqrt(1 + FILLED)) / 2
    assert norm(1, 4, 1.0) == pytest.approx(expected, rel=1e-15)
    assert norm(2, 5, 1e3) == pytest.approx(1e3 * math.sqrt(FILLED), rel=1e-15)


def test_the_ratio_over_a_norm_that_rounded_to_nothing_is_null(hand, run):
    query = (
        f"SELECT ratio_3_2, numerator, denominator FROM {EXP}_ratio_3_2_stored_avg "
        f"WHERE run_id = {run} AND Decimals = {{}} AND Filler = 0"
    )
    assert hand.select(query.format(5)) == [(None, 2.0, 0.0)]
    ((ratio, *_),) = hand.select(query.format(6))
    assert ratio == pytest.approx(2.0 / 5e-6, rel=1e-15)


def test_runs_do_not_mix(hand, run):
    found = hand.select(
        f"SELECT run_id, norm FROM {EXP}_layer_1_stored_norm_avg "
        f"WHERE run_id > {run} AND Decimals = 6 AND Filler = 0"
    )
    assert found == [(run + 1, 9.0)]


def test_every_hypothesis_has_a_norm_of_its_own(hand, run):
    view = f"{EXP}_layer_1_stored_norm_avg"
    found = hand.select(f"SELECT DISTINCT Decimals, Filler FROM {view} WHERE run_id = {run}")
    assert set(found) == set(hand.select("SELECT decimals, filler FROM storage_hypotheses"))


@pytest.mark.parametrize("decimals", [4, 6, 8])
@pytest.mark.parametrize("filler", [0.0, 1.0])
def test_stored_norms_agree_with_numpy(hand, decimals, filler):
    generator = np.random.default_rng([decimals, int(filler)])
    gradients = generator.normal(size=(40, 2)) * 10.0 ** generator.uniform(-9, 1, (40, 2))
    run_id = hand.run(EXP)
    rows = [(1, 1, index, *map(float, row)) for index, row in enumerate(gradients)]
    hand.rows(run_id, EXP, 1, rows)
    squares = (np.round(gradients, decimals) ** 2).sum(axis=1) + FILLED * filler**2
    ((found,),) = hand.select(
        f"SELECT norm FROM {EXP}_layer_1_stored_norm_avg "
        f"WHERE run_id = {run_id} AND Decimals = {decimals} AND Filler = {filler!r}"
    )
    assert found == pytest.approx(np.sqrt(squares).mean(), rel=1e-12)
