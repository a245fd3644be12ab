"""Gradients clipped by value, by norm and by global norm, and the effect on infinities."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tests.network.small_network import batch, build, experiment
from vanishing_gradients.trainer.network.clipping import ClipByGlobalNorm, ClipByNorm, ClipByValue
from vanishing_gradients.trainer.network.dense import Dense
from vanishing_gradients.trainer.network.network import Network
from vanishing_gradients.trainer.network.softmax import Softmax

INF = np.inf


def clipped(clipping, gradients, dtype=np.float64) -> np.ndarray:
    """Return the clipped gradients of one dense layer: six weights, then three biases."""
    generator = np.random.default_rng(0)
    network = Network([Dense(2, 3, dtype, generator), Softmax(3, dtype)])
    network.gradients[:] = gradients
    clipping.clip(network)
    return network.gradients.copy()


def test_by_value_each_gradient_is_cut_off_at_the_limit():
    found = clipped(ClipByValue(0.5), [0.1, -0.5, 0.6, -7, 0, 0.5, -0.2, 1e9, -0.51])
    np.testing.assert_array_equal(found, [0.1, -0.5, 0.5, -0.5, 0, 0.5, -0.2, 0.5, -0.5])


def test_by_norm_each_array_is_shortened_by_itself():
    # weights of norm 5, biases of norm 0.5: a limit of 1 only affects the weights
    found = clipped(ClipByNorm(1.0), [3, 0, 0, 0, -4, 0, 0.3, 0.4, 0])
    np.testing.assert_allclose(found, [0.6, 0, 0, 0, -0.8, 0, 0.3, 0.4, 0], rtol=1e-15)


def test_by_global_norm_all_gradients_are_shortened_alike():
    # the global norm is 13
    found = clipped(ClipByGlobalNorm(1.3), [3, 0, 0, 0, -4, 0, 0, 12, 0])
    np.testing.assert_allclose(found, [0.3, 0, 0, 0, -0.4, 0, 0, 1.2, 0], rtol=1e-15)


@pytest.mark.parametrize("kind", [ClipByValue, ClipByNorm, ClipByGlobalNorm])
@pytest.mark.parametrize("gradients", [np.zeros(9), [3, 0, 0, 0, -4, 0, 0, 0, 0]])
def test_what_is_not_above_the_limit_stays_to_the_bit(kind, gradients):
    np.testing.assert_array_equal(clipped(kind(5.0), gradients), gradients)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("kind", [ClipByNorm, ClipByGlobalNorm])
@pytest.mark.parametrize("power", [-1, -0.6, 0.3, 0.6, 0.99])
def test_squares_that_overflow_or_underflow_do_not_spoil_the_norm(kind, dtype, power):
    info = np.finfo(dtype)
    size = float(info.max) ** power if power > 0 else float(info.tiny) ** -power
    found = clipped(kind(2.5e-3 * size), np.array([3, 0, 0, 0, -4, 0, 0, 0, 0]) * size / 5, dtype)
    expected = np.array([1.5e-3, 0, 0, 0, -2e-3, 0, 0, 0, 0]) * size
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=2 * float(info.smallest_subnormal))


@pytest.mark.parametrize("kind", [ClipByNorm, ClipByGlobalNorm])
def test_a_norm_beyond_all_numbers_of_finite_gradients_leaves_their_direction(kind):
    found = clipped(kind(1.0), [1.5e308, -1.5e308, 1.5e308, 1.5e308, 0, 0, 0, 0, 0])
    np.testing.assert_allclose(found, [0.5, -0.5, 0.5, 0.5, 0, 0, 0, 0, 0], rtol=1e-15)


def test_by_value_an_infinity_becomes_the_limit():
    found = clipped(ClipByValue(2.0), [INF, -INF, 1, 0, 0, 0, 0, 0, 0])
    np.testing.assert_array_equal(found[:3], [2, -2, 1])


def test_by_norm_infinities_share_the_limit_of_their_array():
    found = clipped(ClipByNorm(2.0), [INF, -INF, 1e300, INF, 5, -INF, 0.3, 0.4, 0])
    np.testing.assert_array_equal(found, [1, -1, 0, 1, 0, -1, 0.3, 0.4, 0])


def test_by_global_norm_infinities_share_the_limit_and_all_else_becomes_zero():
    found = clipped(ClipByGlobalNorm(2.0), [INF, -INF, 1e300, INF, 5, -INF, 0.3, 0.4, 0])
    np.testing.assert_array_equal(found, [1, -1, 0, 1, 0, -1, 0, 0, 0])


@pytest.mark.parametrize("kind", [ClipByValue, ClipByNorm, ClipByGlobalNorm])
def test_what_is_not_a_number_stays_so_and_makes_nothing_else_so(kind):
    found = clipped(kind(2.0), [np.nan, 1, 1, 0, 0, 0, 0.5, 0, 0])
    np.testing.assert_array_equal(found, [np.nan, 1, 1, 0, 0, 0, 0.5, 0, 0])


@given(
    arrays.arrays(np.float64, 9, elements=st.floats(allow_nan=False)),
    st.floats(1e-300, 1e300),
    st.sampled_from([ClipByValue, ClipByNorm, ClipByGlobalNorm]),
)
def test_no_number_becomes_none_or_changes_its_sign_or_exceeds_the_limit(gradients, limit, kind):
    found = clipped(kind(limit), gradients)
    assert np.isfinite(found).all()
    assert (found * np.sign(gradients) >= 0).all()
    assert (np.abs(found) <= np.minimum(np.abs(gradients), limit) * (1 + 1e-12)).all()
    if kind is ClipByGlobalNorm:
        assert np.linalg.norm(found / limit) <= 1 + 1e-12


def test_gradients_of_a_real_network_have_the_norm_that_was_asked_for():
    network = build(experiment())
    images, labels = batch()
    network.forward(images, training=True)
    network.backward(labels)
    before = network.gradients.copy()
    ClipByGlobalNorm(1e-3).clip(network)
    assert np.linalg.norm(network.gradients) == pytest.approx(1e-3, rel=1e-14)
    np.testing.assert_allclose(network.gradients * np.linalg.norm(before) / 1e-3, before)


@pytest.mark.parametrize("kind", [ClipByValue, ClipByNorm, ClipByGlobalNorm])
@pytest.mark.parametrize("limit", [0.0, -1.0, np.nan])
def test_a_limit_is_above_zero(kind, limit):
    with pytest.raises(ValueError, match="not above 0"):
        kind(limit)
