"""Statistics of few seeds, against values computed in another way."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vanishing_gradients.analysis.statistics import (
    NOT_REJECTED,
    OVERALL,
    REJECTED,
    TOO_FEW,
    compare,
    corrected,
    logarithms,
    prediction_interval,
)

LAYERS = range(1, 13)


def by_enumeration(differences: list[float]) -> float:
    """Return the share of all 2^n choices of signs whose mean is as far from 0 as the real one."""
    real = abs(sum(differences))
    sums = [
        abs(sum(sign * each for sign, each in zip(signs, differences, strict=True)))
        for signs in itertools.product((1, -1), repeat=len(differences))
    ]
    return sum(each >= real * (1 - 1e-12) for each in sums) / len(sums)


def pair(differences: list[float], layers=(1,)) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return two groups whose second minus first is `differences`, one per seed, in all layers."""
    seeds = range(len(differences))
    first = pd.DataFrame({layer: [0.5 * seed for seed in seeds] for layer in layers})
    return first, first.add(pd.Series(differences), axis=0)


def groups(seeds: int, layers=LAYERS) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return two groups that differ by 3 to 4 in every seed and layer."""
    return pair([3 + seed / seeds for seed in range(seeds)], layers)


@pytest.mark.parametrize(
    "differences",
    [
        [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        [1.0, -2.0, 3.0, 0.5, 0.25],
        [0.1, -0.1, 0.2, -0.3, 0.7, 0.9, -0.05, 0.4],
        [-1.0, -1.5, -0.5, -2.0],
    ],
)
def test_p_is_the_share_of_signs_as_extreme(differences):
    (layer, overall) = compare(*pair(differences))
    assert layer.p == pytest.approx(by_enumeration(differences), abs=1e-12)
    assert overall.p == layer.p


@settings(max_examples=settings.default.max_examples // 15, deadline=None)
@given(st.lists(st.integers(-50, 50).filter(bool), min_size=3, max_size=7))
def test_p_of_any_whole_numbers_is_the_share_of_signs_as_extreme(differences):
    numbers = [float(each) for each in differences]
    assert compare(*pair(numbers))[0].p == pytest.approx(by_enumeration(numbers), abs=1e-12)


def test_p_of_many_seeds_is_near_the_share_of_all_signs():
    differences = [0.3, -0.2, 0.5, 0.4, -0.1, 0.6, -0.3, 0.2, 0.1, -0.4, 0.35, 0.15, 0.25, -0.05]
    assert compare(*pair(differences))[0].p == pytest.approx(by_enumeration(differences), abs=0.02)


def test_differences_of_nothing_but_zero_reject_nothing():
    layer = compare(*pair([0.0] * 8))[0]
    assert (layer.p, layer.effect, layer.low, layer.high) == (1.0, 0.0, 0.0, 0.0)
    assert layer.conclusion == NOT_REJECTED


def test_holms_correction_as_by_hand():
    """Sorted 0.01, 0.02, 0.03, 0.2: times 4, 3, 2 and 1, and none below the one before."""
    one = compare(*pair([1.0, 2.0, 3.0]))[0]
    family = [
        replace(one, layer=layer, p=p) for layer, p in enumerate((0.03, 0.01, 0.2, 0.02), start=1)
    ]
    assert [each.adjusted for each in corrected(family)] == pytest.approx([0.06, 0.04, 0.2, 0.06])


def test_what_is_attainable_is_corrected_for_the_family():
    layer = compare(*groups(6))[0]
    assert layer.attainable == pytest.approx(12 * 2 / 2**6)


@pytest.mark.parametrize("seeds", [3, 4, 5])
def test_few_seeds_cannot_reject_in_twelve_layers(seeds):
    *layers, _ = compare(*groups(seeds))
    assert {each.conclusion for each in layers} == {TOO_FEW}
    assert len(layers) == 12


@pytest.mark.parametrize(("seeds", "conclusion"), [(5, TOO_FEW), (6, REJECTED)])
def test_six_seeds_can_reject_one_hypothesis(seeds, conclusion):
    assert compare(*groups(seeds))[-1].conclusion == conclusion


@pytest.mark.parametrize(("seeds", "conclusion"), [(8, TOO_FEW), (9, REJECTED)])
def test_nine_seeds_can_reject_in_twelve_layers(seeds, conclusion):
    assert {each.conclusion for each in compare(*groups(seeds))[:-1]} == {conclusion}


@pytest.mark.parametrize("seeds", [1, 2])
def test_of_one_or_two_seeds_only_the_difference_is_given(seeds):
    overall = compare(*groups(seeds))[-1]
    assert overall.conclusion == TOO_FEW
    assert overall.p == 1.0
    assert math.isnan(overall.low)
    assert overall.difference == pytest.approx(3 + (seeds - 1) / seeds / 2)


def test_differences_are_second_minus_first():
    assert compare(*pair([1.0, 2.0, 3.0]))[0].difference == 2.0


def test_the_last_comparison_is_of_the_mean_over_layers():
    first, second = pair([1.0, 2.0, 3.0], (1, 2))
    overall = compare(first, second + pd.Series({1: 0.0, 2: 4.0}))[-1]
    assert overall.layer == OVERALL
    assert overall.difference == pytest.approx(4.0)


def test_seeds_that_only_one_group_has_are_left_out():
    first, second = pair([1.0, 2.0, 3.0, 100.0])
    layer = compare(first.drop(index=3), second)[0]
    assert (layer.seeds, layer.difference) == (3, 2.0)


def test_groups_without_a_common_seed_are_an_error():
    first, second = pair([1.0, 2.0])
    with pytest.raises(ValueError, match="no seed"):
        compare(first.loc[[0]], second.loc[[1]])


def test_a_seed_without_a_number_in_a_layer_is_left_out_there_and_overall():
    first, second = groups(9, (1, 2))
    second.loc[4, 2] = np.nan
    one, two, overall = compare(first, second)
    assert (one.seeds, two.seeds, overall.seeds) == (9, 8, 8)


def test_a_layer_without_any_number_cannot_reject():
    first, second = groups(9, (1, 2))
    second[2] = np.nan
    one, two, overall = compare(first, second)
    assert (two.seeds, two.conclusion, overall.conclusion) == (0, TOO_FEW, TOO_FEW)
    assert math.isnan(two.difference)
    assert one.p == 2 / 2**9


def test_the_interval_brackets_the_mean():
    layer = compare(*pair([1.0, 4.0, 2.0, 8.0, 5.0, 7.0]))[0]
    assert 1.0 < layer.low < 4.5 < layer.high < 8.0


def test_the_interval_is_as_wide_as_that_of_a_mean():
    """For 40 normal numbers the bootstrap must roughly agree with Student's t."""
    sample = np.random.default_rng(3).normal(10, 2, 40)
    layer = compare(*pair(sample.tolist()))[0]
    half = 2.0227 * sample.std(ddof=1) / math.sqrt(40)  # t of 39 degrees of freedom, from a table
    assert layer.high - layer.low == pytest.approx(2 * half, rel=0.15)


