"""Weight normalisation: the same products as a dense layer of the same W, learned otherwise."""

import numpy as np
import pytest

from tests.network.central_differences import TOLERANCE, central_differences, penalty_of
from vanishing_gradients.trainer.network.dense import Dense, Penalty, WeightNormalizedDense
from vanishing_gradients.trainer.network.initializers import Constant, Normal

N_IN, WIDTH, BATCH = 4, 3, 5
PENALTIES = {"weight_penalty": Penalty(0.3, 0.2), "bias_penalty": Penalty(0.1, 0.4)}


def layer(kind: type[Dense] = WeightNormalizedDense, dtype: type = np.float64, **settings) -> Dense:
    return kind(N_IN, WIDTH, dtype, np.random.default_rng(1), Normal(1.0), **settings)


def moved(**settings) -> WeightNormalizedDense:
    """Return a layer whose gains are no longer the norms, one of them negative."""
    moved = layer(**settings)
    moved.parameters["gains"][:] = [0.5, -2.0, 3.0]
    moved.parameters["biases"][:] = [0.5, -1.0, 2.0]
    return moved


def batch(seed: int = 2) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    return generator.normal(size=(BATCH, N_IN)), generator.uniform(0.5, 1.5, (BATCH, WIDTH))


def test_training_starts_from_the_weights_of_a_dense_layer_of_the_same_seed():
    np.testing.assert_allclose(layer().weights, layer(Dense).weights, rtol=1e-15)
    np.testing.assert_allclose(
        layer().forward(batch()[0], training=True),
        layer(Dense).forward(batch()[0], training=True),
        rtol=1e-12,
    )


def test_a_column_that_one_can_do_by_hand():
    one = WeightNormalizedDense(2, 1, np.float64, np.random.default_rng(0))
    one.parameters["directions"][:] = [[3.0], [4.0]]
    one.parameters["gains"][:] = 10.0
    one.parameters["biases"][:] = 1.0
    np.testing.assert_allclose(one.weights, [[6.0], [8.0]], rtol=1e-15)
    np.testing.assert_allclose(one.forward(np.array([[1.0, 2.0]]), training=True), [[23.0]])


@pytest.mark.parametrize("settings", [{}, PENALTIES], ids=["without penalties", "with"])
@pytest.mark.parametrize("parameter", ["directions", "gains", "biases"])
def test_the_gradient_of_each_parameter_agrees_with_central_differences(parameter, settings):
    dense, (inputs, weighting) = moved(**settings), batch()

    def loss() -> float:
        outputs = dense.forward(inputs, training=True)
        return float((outputs * weighting).sum()) + penalty_of([dense])

    expected = central_differences(loss, dense.parameters[parameter])
    loss()
    dense.backward(weighting)
    np.testing.assert_allclose(dense.parameter_gradients[parameter], expected, **TOLERANCE)


@pytest.mark.parametrize("settings", [{}, PENALTIES], ids=["without penalties", "with"])
def test_what_a_recorder_keeps_is_the_gradient_of_the_w_that_multiplies(settings):
    normalized, dense, (inputs, upstream) = moved(**settings), layer(Dense, **settings), batch()
    dense.parameters["weights"][:] = normalized.weights
    dense.parameters["biases"][:] = normalized.parameters["biases"]
    for each in (normalized, dense):
        each.forward(inputs, training=True)
    np.testing.assert_allclose(
        normalized.backward(upstream), dense.backward(upstream), rtol=1e-12, atol=1e-12
    )
    np.testing.assert_allclose(normalized.gradient, dense.gradient, rtol=1e-12)
    assert penalty_of([normalized]) == pytest.approx(penalty_of([dense]), rel=1e-12)


def test_a_direction_never_learns_to_be_longer_or_shorter_at_once():
    dense, (inputs, upstream) = moved(), batch()
    dense.forward(inputs, training=True)
    dense.backward(upstream)
    along = (dense.parameters["directions"] * dense.parameter_gradients["directions"]).sum(axis=0)
    np.testing.assert_allclose(along, 0.0, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("length", [1e-30, 1e-10, 1e10, 1e30])
def test_how_long_a_direction_is_changes_nothing_of_w(length, dtype):
    dense = layer(dtype=dtype)
    expected = dense.weights
    dense.parameters["directions"] *= dtype(length)
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(dense.weights, expected, rtol=1e-5)


@pytest.mark.parametrize("length", [1e-200, 1e200, 1e307])
def test_directions_whose_squares_overflow_or_vanish_still_point(length):
    dense, (inputs, upstream) = layer(), batch()
    expected = dense.weights
    dense.parameters["directions"] *= length
    np.testing.assert_allclose(dense.weights, expected, rtol=1e-12)
    dense.forward(inputs, training=True)
    dense.backward(upstream)
    assert dense.parameter_gradients["directions"].all()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_direction_that_is_not_finite_makes_its_neuron_not_a_number_and_no_other(bad):
    dense = layer()
    dense.parameters["directions"][1, 2] = bad
    with np.errstate(all="ignore"):
        outputs = dense.forward(batch()[0], training=True)
    for array in (outputs, dense.weights):
        assert np.isnan(array).tolist() == [[False, False, True]] * len(array)


def test_weights_are_those_of_the_parameters_as_they_are_now():
    dense, (inputs, upstream) = moved(), batch()
    dense.forward(inputs, training=True)
    before = dense.weights
    dense.backward(upstream)
    dense.parameters["gains"] *= 2.0
    np.testing.assert_allclose(dense.weights, 2.0 * before, rtol=1e-15)


def test_reading_the_weights_between_forward_and_backward_changes_no_gradient():
    dense, (inputs, upstream) = moved(), batch()
    dense.forward(inputs, training=True)
    expected = dense.backward(upstream).copy()
    dense.forward(inputs, training=True)
    dense.weights[:] = np.nan
    np.testing.assert_array_equal(dense.backward(upstream), expected)


def test_initial_weights_that_point_nowhere_are_refused():
    with pytest.raises(ValueError, match="other than zero"):
        WeightNormalizedDense(2, 2, np.float64, np.random.default_rng(0), Constant(0.0))
