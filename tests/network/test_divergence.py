"""A network that diverges gives NaN or infinity: no warning, no crash, no false zero."""

import numpy as np
import pytest

from tests.network.central_differences import penalty_of
from tests.network.small_network import CLASSES, PENALTIES, batch, build, experiment
from vanishing_gradients.trainer.assembly import build_optimizer
from vanishing_gradients.trainer.experiments import Penalties
from vanishing_gradients.trainer.network.activations import ACTIVATIONS, ReLU
from vanishing_gradients.trainer.network.network import Network

DTYPES = [np.float64, np.float32]


def diverged(activation: str, dtype: type) -> tuple[Network, np.ndarray]:
    """Return a network and labels, with one NaN image in the batch."""
    network = build(experiment(activation=activation), dtype)
    images, labels = batch(0, dtype)
    images[0, 0] = np.nan
    network.forward(images, training=True)
    return network, labels


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_loss_of_a_diverged_network_is_not_a_number(activation, dtype):
    network, labels = diverged(activation, dtype)
    assert np.isnan(network.loss(labels))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_weight_gradients_of_a_diverged_network_are_not_numbers(activation, dtype):
    network, labels = diverged(activation, dtype)
    network.backward(labels)
    for layer in network.layers[0::2]:
        assert np.isnan(layer.gradient).all(), layer.name


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_other_gradients_are_not_numbers_in_the_rows_of_the_bad_samples_alone(activation):
    network, labels = diverged(activation, np.float64)
    network.backward(labels)
    for layer in network.layers[1::2]:
        assert np.isnan(layer.gradient[0]).all(), layer.name
        assert np.isfinite(layer.gradient[1:]).all(), layer.name


@pytest.mark.parametrize("upstream", [np.nan, np.inf])
def test_dead_neurons_under_a_diverged_layer_have_no_gradient_of_zero(upstream):
    layer = ReLU(1, np.float64)
    layer.forward(np.array([[-1.0]]), training=True)
    with np.errstate(invalid="ignore"):
        assert np.isnan(layer.backward(np.array([[upstream]]))[0, 0])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("optimizer", [{"kind": "sgd", "momentum": 0.9}, {"kind": "adam"}])
def test_weights_that_overflow_never_give_a_finite_loss_or_a_warning(activation, optimizer, dtype):
    chosen = experiment(activation=activation, optimizer=optimizer, penalties=PENALTIES)
    network, its_optimizer = build(chosen, dtype), build_optimizer(chosen)
    network.parameters *= np.finfo(dtype).max / 8
    images, labels = batch(0, dtype)
    for _ in range(3):
        network.forward(images, training=True)
        assert not np.isfinite(network.loss(labels) + penalty_of(network.layers))
        network.backward(labels)
        its_optimizer.step(network)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("normalization", ["batch", "layer", "weight"])
def test_no_normalisation_makes_zeros_of_images_whose_squares_overflow(
    normalization, activation, dtype
):
    network = build(experiment(activation=activation, normalization=normalization), dtype)
    images, labels = batch(0, dtype)
    images *= np.sqrt(np.finfo(dtype).max)
    network.forward(images, training=True)
    network.backward(labels)
    assert not np.isclose(network.loss(labels), np.log(CLASSES), rtol=1e-6)
    assert network.layers[0].gradient.any(axis=0).all()


def test_a_gradient_that_overflows_is_infinite_without_a_warning():
    network = build(experiment(penalties=Penalties(weight_l2=10.0)), np.float32)
    network.layers[0].parameters["weights"][:] = 3e38
    images, labels = batch(0, np.float32)
    network.forward(np.zeros_like(images), training=True)
    network.backward(labels)
    assert np.isposinf(network.layers[0].gradient).all()
