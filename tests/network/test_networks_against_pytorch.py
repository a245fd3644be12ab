"""Whole networks, with skips and normalisations, agree with PyTorch and its autograd."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from tests.network.pytorch_networks import PyTorchNetwork
from tests.network.random_networks import Plan, batch, build, plans
from vanishing_gradients.trainer.network.activations import ACTIVATIONS
from vanishing_gradients.trainer.network.dense import Dense
from vanishing_gradients.trainer.network.initializers import Normal
from vanishing_gradients.trainer.network.layer import Layer
from vanishing_gradients.trainer.network.network import Network
from vanishing_gradients.trainer.network.normalizations import LayerNormalization
from vanishing_gradients.trainer.network.residual import Projection, Residual
from vanishing_gradients.trainer.network.sigmoid_output import SigmoidOutput
from vanishing_gradients.trainer.network.softmax import Softmax

CLOSE = {"rtol": 1e-9, "atol": 1e-12}

DEEP = Plan((4,) * 5, ("sigmoid", "tanh", "gelu", "selu", "prelu"), ("none",) * 5, ())
BLOCKS = {
    "none": (),
    "one": ((1, 2),),
    "from the images": ((0, 1),),
    "a chain": ((0, 1), (2, 2), (3, 4)),
    "nested": ((0, 4), (1, 3), (2, 2)),
    "of one beginning": ((1, 1), (1, 2), (1, 4)),
    "of one end": ((0, 4), (2, 4), (4, 4)),
    "overlapping": ((0, 2), (1, 3), (2, 4)),
    "twice the same": ((1, 2), (1, 2)),
}
WIDTHS = {"of one width": (4, 4, 4, 4, 4), "of several widths": (5, 3, 3, 5, 4)}


def assert_same(network: Network, loss: str, size: int = 6) -> None:
    images, labels = batch(size)
    expected = PyTorchNetwork(network, loss)
    expected_loss = expected.loss(images, labels)
    network.forward(images, training=True)
    assert network.loss(labels) == pytest.approx(expected_loss, rel=1e-11)
    network.backward(labels)
    for layer in network.layers:
        for name, gradient in layer.parameter_gradients.items():
            np.testing.assert_allclose(
                gradient,
                expected.parameters[f"{layer.name}.{name}"].grad.numpy(),
                err_msg=f"{layer.name}.{name}",
                **CLOSE,
            )
        np.testing.assert_allclose(
            layer.gradient, expected.recorded(layer), err_msg=layer.name, **CLOSE
        )


@pytest.mark.parametrize("loss", ["cross_entropy", "mean_squared_error"])
def test_every_gradient_of_a_network_with_sigmoid_outputs_is_autograds(loss):
    plan = Plan(WIDTHS["of several widths"], DEEP.activations, DEEP.normalizations, ((0, 1),), loss)
    assert_same(build(replace(plan, output=SigmoidOutput)), loss)


@pytest.mark.parametrize("widths", WIDTHS)
@pytest.mark.parametrize("blocks", BLOCKS)
def test_every_gradient_of_a_network_with_blocks_is_autograds(blocks, widths):
    plan = Plan(WIDTHS[widths], DEEP.activations, DEEP.normalizations, BLOCKS[blocks])
    assert_same(build(plan), "cross_entropy")


@pytest.mark.parametrize("normalization", ["batch", "layer", "weight"])
@pytest.mark.parametrize("loss", ["cross_entropy", "mean_squared_error"])
def test_every_gradient_of_a_normalised_network_is_autograds(loss, normalization):
    plan = Plan(
        WIDTHS["of several widths"],
        DEEP.activations,
        (normalization,) * 5,
        BLOCKS["nested"],
        loss,
    )
    assert_same(build(plan), loss)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_gradient_of_a_deep_network_of_one_activation_is_autograds(activation):
    depth = 20
    plan = Plan((4,) * depth, (activation,) * depth, ("none",) * depth, ((2, 3), (5, 9)))
    assert_same(build(plan), "cross_entropy")


@pytest.mark.parametrize("width", [4, 3], ids=["as it is", "projected"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_gradient_is_autograds_where_a_block_begins_with_its_activation(activation, width):
    """As in He et al. (2016), Identity Mappings in Deep Residual Networks; then one alone."""
    generator = np.random.default_rng(0)
    layers: list[Layer] = [Dense(4, 4, np.float64, generator, Normal(1.0))]
    layers += [LayerNormalization(4, np.float64), ACTIVATIONS[activation](4, np.float64)]
    layers += [Dense(4, width, np.float64, generator, Normal(1.0))]
    if width != 4:
        layers += [Projection(4, width, np.float64, generator, Normal(1.0), start=2)]
    layers += [Residual(width, np.float64, start=2)]
    layers += [ACTIVATIONS[activation](width, np.float64)]
    layers += [Residual(width, np.float64, start=len(layers))]
    layers += [Dense(width, 3, np.float64, generator, Normal(1.0)), Softmax(3, np.float64)]
    assert_same(Network(layers), "cross_entropy")


@given(plans())
@settings(max_examples=40, deadline=None)
def test_every_gradient_of_a_network_of_any_structure_is_autograds(plan: Plan):
    assert_same(build(plan), plan.loss)


@given(plans())
@settings(max_examples=15, deadline=None)
def test_a_second_shorter_batch_is_computed_as_if_it_were_the_first(plan: Plan):
    network = build(plan)
    images, labels = batch(9, seed=3)
    network.forward(images, training=True)
    network.backward(labels)
    assert_same(network, plan.loss, size=5)


def test_training_with_blocks_goes_where_pytorchs_goes():
    plan = Plan((4,) * 3, ("tanh", "swish", "elu"), ("none", "layer", "weight"), ((0, 0), (1, 2)))
    network = build(plan)
    for _ in range(5):
        assert_same(network, "cross_entropy")
        network.parameters -= 0.5 * network.gradients
