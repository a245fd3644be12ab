"""Single precision is used in every array, and differs from double as it should."""

import numpy as np
import pytest

from tests.network.small_network import PENALTIES, batch, build, experiment
from vanishing_gradients.trainer.assembly import build_optimizer
from vanishing_gradients.trainer.network.dense import Dense

OPTIMIZERS = [
    {"kind": "sgd", "learning_rate": 0.5, "decay": 0.1, "momentum": 0.9},
    {"kind": "adam", "learning_rate": 0.05, "decay": 0.1},
]
EVERYTHING = {"penalties": PENALTIES, "dropout": 0.2, "batch_normalization": True}


def trained(optimizer, dtype, **settings):
    chosen = experiment(optimizer=optimizer, **settings)
    network, its_optimizer = build(chosen, dtype), build_optimizer(chosen)
    for seed in range(2):
        images, labels = batch(seed, dtype)
        network.forward(images, training=True)
        network.backward(labels)
        its_optimizer.step(network)
    return network, its_optimizer


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_every_array_has_the_networks_dtype(optimizer, dtype):
    network, its_optimizer = trained(optimizer, dtype, **EVERYTHING)
    arrays = {"probabilities": network.forward(batch(0, dtype)[0], training=False)}
    arrays |= network.state() | its_optimizer.state()
    arrays |= {layer.name: layer.gradient for layer in network.layers}
    del arrays["steps"]
    assert {name: array.dtype for name, array in arrays.items()} == dict.fromkeys(arrays, dtype)


def test_a_layer_alone_has_its_dtype_too():
    layer = Dense(3, 2, np.float32, np.random.default_rng(0))
    assert {array.dtype for array in layer.parameters.values()} == {np.dtype(np.float32)}


def test_every_layer_passes_on_the_dtype_it_was_given():
    network, _ = trained(OPTIMIZERS[0], np.float32, **EVERYTHING)
    images, labels = batch(0, np.float32)
    outputs = images
    for layer in network.layers:
        outputs = layer.forward(outputs, training=True)
        assert outputs.dtype == np.float32, layer.name
    gradient = labels
    for layer in reversed(network.layers):
        gradient = layer.backward(gradient)
        assert gradient.dtype == np.float32, layer.name


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_single_precision_follows_double_to_about_seven_digits(optimizer):
    single, double = (trained(optimizer, dtype)[0].parameters for dtype in (np.float32, np.float64))
    np.testing.assert_allclose(single, double, rtol=1e-4, atol=1e-6)
    assert not np.array_equal(single, double.astype(np.float32))
