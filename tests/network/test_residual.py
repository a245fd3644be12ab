"""Residual connections: what is added, which gradients add up, and which blocks are invalid."""

import numpy as np
import pytest
from hypothesis import given, settings

from tests.network.central_differences import TOLERANCE, central_differences
from tests.network.random_networks import Plan, batch, build, plans
from vanishing_gradients.trainer.network.activations import ReLU, Sigmoid
from vanishing_gradients.trainer.network.dense import Dense
from vanishing_gradients.trainer.network.dropout import Dropout
from vanishing_gradients.trainer.network.initializers import Normal
from vanishing_gradients.trainer.network.layer import Layer
from vanishing_gradients.trainer.network.network import Network
from vanishing_gradients.trainer.network.residual import Projection, Residual
from vanishing_gradients.trainer.network.softmax import Softmax

CHAIN = ((0, 1), (2, 3))
NESTED = ((0, 3), (1, 2))
# No rectifier: a central difference across its kink is not a slope.
SMOOTH = ("tanh", "sigmoid", "softplus", "swish")


def dense(n_in: int, width: int, dtype: type = np.float64) -> Dense:
    return Dense(n_in, width, dtype, np.random.default_rng(n_in), Normal(1.0))


def projection(n_in: int, width: int, start: int, dtype: type = np.float64) -> Projection:
    return Projection(n_in, width, dtype, np.random.default_rng(9), Normal(1.0), start)


def residual(width: int, start: int, dtype: type = np.float64) -> Residual:
    return Residual(width, dtype, start)


def network(blocks: tuple = CHAIN, widths: tuple = (4, 4, 4, 4), **settings) -> Network:
    return build(Plan(widths, SMOOTH, ("none",) * 4, blocks, **settings))


def test_a_block_adds_its_inputs_to_its_outputs():
    first, second = dense(2, 2), dense(2, 2)
    block = Network([first, second, residual(2, start=2), Softmax(2, np.float64)])
    x = np.array([[1.0, -2.0]])
    given_to_block = x @ first.weights
    p = block.forward(x, training=False)
    logits = given_to_block @ second.weights + given_to_block
    np.testing.assert_allclose(p, np.exp(logits) / np.exp(logits).sum(), rtol=1e-12)


def test_a_block_of_another_width_adds_its_inputs_times_the_projections_weights():
    first, second, skip = dense(3, 2), dense(2, 4), projection(2, 4, start=2)
    block = Network([first, second, skip, residual(4, start=2), Softmax(4, np.float64)])
    x = np.array([[1.0, -2.0, 0.5]])
    given_to_block = x @ first.weights
    p = block.forward(x, training=False)
    logits = given_to_block @ second.weights + given_to_block @ skip.weights
    np.testing.assert_allclose(p, np.exp(logits) / np.exp(logits).sum(), rtol=1e-12)


@pytest.mark.parametrize("widths", [(4, 4, 4, 4), (3, 5, 5, 3)], ids=["equal", "projected"])
@pytest.mark.parametrize("blocks", [CHAIN, NESTED, ((0, 0),), ((0, 2), (1, 3)), ((3, 3), (3, 3))])
def test_every_parameters_gradient_agrees_with_central_differences(blocks, widths):
    whole, (images, labels) = network(blocks, widths), batch()

    def loss() -> float:
        whole.forward(images, training=True)
        return whole.loss(labels)

    expected = central_differences(loss, whole.parameters)
    loss()
    whole.backward(labels)
    np.testing.assert_allclose(whole.gradients, expected, **TOLERANCE)


def test_a_residual_records_the_gradient_of_its_inputs_and_a_projection_of_its_weights():
    whole, (images, labels) = network(((1, 2),), (3, 4, 5, 3)), batch()
    skip, end = whole.layers[6], whole.layers[7]
    assert [skip.name, end.name] == ["layer_7_projection", "layer_8_residual"]
    whole.forward(images, training=True)
    whole.backward(labels)
    above = whole.layers[8]  # dense: it passes down dL/dz W^T
    np.testing.assert_allclose(end.gradient, whole.layers[9].gradient @ above.weights.T, rtol=1e-12)
    block_inputs = whole.layers[1].forward(whole.layers[0].forward(images, True), True)
    np.testing.assert_allclose(skip.gradient, block_inputs.T @ end.gradient, rtol=1e-12)


def test_the_gradient_of_an_activation_a_block_starts_at_comes_through_block_and_skip():
    # pre-activation: the block begins with its activation, as in He et al. (2016), Identity
    # Mappings in Deep Residual Networks
    layers = [dense(4, 3), Sigmoid(3, np.float64), dense(3, 3), residual(3, start=2)]
    whole, (images, labels) = Network([*layers, Softmax(3, np.float64)]), batch()

    def loss() -> float:
        whole.forward(images, training=True)
        return whole.loss(labels)

    expected = central_differences(loss, whole.parameters)
    loss()
    whole.backward(labels)
    np.testing.assert_allclose(whole.gradients, expected, **TOLERANCE)
    # The gradient of the first layer's biases is the sum of its dL/dz.
    np.testing.assert_allclose(
        layers[1].gradient.sum(axis=0), layers[0].parameter_gradients["biases"], rtol=1e-12
    )


def test_a_block_that_starts_at_another_blocks_residual_skips_what_that_was_given():
    layers = [dense(4, 3), dense(3, 3), residual(3, start=2), Sigmoid(3, np.float64)]
    layers += [residual(3, start=3), dense(3, 3), Softmax(3, np.float64)]
    whole, (images, labels) = Network(layers), batch()

    def loss() -> float:
        whole.forward(images, training=True)
        return whole.loss(labels)

    expected = central_differences(loss, whole.parameters)
    loss()
    whole.backward(labels)
    np.testing.assert_allclose(whole.gradients, expected, **TOLERANCE)


