"""Dropout of inputs: what the network then computes is that of images of which some are 0."""

import numpy as np
import pytest

from tests.network.small_network import CLASSES, FEATURES, batch, build, experiment
from vanishing_gradients.trainer.network.dense import Dense
from vanishing_gradients.trainer.network.dropout import Dropout
from vanishing_gradients.trainer.network.network import Network
from vanishing_gradients.trainer.network.softmax import Softmax

NETWORKS = {
    "plain": {},
    "a block around all hidden layers": {"residual": 2, "activation": "tanh"},
    "a block around the first layer": {"residual": [[1, 1]], "activation": "relu"},
}


def masked(rate: float, seed: int, images: np.ndarray) -> np.ndarray:
    """Return what is left of images, by the draws of a generator of its own."""
    kept = np.random.default_rng(seed).random(images.shape) >= rate
    return images * kept / (1.0 - rate)


def with_dropout(network: Network, rate: float, seed: int) -> Network:
    """Return the same layers behind a dropout of inputs that draws by a seed."""
    dropout = Dropout(FEATURES, rate, np.float64, np.random.default_rng(seed))
    return Network(network.layers, dropout)


@pytest.mark.parametrize("which", NETWORKS)
def test_training_is_that_of_a_network_that_is_given_what_is_left_of_the_images(which):
    chosen = experiment(**NETWORKS[which])
    images, labels = batch()
    expected, dropping = build(chosen), with_dropout(build(chosen), 0.4, seed=7)
    one = expected.forward(masked(0.4, 7, images), training=True)
    np.testing.assert_array_equal(dropping.forward(images, training=True), one)
    expected.backward(labels)
    dropping.backward(labels)
    np.testing.assert_array_equal(dropping.gradients, expected.gradients)


@pytest.mark.parametrize("which", NETWORKS)
def test_outside_training_no_input_is_dropped(which):
    chosen = experiment(**NETWORKS[which])
    images, _ = batch()
    plain, dropping = build(chosen), with_dropout(build(chosen), 0.4, seed=7)
    expected = plain.forward(images, training=False).copy()
    np.testing.assert_array_equal(dropping.forward(images, training=False), expected)


def test_an_experiment_drops_the_fraction_of_inputs_that_it_says():
    network = build(experiment(input_dropout=0.25))
    seen = []
    first = network.layers[0]
    for seed in range(500):
        network.forward(np.ones_like(batch(seed)[0]), training=True)
        seen.append(first._inputs.copy())
    kept = np.array(seen)
    assert set(np.unique(kept)) == {0.0, 1 / 0.75}
    assert (kept == 0.0).mean() == pytest.approx(0.25, abs=0.02)


def test_the_images_stay_as_they_are():
    images, labels = batch()
    before = images.copy()
    network = build(experiment(input_dropout=0.5))
    network.forward(images, training=True)
    network.backward(labels)
    np.testing.assert_array_equal(images, before)


def test_it_is_no_layer():
    plain, dropping = (build(experiment(input_dropout=rate)) for rate in (0.0, 0.5))
    assert [each.name for each in dropping.layers] == [each.name for each in plain.layers]
    np.testing.assert_array_equal(dropping.parameters, plain.parameters)


def test_a_dropout_of_other_inputs_is_refused():
    generator = np.random.default_rng(0)
    layers = [Dense(4, CLASSES, np.float64, generator), Softmax(CLASSES, np.float64)]
    with pytest.raises(ValueError, match="5 inputs are dropped of 4"):
        Network(layers, Dropout(5, 0.1, np.float64, generator))
