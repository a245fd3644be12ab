"""Each layer alone: its outputs, and its gradients against central differences."""

from decimal import Decimal, localcontext
from functools import partial

import numpy as np
import pytest

from tests.network.central_differences import TOLERANCE, central_differences, penalty_of
from vanishing_gradients.trainer.network.activations import ACTIVATIONS, PReLU, ReLU, Sigmoid
from vanishing_gradients.trainer.network.dense import Dense, Penalty
from vanishing_gradients.trainer.network.dropout import Dropout
from vanishing_gradients.trainer.network.initializers import Normal
from vanishing_gradients.trainer.network.layer import Layer
from vanishing_gradients.trainer.network.normalizations import (
    BatchNormalization,
    LayerNormalization,
)

BATCH, WIDTH = 6, 4


def dense() -> Dense:
    return Dense(WIDTH, 3, np.float64, np.random.default_rng(1), Normal(1.0))


def normalization(kind: type[Layer]) -> Layer:
    layer = kind(WIDTH, np.float64)
    layer.parameters["scale"][:] = [0.5, 1.0, 2.0, -1.0]
    layer.parameters["shift"][:] = [0.0, 1.0, -1.0, 0.5]
    return layer


def prelu() -> PReLU:
    layer = PReLU(WIDTH, np.float64)
    layer.parameters["slope"][:] = [-0.5, 0.0, 0.25, 3.0]
    return layer


LAYERS = {
    "dense": dense,
    "dropout": lambda: Dropout(WIDTH, 0.4, np.float64, np.random.default_rng(2)),
    "batch_normalization": lambda: normalization(BatchNormalization),
    "layer_normalization": lambda: normalization(LayerNormalization),
}
LAYERS |= {kind: partial(layer, WIDTH, np.float64) for kind, layer in ACTIVATIONS.items()}
LAYERS["prelu"] = prelu


class Probe:
    """A layer under a loss that weights each of its outputs differently."""

    def __init__(self, layer: Layer) -> None:
        generator = np.random.default_rng(3)
        self.layer = layer
        self.inputs = generator.uniform(0.2, 2.0, (BATCH, WIDTH))
        self.inputs *= generator.choice([-1.0, 1.0], (BATCH, WIDTH))  # away from ReLU's kink
        self.weights = generator.uniform(0.5, 1.5, (BATCH, layer.width))
        self._randomness = getattr(layer, "_generator", np.random.default_rng()).bit_generator
        self._start = self._randomness.state

    def loss(self) -> float:
        self._randomness.state = self._start  # dropout draws the same mask every time
        return float((self.layer.forward(self.inputs, training=True) * self.weights).sum())

    def backward(self) -> np.ndarray:
        self.loss()
        return self.layer.backward(self.weights).copy()


@pytest.fixture(params=LAYERS)
def probe(request: pytest.FixtureRequest) -> Probe:
    return Probe(LAYERS[request.param]())


def test_the_gradient_of_the_inputs_agrees_with_central_differences(probe: Probe):
    expected = central_differences(probe.loss, probe.inputs)
    np.testing.assert_allclose(probe.backward(), expected, **TOLERANCE)


@pytest.mark.parametrize(
    ("layer", "parameter"),
    [
        ("dense", "weights"),
        ("dense", "biases"),
        ("batch_normalization", "scale"),
        ("batch_normalization", "shift"),
        ("layer_normalization", "scale"),
        ("layer_normalization", "shift"),
        ("prelu", "slope"),
    ],
)
def test_the_gradient_of_each_parameter_agrees_with_central_differences(layer, parameter):
    probe = Probe(LAYERS[layer]())
    expected = central_differences(probe.loss, probe.layer.parameters[parameter])
    probe.backward()
    np.testing.assert_allclose(probe.layer.parameter_gradients[parameter], expected, **TOLERANCE)