def test_a_skip_carries_the_gradient_past_layers_that_stop_it():
    def first_gradient(with_skip: bool) -> np.ndarray:
        dead = dense(3, 3)
        layers: list[Layer] = [dense(4, 3), dead, ReLU(3, np.float64)]
        layers += [residual(3, start=2)] if with_skip else []
        whole, (images, labels) = Network([*layers, Softmax(3, np.float64)]), batch()
        dead.parameters["biases"][:] = -1e6
        whole.forward(images, training=True)
        whole.backward(labels)
        return whole.layers[0].gradient

    assert not first_gradient(with_skip=False).any()
    assert first_gradient(with_skip=True).all()


def test_nobody_computes_the_gradient_of_the_images_for_a_projection_of_them():
    whole, (images, labels) = network(((0, 1),), (3, 5, 4, 4)), batch()
    whole.forward(images, training=True)
    whole.backward(labels)
    skip = whole.layers[4]
    assert (skip.kind, skip.start) == ("projection", 1)
    assert skip.gradient.all()
    assert "inputs_gradient" not in skip._buffers


def test_dropout_in_a_block_drops_nothing_of_the_skip():
    drop = Dropout(3, 0.999999, np.float64, np.random.default_rng(0))
    first = dense(4, 3)
    whole = Network([first, dense(3, 3), drop, residual(3, start=2), Softmax(3, np.float64)])
    images, _ = batch()
    whole.forward(images, training=True)
    np.testing.assert_allclose(
        whole.layers[3]._rows("outputs", len(images)), images @ first.weights, rtol=1e-12
    )


@given(plans())
@settings(max_examples=15, deadline=None)
def test_the_same_batch_twice_gives_the_same_bits_twice(plan: Plan):
    whole, (images, labels) = build(plan), batch()
    gradients = []
    for _ in range(2):
        whole.forward(images, training=True)
        whole.backward(labels)
        gradients.append([layer.gradient.copy() for layer in whole.layers])
    for first, second in zip(*gradients, strict=True):
        np.testing.assert_array_equal(first, second)


@given(plans())
@settings(max_examples=15, deadline=None)
def test_single_precision_stays_single_in_every_array(plan: Plan):
    whole, (images, labels) = build(plan, dtype=np.float32), batch()
    p = whole.forward(images.astype(np.float32), training=True)
    whole.backward(labels)
    arrays = [p, whole.parameters, whole.gradients, *(layer.gradient for layer in whole.layers)]
    arrays += [layer.weights for layer in whole.layers if layer.weights is not None]
    assert {array.dtype for array in arrays} == {np.dtype(np.float32)}


@pytest.mark.parametrize("widths", [(4, 4, 4, 4), (3, 5, 5, 3)], ids=["equal", "projected"])
def test_a_step_writes_where_the_step_before_it_wrote(widths):
    whole, (images, labels) = network(NESTED, widths), batch()
    addresses = []
    for _ in range(2):
        whole.forward(images, training=True)
        whole.backward(labels)
        addresses.append([layer.gradient.ctypes.data for layer in whole.layers])
    assert addresses[0] == addresses[1]


def test_a_network_with_skips_goes_on_from_its_state_to_the_bit():
    first, second = network(NESTED, (3, 5, 5, 3)), network(NESTED, (3, 5, 5, 3))
    second.parameters[:] = 0.0
    second.restore(first.state())
    images, _ = batch()
    np.testing.assert_array_equal(first.forward(images, False), second.forward(images, False))


def test_weights_are_where_inputs_are_multiplied_and_nowhere_else():
    kinds = {
        layer.kind: layer.weights is not None for layer in network(NESTED, (3, 5, 5, 3)).layers
    }
    assert {kind for kind, has_weights in kinds.items() if has_weights} == {"dense", "projection"}


def test_layers_that_are_no_activation_know_no_saturation():
    whole, (images, labels) = network(NESTED, (3, 5, 5, 3)), batch()
    whole.forward(images, training=True)
    whole.backward(labels)
    counted = {layer.kind for layer in whole.layers if layer.saturated() is not None}
    assert counted == set(SMOOTH)


@pytest.mark.parametrize(
    ("middle", "complaint"),
    [
        ([residual(3, start=2)], "layer 2 has its block start at layer 2"),
        ([residual(3, start=0)], "start at layer 0"),
        ([residual(3, start=5)], "start at layer 5"),
        ([residual(3, start=1)], "layer 2 adds 4 inputs to 3 outputs, which needs a projection"),
        ([projection(4, 3, start=1)], "layer 2, a projection, stands right before"),
        ([projection(4, 3, 1), residual(3, start=2)], "layer 2, a projection, stands right before"),
        ([projection(4, 2, 1), residual(3, start=1)], "layer 2 projects to 2, layer 3 adds 3"),
        ([projection(5, 3, 1), residual(3, start=1)], "layer 2 takes 5 inputs, but gets 4"),
        ([projection(4, 3, 2), residual(3, start=2)], "layer 2 has its block start at layer 2"),
        ([projection(4, 3, 1), residual(3, 1), residual(3, 2)], "layer 4 has its .* at layer 2"),
        ([residual(3, 1, np.float32)], "layer 2 is float32, layer 1 float64"),
        ([projection(4, 3, 1, np.float32), residual(3, 1)], "layer 2 is float32"),
    ],
)
def test_blocks_that_do_not_fit_are_refused(middle, complaint):
    with pytest.raises(ValueError, match=complaint):
        Network([dense(4, 3), *middle, Softmax(3, np.float64)])