def test_the_same_differences_give_the_same_interval_again():
    differences = [0.3, 0.1, 0.9, 0.4, 0.6]
    assert compare(*pair(differences)) == compare(*pair(differences))


@pytest.mark.parametrize("sign", [1, -1])
def test_one_difference_in_all_seeds_has_an_interval_of_one_point(sign):
    first = pd.DataFrame({1: [0.1, 0.2, 0.3, 0.7]})
    layer = compare(first, first + sign * 0.3)[0]
    assert layer.low == pytest.approx(sign * 0.3)
    assert layer.high == layer.low
    assert layer.effect == sign * math.inf


def test_the_effect_is_the_mean_over_the_standard_deviation():
    assert compare(*pair([1.0, 2.0, 3.0]))[0].effect == pytest.approx(2.0)


def test_a_prediction_interval_as_from_a_table():
    """Mean 3, s = 1.5811, t of 4 degrees of freedom 2.7764: 3 +- 2.7764 x 1.5811 x sqrt(1.2)."""
    low, high = prediction_interval([1.0, 2.0, 3.0, 4.0, 5.0])
    assert (low, high) == pytest.approx((3 - 4.8088, 3 + 4.8088), abs=1e-3)


def test_a_prediction_interval_of_equal_values_is_that_value():
    assert prediction_interval([0.1] * 7) == (0.1, 0.1)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_two_values_predict_nothing(count):
    assert prediction_interval([1.0] * count) is None


def test_a_prediction_interval_holds_the_next_value_as_often_as_it_says():
    draws = np.random.default_rng(5).normal(size=(400, 7))
    inside = [
        low <= row[6] <= high for row in draws for low, high in [prediction_interval(row[:6])]
    ]
    assert np.mean(inside) == pytest.approx(0.95, abs=0.03)


def test_logarithms_let_zero_stand_for_the_smallest_positive_norm():
    found, zeros = logarithms(pd.DataFrame({1: [0.0, 1e-3], 2: [1.0, 0.0]}))
    assert zeros == 2
    assert found.to_numpy() == pytest.approx(np.array([[-3.0, 0.0], [-3.0, -3.0]]))


def test_logarithms_of_nothing_but_zero_are_zero():
    found, zeros = logarithms(pd.DataFrame({1: [0.0, 0.0]}))
    assert (found.to_numpy().tolist(), zeros) == ([[0.0], [0.0]], 2)


def test_logarithms_leave_what_is_no_number():
    found, zeros = logarithms(pd.DataFrame({1: [np.nan, 10.0]}))
    assert zeros == 0
    assert math.isnan(found.loc[0, 1])