@pytest.mark.parametrize("parameter", ["weights", "biases"])
@pytest.mark.parametrize("penalty", [Penalty(l1=0.3), Penalty(l2=0.2), Penalty(l1=0.3, l2=0.2)])
def test_penalties_are_in_the_gradient_as_central_differences_say(parameter, penalty):
    layer = Dense(
        WIDTH,
        3,
        np.float64,
        np.random.default_rng(1),
        Normal(1.0),
        weight_penalty=penalty,
        bias_penalty=penalty,
    )
    layer.parameters["biases"][:] = [0.5, -1.0, 2.0]
    probe = Probe(layer)
    expected = central_differences(
        lambda: probe.loss() + penalty_of([layer]), layer.parameters[parameter]
    )
    probe.backward()
    np.testing.assert_allclose(layer.parameter_gradients[parameter], expected, **TOLERANCE)


def test_a_penalty_adds_slopes_that_one_can_do_by_hand():
    # 0.1 sign(w) + 2 0.01 w
    gradient = np.array([[1.0, 1.0], [1.0, 1.0]])
    Penalty(l1=0.1, l2=0.01).add_gradient(np.array([[1.0, -2.0], [0.0, 3.0]]), gradient)
    np.testing.assert_allclose(gradient, [[1.12, 0.86], [1.0, 1.16]], rtol=1e-15)


@pytest.mark.parametrize("kind", [kind for kind in LAYERS if kind != "dense"])
def test_what_a_recorder_keeps_of_other_layers_is_the_gradient_of_their_inputs(kind):
    probe = Probe(LAYERS[kind]())
    np.testing.assert_array_equal(probe.backward(), probe.layer.gradient)


def test_what_a_recorder_keeps_of_a_dense_layer_is_the_gradient_of_its_weights():
    probe = Probe(dense())
    probe.backward()
    np.testing.assert_allclose(probe.layer.gradient, probe.inputs.T @ probe.weights, rtol=1e-14)


def test_backward_twice_gives_the_same_twice(probe: Probe):
    first = probe.backward()
    np.testing.assert_array_equal(probe.layer.backward(probe.weights), first)


def test_a_short_batch_after_a_long_one_is_computed_as_if_alone(probe: Probe):
    probe.backward()
    probe.inputs, probe.weights = probe.inputs[:3].copy(), probe.weights[:3].copy()
    after_a_long_one = probe.backward()
    alone = Probe(LAYERS[probe.layer.kind]())
    alone.inputs, alone.weights = probe.inputs, probe.weights
    np.testing.assert_array_equal(after_a_long_one, alone.backward())


def test_a_short_batch_uses_the_memory_of_a_long_one():
    layer = dense()
    long = layer.forward(np.ones((6, WIDTH)), training=True)
    assert np.shares_memory(layer.forward(np.ones((2, WIDTH)), training=True), long)


def test_a_dense_layer_multiplies_and_adds():
    layer = dense()
    layer.parameters["weights"][:] = np.arange(12).reshape(4, 3)
    layer.parameters["biases"][:] = [10, 20, 30]
    outputs = layer.forward(np.array([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 2.0]]), training=True)
    np.testing.assert_array_equal(outputs, [[10, 21, 32], [31, 44, 57]])


@pytest.mark.parametrize("z", [-700, -100, -40, -20, -1, 0, 1, 20, 40, 100, 700])
def test_the_sigmoid_and_its_slope_are_exact_to_a_few_bits_however_far_they_saturate(z):
    with localcontext(prec=700):
        exponential = Decimal(-z).exp()
        value = float(1 / (1 + exponential))
        slope = float(exponential / (1 + exponential) ** 2)
    layer = Sigmoid(1, np.float64)
    assert layer.forward(np.array([[float(z)]]), training=True)[0, 0] == pytest.approx(
        value, rel=1e-14, abs=0
    )
    assert layer.backward(np.ones((1, 1)))[0, 0] == pytest.approx(slope, rel=1e-14, abs=0)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_sigmoid_of_huge_numbers_is_0_or_1_without_a_warning(dtype):
    layer = Sigmoid(4, dtype)
    inputs = np.array([[-1e30, -1e4, 1e4, 1e30]], dtype)
    np.testing.assert_array_equal(layer.forward(inputs, training=True), [[0, 0, 1, 1]])
    np.testing.assert_array_equal(layer.backward(np.ones((1, 4), dtype)), [[0, 0, 0, 0]])


