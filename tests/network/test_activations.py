"""Activations: exact for every z, flat where they say so, and correct at extreme values."""

import numpy as np
import pytest

from tests.network.exact_activations import EXACT, exact
from vanishing_gradients.trainer.network.activations import ACTIVATIONS, ELU, Activation, PReLU

Z = [-700, -300, -100, -40, -20, -10, -3, -1, -0.1, -1e-9, 0, 1e-9, 0.1, 1, 3, 10, 20, 40, 100, 700]
# How many units in the last place an exponent of up to 700, itself rounded, may be off.
PRECISION = {np.float64: 3e-13, np.float32: 3e-5}
INFINITE = np.inf
# Outputs and slopes at -infinity and +infinity, for those whose ends differ from a ReLU's.
AS_RELU = (0, INFINITE, 0, 1)
ENDS = {
    "sigmoid": (0, 1, 0, 0),
    "tanh": (-1, 1, 0, 0),
    "leaky_relu": (-INFINITE, INFINITE, 0.01, 1),
    "prelu": (-INFINITE, INFINITE, 0.25, 1),
    "elu": (-1, INFINITE, 0, 1),
    "selu": (-1.0507009873554805 * 1.6732632423543772, INFINITE, 0, 1.0507009873554805),
    "identity": (-INFINITE, INFINITE, 1, 1),
}
# Sums just outside, and just inside, the flat region, where f' is 1 % of its largest value.
FLAT = {
    "sigmoid": ([-5.9, 0, 5.9], [-6.0, 6.0, np.inf]),
    "relu": ([1e-300, 5], [0, -1e-300]),
    "tanh": ([-2.99, 0, 2.99], [-3.0, 3.0]),
    "leaky_relu": ([-1e9, 0, 1e9], []),
    "prelu": ([-1e9, 0, 1e9], []),
    "elu": ([-4.60, 0, 9], [-4.61, -np.inf]),
    "selu": ([-4.60, 0, 9], [-4.61, -np.inf]),
    "gelu": ([-0.72, -0.79, -3.0, 0, 9], [-0.7525, -3.02, -9]),
    "swish": ([-1.2, -1.4, -6, 0, 9], [-1.2785, -7, -99]),
    "softplus": ([-4.59, 0, 9], [-4.60, -99]),
}


def slopes(layer: Activation, z: np.ndarray) -> np.ndarray:
    layer.forward(z, training=True)
    return layer.backward(np.ones_like(z))


def column(z: list[float], dtype: type = np.float64) -> np.ndarray:
    return np.array(z, dtype).reshape(-1, 1)


def test_every_activation_is_compared_with_its_formula():
    assert EXACT.keys() == ACTIVATIONS.keys()


@pytest.mark.parametrize("dtype", PRECISION)
@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_outputs_and_slopes_are_exact_however_far_they_saturate(kind, dtype):
    layer, z = ACTIVATIONS[kind](1, dtype), column(Z, dtype)
    output, slope = exact(kind, z)
    # Below its smallest normal number a precision loses digits.
    close = {"rtol": PRECISION[dtype], "atol": 2 * float(np.finfo(dtype).tiny)}
    np.testing.assert_allclose(layer.forward(z, training=True), output, **close)
    np.testing.assert_allclose(slopes(layer, z), slope, **close)


@pytest.mark.parametrize("dtype", PRECISION)
@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_no_slope_is_zero_that_the_precision_can_tell_from_zero(kind, dtype):
    z = np.linspace(-745, 745, 299, dtype=dtype).reshape(-1, 1)
    _, slope = exact(kind, z)
    visible = np.abs(slope) > 2 * np.finfo(dtype).tiny
    assert visible.any()
    assert slopes(ACTIVATIONS[kind](1, dtype), z)[visible].all()


@pytest.mark.parametrize("dtype", PRECISION)
@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_infinite_and_huge_sums_give_the_limits_and_no_warning(kind, dtype):
    layer = ACTIVATIONS[kind](1, dtype)
    huge = float(np.finfo(dtype).max) / 2  # SELU enlarges it slightly
    low, high, low_slope, high_slope = ENDS.get(kind, AS_RELU)
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        for end in (np.inf, huge, 1e30):
            z = column([-end, end], dtype)
            expected = [low if np.isfinite(low) else low_slope * -end]
            expected += [high if np.isfinite(high) else high_slope * end]
            np.testing.assert_allclose(layer.forward(z, True)[:, 0], expected, rtol=1e-6)
            np.testing.assert_allclose(slopes(layer, z)[:, 0], [low_slope, high_slope], rtol=1e-6)


@pytest.mark.parametrize("dtype", PRECISION)
@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_a_sum_that_is_not_a_number_gives_an_output_that_is_none(kind, dtype):
    outputs = ACTIVATIONS[kind](2, dtype).forward(np.array([[np.nan, 1.0]], dtype), training=True)
    assert np.isnan(outputs[0]).tolist() == [True, False]


