"""Sums over the gradients of steps: for any order of chunks, and however small they are."""

import itertools

import numpy as np
import pytest

from vanishing_gradients.sql.catalogue import ZEROS
from vanishing_gradients.sql.objects import Layer
from vanishing_gradients.telemetry.chunk import Assembler
from vanishing_gradients.telemetry.finite_steps import finite_steps
from vanishing_gradients.telemetry.noise import GradientSums, SumsInOrder
from vanishing_gradients.telemetry.statistics import (
    by_exponent,
    chunk_statistics,
    storable_magnitudes,
)

LAYER = Layer(1, "layer_1_input", 300, "input")
GRADIENTS = np.random.default_rng(3).normal(0.2, size=(8, 400, 300))


def sums_of(gradients: np.ndarray) -> GradientSums:
    sums = GradientSums(*gradients.shape[1:])
    for gradient in gradients:
        (found,) = finite_steps(gradient[np.newaxis])
        sums.add(found.values, found.squares, found.kept)
    return sums


def chunks():
    assembler = Assembler(LAYER, np.dtype(np.float64))
    made = [assembler.add(1, step, each) for step, each in enumerate(GRADIENTS, 1)]
    return [chunk for chunk in [*made, assembler.take()] if chunk]


def test_the_noise_scale_is_that_of_its_formula():
    n, squares = len(GRADIENTS), (GRADIENTS**2).sum(axis=(1, 2)).mean()
    of_mean = (GRADIENTS.mean(axis=0) ** 2).sum()
    noise = sums_of(GRADIENTS).noise()
    expected = (squares, of_mean, (squares - of_mean) / (of_mean - squares / n))
    found = (noise.mean_square, noise.square_of_mean, noise.batches)
    assert found == pytest.approx(expected, rel=1e-12)


def test_whichever_chunk_comes_first_the_bits_are_the_same():
    made = chunks()
    assert len(made) > 3
    found = set()
    for order in itertools.permutations(made[:4]):
        joined = SumsInOrder()
        for chunk in [*order, *made[4:]]:
            joined.add(chunk.number, chunk.first_step, chunk_statistics(chunk).sums)
        found.add(joined.noise())
    assert len(found) == 1


def test_chunks_wait_only_for_those_before_them():
    joined = SumsInOrder()
    for chunk in chunks():
        joined.add(chunk.number, chunk.first_step, chunk_statistics(chunk).sums)
        assert not joined._waiting


def test_gradients_whose_squares_no_double_holds_have_the_noise_scale_of_larger_ones():
    small = sums_of(GRADIENTS * 1e-200).noise()
    assert small.batches == pytest.approx(sums_of(GRADIENTS).noise().batches, rel=1e-12)
    assert (small.mean_square, small.square_of_mean) == (None, None)


def test_rows_that_are_not_finite_are_left_out_of_their_step_alone():
    spoilt = GRADIENTS.copy()
    spoilt[2, 5, 7], spoilt[3] = np.nan, np.inf
    noise = sums_of(spoilt).noise()
    kept = np.isfinite(spoilt).all(axis=2)[..., np.newaxis]
    means = np.where(kept, spoilt, 0.0).sum(axis=0) / kept.sum(axis=0)
    squares = (np.where(kept, spoilt, 0.0) ** 2).sum(axis=(0, 2)) / kept.sum(axis=0)[:, 0]
    found = (noise.mean_square, noise.square_of_mean)
    assert found == pytest.approx((squares.sum(), (means**2).sum()), rel=1e-12)


def test_a_layer_without_a_finite_row_has_none():
    noise = sums_of(np.full((3, 2, 2), np.nan)).noise()
    assert (noise.mean_square, noise.square_of_mean, noise.batches) == (None, None, None)


def test_a_layer_of_more_than_a_million_weights_has_no_sums():
    layer = Layer(1, "layer_1_input", 1001, "input")
    assembler = Assembler(layer, np.dtype(np.float32))
    assembler.add(1, 1, np.zeros((1000, 1001), np.float32))
    assert chunk_statistics(assembler.take()).sums is None


def test_cells_are_counted_by_the_power_of_two_that_they_reach():
    cells = np.array([0.0, -0.0, 1.0, -1.99, 2.0, 0.5, 5e-324, 2.0**-1022, 2.0**-1023])
    assert by_exponent(storable_magnitudes(cells)) == [
        (ZEROS, 2), (-1074, 1), (-1023, 1), (-1022, 1), (-1, 1), (0, 2), (1, 1),
    ]  # fmt: skip


def test_cells_that_cannot_be_stored_are_not_counted():
    cells = np.array([[np.nan, np.inf], [1e151, 1.0]])
    assert by_exponent(storable_magnitudes(cells)) == [(ZEROS, 0), (0, 1)]
    assert by_exponent(storable_magnitudes(cells[:, :1])) == [(ZEROS, 0)]


def test_the_first_step_every_tenth_after_it_and_the_last_are_counted():
    assembler = Assembler(LAYER, np.dtype(np.float64))
    made = [assembler.add(1, step, GRADIENTS[0]) for step in range(1, 100, 4)]
    counted = [
        int(step)
        for chunk in [*made, assembler.take()]
        if chunk
        for step in chunk.steps[chunk.counted]
    ]
    assert counted == [1, 41, 81, 97]