def test_relu_has_no_slope_at_zero_and_below():
    layer = ReLU(3, np.float64)
    np.testing.assert_array_equal(
        layer.forward(np.array([[-2.0, 0.0, 2.0]]), training=True), [[0, 0, 2]]
    )
    np.testing.assert_array_equal(layer.backward(np.full((1, 3), 5.0)), [[0, 0, 5]])


def test_a_gradient_that_relu_stops_is_zero_and_not_minus_zero():
    layer = ReLU(1, np.float64)
    layer.forward(np.array([[-1.0]]), training=True)
    assert not np.signbit(layer.backward(np.array([[-3.0]]))[0, 0])


def test_dropout_drops_about_its_rate_and_keeps_the_expectation():
    layer = Dropout(1000, 0.3, np.float64, np.random.default_rng(0))
    outputs = layer.forward(np.ones((100, 1000)), training=True)
    # 100,000 coins: the standard deviation of the fraction is 0.0015.
    assert (outputs == 0).mean() == pytest.approx(0.3, abs=0.008)
    np.testing.assert_allclose(outputs[outputs != 0], 1 / 0.7, rtol=1e-15)


def test_dropout_does_nothing_outside_training():
    layer = Dropout(3, 0.9, np.float64, np.random.default_rng(0))
    inputs = np.array([[1.0, 2.0, 3.0]])
    np.testing.assert_array_equal(layer.forward(inputs, training=False), inputs)


def test_batch_normalization_gives_mean_0_and_variance_1_before_scale_and_shift():
    layer = BatchNormalization(WIDTH, np.float64)
    layer.epsilon = 1e-12
    outputs = layer.forward(np.random.default_rng(4).normal(5.0, 3.0, (50, WIDTH)), training=True)
    np.testing.assert_allclose(outputs.mean(axis=0), 0.0, atol=1e-12)
    np.testing.assert_allclose(outputs.var(axis=0), 1.0, rtol=1e-9)


def test_batch_normalization_of_sums_whose_squares_overflow_is_as_of_small_ones():
    layer, sums = BatchNormalization(2, np.float64), np.array([[1.0, 2], [4, 5], [7, -5]])
    upstream = np.array([[1.0, -2.0], [3.0, 0.5], [-1.0, 1.0]])
    layer.forward(sums * 1e6, training=True)
    small = layer.backward(upstream).copy()
    with np.errstate(over="ignore", invalid="ignore"):
        outputs = layer.forward(sums * [1e6, 1e200], training=True).copy()
        gradient = layer.backward(upstream).copy()
        unknown = layer.forward(sums, training=False)
    np.testing.assert_allclose(outputs.std(axis=0), 1.0, rtol=1e-9)
    np.testing.assert_allclose(gradient, small * [1, 1e-194], rtol=1e-5)
    assert np.isnan(unknown).tolist() == [[False, True]] * 3


def test_batch_normalization_outside_training_uses_the_running_statistics():
    layer = BatchNormalization(1, np.float64)
    layer.momentum, layer.epsilon = 0.5, 0.0
    layer.forward(np.array([[1.0], [5.0]]), training=True)
    # mean 3 and unbiased variance 8, half way from mean 0 and variance 1: 1.5 and 4.5
    np.testing.assert_allclose(layer.statistics()["running_mean"], [1.5])
    np.testing.assert_allclose(layer.statistics()["running_variance"], [4.5])
    outputs = layer.forward(np.array([[1.5 + 4.5**0.5]]), training=False)
    np.testing.assert_allclose(outputs, [[1.0]], rtol=1e-15)
