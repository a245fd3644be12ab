"""Statistics of one step."""

import math
import statistics as textbook

import numpy as np
import pytest

from vanishing_gradients.sql.objects import Layer
from vanishing_gradients.telemetry.chunk import Chunk, small_norms, small_rows
from vanishing_gradients.telemetry.finite_steps import medians
from vanishing_gradients.telemetry.statistics import chunk_statistics, step_statistics

GRADIENT = np.array([[3.0, 4.0], [0.0, -5e-4], [-2e-6, 12.0]])


def test_statistics_of_a_small_gradient_are_those_worked_out_by_hand():
    found = step_statistics(GRADIENT)
    assert (found.row_count, found.finite_rows, found.non_finite) == (3, 3, 0)
    assert found.row_norm_sum == pytest.approx(5 + 5e-4 + math.sqrt(144 + 4e-12), rel=1e-15)
    assert found.gradient_norm == pytest.approx(math.sqrt(25 + 25e-8 + 144 + 4e-12), rel=1e-15)
    assert found.mean == pytest.approx((7 - 5e-4 + 12 - 2e-6) / 6, rel=1e-15)
    assert found.mean_abs == pytest.approx((7 + 5e-4 + 12 + 2e-6) / 6, rel=1e-15)
    assert found.median == pytest.approx((0.0 + 3.0) / 2, rel=1e-15)
    assert found.zeros == pytest.approx(1 / 6)
    assert found.below_1em3 == pytest.approx(3 / 6)
    assert found.below_1em5 == pytest.approx(2 / 6)
    assert (found.min, found.max) == (-5e-4, 12.0)


def test_a_row_with_a_non_finite_cell_is_left_out_and_its_cells_counted():
    found = step_statistics(np.array([[3.0, 4.0], [np.nan, 1.0], [np.inf, -np.inf]]))
    assert (found.row_count, found.finite_rows, found.non_finite) == (3, 1, 3)
    assert (found.row_norm_sum, found.mean, found.max) == (5.0, 3.5, 4.0)


def test_a_double_whose_square_overflows_counts_as_non_finite():
    found = step_statistics(np.array([[1e151, 1.0], [3.0, 4.0]]))
    assert (found.non_finite, found.gradient_norm) == (1, 5.0)


def test_a_gradient_with_no_finite_row_has_no_statistics():
    found = step_statistics(np.full((2, 2), np.nan))
    assert (found.finite_rows, found.non_finite) == (0, 4)
    assert {found.mean, found.median, found.row_norm_sum, found.min, found.zeros} == {None}


def test_magnitudes_equal_to_a_threshold_are_not_below_it():
    found = step_statistics(np.array([[1e-3, 1e-5]]))
    assert (found.below_1em3, found.below_1em5) == (0.5, 0.0)


def test_single_precision_is_summed_in_double():
    gradient = np.random.default_rng(1).normal(size=(784, 128)).astype(np.float32)
    exact = [float(value) for value in gradient.ravel()]
    found = step_statistics(gradient)
    assert found.mean == pytest.approx(math.fsum(exact) / len(exact), rel=1e-12)
    assert found.median == pytest.approx(textbook.median(exact), rel=1e-6)
    assert found.gradient_norm == pytest.approx(
        math.sqrt(math.fsum(x * x for x in exact)), rel=1e-13
    )


def test_norms_of_a_step_that_cannot_be_stored_are_none():
    found = step_statistics(GRADIENT, np.array([np.inf, 2.0, np.nan]))
    assert (found.clipped_norm, found.weight_norm, found.update_norm) == (None, 2.0, None)


def test_the_saturated_fraction_is_of_all_rows_even_those_left_out():
    gradient = np.array([[3.0, np.nan], [0.0, 1.0], [1.0, 1.0], [2.0, 2.0]])
    assert step_statistics(gradient, None, np.array([4, 1])).saturated == 5 / 8


def test_what_a_step_did_is_kept_where_no_row_is_finite():
    found = step_statistics(np.full((2, 2), np.nan), np.array([1.0, 2.0, 3.0]), np.array([0, 2]))
    assert (found.update_norm, found.saturated, found.mean) == (3.0, 0.5, None)


@pytest.mark.parametrize("lost", [[], [(0, 1)], [(3, 0), (7, 2)]])
@pytest.mark.parametrize("counts", [(4, 4, 4), (4, 4, 2), (1, 5)])
def test_rows_of_small_squares_are_those_of_the_whole_chunk(counts, lost):
    generator = np.random.default_rng(11)
    values = generator.normal(size=(sum(counts), 3)) * 1e-150 ** generator.integers(
        0, 2, (sum(counts), 1)
    )
    for row, column in lost:
        if row < len(values):
            values[row, column] = np.inf
    layer = Layer(1, "layer_1_input", 3, "sample")
    chunk = Chunk(layer, 1, np.arange(1, len(counts) + 1), np.array(counts), values)
    squares = np.einsum("ij,ij->i", values, values)
    few = chunk_statistics(chunk).few
    assert few.tolist() == small_rows(squares, 3).tolist()
    np.testing.assert_array_equal(small_norms(values, few), small_norms(values))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("shares", [0.0, 0.3, 0.5, 0.7, 1.0])
@pytest.mark.parametrize("size", [7, 8, 9_999, 10_000, 40_000])
def test_the_median_of_many_values_is_that_of_all(size, shares, dtype):
    generator = np.random.default_rng(size)
    values = generator.standard_cauchy(size).astype(dtype)
    values[generator.random(size) < shares] = 0.0
    expected = np.median(values.astype(np.float64))
    assert medians(values.reshape(1, 1, size)) == [expected]
    assert medians(np.sort(values).reshape(1, size, 1)) == [expected]