@pytest.mark.parametrize("dtype", PRECISION)
@pytest.mark.parametrize("kind", sorted(ACTIVATIONS.keys() - {"relu", "identity"}))
def test_a_sum_that_is_not_a_number_has_a_slope_that_is_none(kind, dtype):
    found = slopes(ACTIVATIONS[kind](2, dtype), np.array([[np.nan, 1.0]], dtype))
    assert np.isnan(found[0]).tolist() == [True, False]


@pytest.mark.parametrize("z", [-800.0, -1.0, 0.0, 1.0, 800.0])
@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_a_gradient_from_above_that_is_not_a_number_stays_none(kind, z):
    layer = ACTIVATIONS[kind](1, np.float64)
    layer.forward(column([z]), training=True)
    assert np.isnan(layer.backward(column([np.nan])))


@pytest.mark.parametrize("kind", sorted(ACTIVATIONS.keys() - {"sigmoid"}))
def test_a_gradient_that_a_flat_end_stops_is_zero_and_not_minus_zero(kind):
    layer = ACTIVATIONS[kind](1, np.float64)
    layer.forward(column([-1e9, 1e9]), training=True)
    gradient = layer.backward(column([-3.0, -3.0]))
    assert not np.signbit(gradient[gradient == 0]).any()


@pytest.mark.parametrize("kind", sorted(ACTIVATIONS.keys() - {"identity"}))
def test_the_steepest_slope_is_the_largest_there_is(kind):
    layer = ACTIVATIONS[kind](1, np.float64)
    largest = np.abs(slopes(layer, column(np.linspace(-10, 10, 20_001)))).max()
    assert largest == pytest.approx(layer.steepest, rel=1e-4)


@pytest.mark.parametrize("dtype", PRECISION)
@pytest.mark.parametrize("kind", FLAT)
def test_a_sample_is_saturated_where_the_slope_is_below_1_percent_of_the_steepest(kind, dtype):
    live, flat = FLAT[kind]
    if dtype is np.float32:  # 1e-300 is 0 there
        live = [z for z in live if z == 0 or abs(z) > 1e-30]
    layer = ACTIVATIONS[kind](2, dtype)
    batch = [(z, 1.0) for z in live + flat]
    slopes(layer, np.array(batch, dtype))
    saturated = layer.saturated()
    assert saturated.tolist() == [len(flat), 0]
    assert saturated.dtype == np.int64


def test_a_neuron_of_learned_slope_is_saturated_below_its_own_steepest():
    layer = PReLU(4, np.float64)
    layer.parameters["slope"][:] = [0.25, 0.005, 200.0, -0.005]
    slopes(layer, np.array([[-1.0] * 4, [1.0] * 4, [-2.0] * 4]))
    # A slope of 200 below zero makes the 1 above zero less than 1 % of it.
    assert layer.saturated().tolist() == [0, 2, 1, 2]


def test_the_step_after_a_backward_does_not_change_who_was_saturated():
    layer = PReLU(1, np.float64)
    layer.parameters["slope"][:] = 0.001
    slopes(layer, column([-1.0, 1.0]))
    layer.parameters["slope"][:] = 500.0
    assert layer.saturated().tolist() == [1]


@pytest.mark.parametrize("kind", FLAT)
def test_only_the_samples_of_the_latest_batch_are_counted(kind):
    layer, (live, flat) = ACTIVATIONS[kind](1, np.float64), FLAT[kind]
    slopes(layer, column(flat * 5 + live))
    slopes(layer, column(live[:1] + flat[:1]))
    assert layer.saturated().tolist() == [len(flat[:1])]


@pytest.mark.parametrize("kind", FLAT)
def test_a_slope_that_is_not_a_number_is_not_saturated(kind):
    layer = ACTIVATIONS[kind](1, np.float64)
    slopes(layer, column([np.nan]))
    assert layer.saturated().tolist() == [0]


def test_before_any_backward_nobody_is_saturated():
    assert ACTIVATIONS["tanh"](3, np.float64).saturated().tolist() == [0, 0, 0]


def test_the_identity_has_no_saturation():
    layer = ACTIVATIONS["identity"](1, np.float64)
    slopes(layer, column([1.0]))
    assert layer.saturated() is None


@pytest.mark.parametrize("alpha", [0.3, 1.0, 2.0])
def test_an_elu_ends_at_minus_alpha_and_comes_in_with_slope_alpha(alpha):
    layer, z = ELU(1, np.float64), column([-1000.0, -1.0, 0.0, 2.0])
    layer.alpha = alpha
    below = alpha * (np.exp(-1.0) - 1)
    np.testing.assert_allclose(
        layer.forward(z, training=True)[:, 0], [-alpha, below, 0, 2], rtol=1e-15
    )
    np.testing.assert_allclose(
        slopes(layer, z)[:, 0], [0, alpha * np.exp(-1.0), alpha, 1], rtol=1e-15
    )
