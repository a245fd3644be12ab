"""Norms of a step's effect on the weights of each layer."""

import numpy as np
import pytest

from tests.network.small_network import CLASSES, FEATURES, batch, build, experiment
from vanishing_gradients.trainer.network.activations import Sigmoid
from vanishing_gradients.trainer.network.clipping import ClipByGlobalNorm, ClipByNorm
from vanishing_gradients.trainer.network.dense import Dense, WeightNormalizedDense
from vanishing_gradients.trainer.network.network import Network
from vanishing_gradients.trainer.network.optimizers import SGD, Adam
from vanishing_gradients.trainer.network.softmax import Softmax
from vanishing_gradients.trainer.network.updates import UpdateWatch


def trained(network: Network, seed: int = 0) -> Network:
    images, labels = batch(seed, network.dtype)
    network.forward(images, training=True)
    network.backward(labels)
    return network


def watched(network, optimizer, clipping=None):
    watch = UpdateWatch(network)
    trained(network)
    if clipping:
        clipping.clip(network)
    watch.before()
    optimizer.step(network)
    return watch.after()


def normalized(seed: int = 1) -> Network:
    generator = np.random.default_rng(seed)
    network = Network(
        [
            WeightNormalizedDense(FEATURES, 6, np.float64, generator),
            Sigmoid(6, np.float64),
            Dense(6, CLASSES, np.float64, generator),
            Softmax(CLASSES, np.float64),
        ]
    )
    network.layers[0].parameters["gains"] *= generator.uniform(-3, 3, 6)
    network.layers[0].parameters["directions"] *= 7.0
    return network


def test_there_is_an_entry_a_layer_and_none_for_a_layer_without_weights():
    network = build(experiment())
    found = watched(network, SGD(0.1))
    assert [entry is None for entry in found] == [layer.kind != "dense" for layer in network.layers]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_norms_are_of_gradient_weights_and_change(dtype):
    network = build(experiment(), dtype)
    before = [layer.parameters["weights"].copy() for layer in network.layers[::2]]
    found = watched(network, Adam(0.01))[::2]
    for layer, old, entry in zip(network.layers[::2], before, found, strict=True):
        gradient, new = layer.gradient.astype(float), layer.parameters["weights"]
        digits = 1e-14 if dtype is np.float64 else 1e-6
        assert entry.clipped_norm == pytest.approx(np.linalg.norm(gradient), rel=digits)
        assert entry.weight_norm == pytest.approx(np.linalg.norm(old.astype(float)), rel=digits)
        assert entry.update_norm == pytest.approx(np.linalg.norm((new - old).astype(float)))


def test_the_gradients_norm_is_that_after_clipping():
    network = build(experiment())
    found = watched(network, SGD(0.5), ClipByNorm(1e-4))
    assert [entry.clipped_norm for entry in found[::2]] == pytest.approx([1e-4] * 3, rel=1e-12)
    assert [entry.update_norm for entry in found[::2]] == pytest.approx([5e-5] * 3, rel=1e-9)


def test_a_step_too_small_for_the_precision_is_no_update():
    network = build(experiment(), np.float32)
    assert watched(network, SGD(1e-12))[0].update_norm == 0.0


def test_normalised_weights_have_the_norms_of_the_weights_that_are_multiplied_by():
    network = normalized()
    layer = network.layers[0]
    before = layer.weights.copy()
    entry = watched(network, SGD(0.5))[0]
    assert entry.clipped_norm == pytest.approx(np.linalg.norm(layer.gradient), rel=1e-12)
    assert entry.weight_norm == pytest.approx(np.linalg.norm(before), rel=1e-14)
    assert entry.update_norm == pytest.approx(np.linalg.norm(layer.weights - before), rel=1e-12)


def test_the_gradient_of_normalised_weights_is_clipped_with_what_they_are_made_of():
    network = trained(normalized())
    whole = np.linalg.norm(network.gradients)
    unclipped = np.linalg.norm(network.layers[0].gradient)
    entry = watched(network, SGD(0.5), ClipByGlobalNorm(whole / 8))[0]
    assert entry.clipped_norm == pytest.approx(unclipped / 8, rel=1e-12)


def test_a_watch_can_be_used_step_after_step():
    network, optimizer = build(experiment()), SGD(0.1)
    watch = UpdateWatch(network)
    for seed in range(3):
        trained(network, seed)
        old = network.layers[0].parameters["weights"].copy()
        watch.before()
        optimizer.step(network)
        change = np.linalg.norm(network.layers[0].parameters["weights"] - old)
        assert watch.after()[0].update_norm == pytest.approx(change, rel=1e-14)


def test_after_without_before_is_refused():
    watch = UpdateWatch(build(experiment()))
    with pytest.raises(RuntimeError, match="before"):
        watch.after()


def test_what_diverged_has_norms_that_say_so():
    network = build(experiment())
    network.parameters[0] = np.inf
    network.gradients[:] = np.nan
    watch = UpdateWatch(network)
    watch.before()
    SGD(1.0).step(network)
    entry = watch.after()[0]
    assert entry.weight_norm == np.inf
    assert np.isnan([entry.clipped_norm, entry.update_norm]).all()
