"""Layer normalisation of a sample, including extreme values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from vanishing_gradients.trainer.network.normalizations import LayerNormalization

HUGE = {np.float64: 1e300, np.float32: 1e37}


def test_each_sample_has_mean_0_and_variance_1_before_scale_and_shift():
    layer = LayerNormalization(50, np.float64)
    layer.epsilon = 1e-12
    outputs = layer.forward(np.random.default_rng(4).normal(5.0, 3.0, (4, 50)), training=True)
    np.testing.assert_allclose(outputs.mean(axis=1), 0.0, atol=1e-12)
    np.testing.assert_allclose(outputs.var(axis=1), 1.0, rtol=1e-9)


def test_a_sample_that_one_can_do_by_hand():
    layer = LayerNormalization(2, np.float64)
    layer.epsilon = 7.0
    layer.parameters["scale"][:] = [2.0, 4.0]
    layer.parameters["shift"][:] = [1.0, -1.0]
    # mean 5, variance 9, and sqrt(9 + 7) = 4
    outputs = layer.forward(np.array([[2.0, 8.0]]), training=True)
    np.testing.assert_array_equal(outputs, [[2 * -0.75 + 1, 4 * 0.75 - 1]])


def test_a_sample_is_normalised_alike_alone_in_a_batch_and_outside_training():
    layer = LayerNormalization(5, np.float64)
    samples = np.random.default_rng(0).normal(size=(3, 5))
    together = layer.forward(samples, training=True).copy()
    alone = [layer.forward(sample[np.newaxis], training=False)[0].copy() for sample in samples]
    np.testing.assert_array_equal(together, alone)


@given(arrays(np.float64, (2, 4), elements=st.integers(-1000, 1000)), st.integers(-1000, 1000))
def test_what_all_neurons_have_in_common_is_taken_out(samples, common):
    layer = LayerNormalization(4, np.float64)
    expected = layer.forward(samples, training=True).copy()
    np.testing.assert_allclose(layer.forward(samples + common, True), expected, atol=1e-9)


@pytest.mark.parametrize("width", [1, 3])
def test_neurons_that_are_all_alike_give_the_shift_and_a_gradient_of_zero(width):
    layer = LayerNormalization(width, np.float64)
    layer.parameters["shift"][:] = 0.5
    np.testing.assert_array_equal(layer.forward(np.full((2, width), 3.0), training=True), 0.5)
    np.testing.assert_allclose(layer.backward(np.ones((2, width))), 0.0, atol=1e-12)


@pytest.mark.parametrize("dtype", HUGE)
def test_sums_whose_squares_overflow_are_normalised_and_no_zero_stands_for_them(dtype):
    layer, small = LayerNormalization(3, dtype), np.array([[1.0, 2.0, 6.0], [1.0, 1.5, 2.0]], dtype)
    expected = layer.forward(small * 1000, training=True).copy()
    expected_gradient = layer.backward(np.array([[1.0, 2.0, 4.0]] * 2, dtype)).copy()
    huge = small * [[HUGE[dtype]], [1000.0]]
    with np.errstate(over="ignore"):
        outputs = layer.forward(huge.astype(dtype), training=True)
    np.testing.assert_allclose(outputs, expected, rtol=1e-5)
    gradient = layer.backward(np.array([[1.0, 2.0, 4.0]] * 2, dtype))
    np.testing.assert_allclose(gradient[1], expected_gradient[1], rtol=1e-6)
    if dtype is np.float64:  # in single precision this one is below the smallest number
        np.testing.assert_allclose(gradient[0] * HUGE[dtype], expected_gradient[0] * 1e3, rtol=1e-5)
        assert gradient[0].all()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_sample_that_is_not_finite_becomes_not_a_number_and_no_other_does(bad):
    layer = LayerNormalization(3, np.float64)
    samples = np.array([[1.0, 2.0, 3.0], [1.0, bad, 3.0]])
    with np.errstate(all="ignore"):
        outputs = layer.forward(samples, training=True)
        gradient = layer.backward(np.array([[1.0, 2.0, 4.0]] * 2))
    for array in (outputs, gradient):
        assert np.isnan(array).tolist() == [[False] * 3, [True] * 3]
