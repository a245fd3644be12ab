"""Whole networks: gradients against central differences, training against a textbook's code."""

from collections.abc import Callable

import numpy as np
import pytest

from tests.network.central_differences import TOLERANCE, central_differences, penalty_of
from tests.network.small_network import CLASSES, FEATURES, PENALTIES, batch, build, experiment
from tests.network.textbook import Textbook
from vanishing_gradients.trainer.assembly import build_network, build_optimizer
from vanishing_gradients.trainer.experiments import Experiment
from vanishing_gradients.trainer.network.layer import Layer
from vanishing_gradients.trainer.network.network import Network
from vanishing_gradients.trainer.network.output import BINARY

VARIATIONS = {
    "sigmoid": experiment(),
    "relu": experiment(activation="relu"),
    "penalties": experiment(penalties=PENALTIES),
    "dropout": experiment(dropout=0.4),
    "batch normalisation": experiment(batch_normalization=True),
    "all": experiment(
        activation="relu", penalties=PENALTIES, dropout=0.3, batch_normalization=True
    ),
    "sigmoid outputs": experiment(output="sigmoid"),
    "squares of sigmoid outputs": experiment(output="sigmoid", loss="mean_squared_error"),
    "one sigmoid for two classes": experiment(loss=BINARY),
    "no hidden layer": experiment(hidden_widths=()),
}
OPTIMIZERS = {
    "sgd": {"kind": "sgd", "learning_rate": 0.5, "decay": 0.1, "momentum": 0.9},
    "adam": {"kind": "adam", "learning_rate": 0.05, "decay": 0.1},
}


def network_and_loss(chosen: Experiment) -> tuple[Network, np.ndarray, Callable[[], float]]:
    """Return a network, labels, and its loss in training with fixed dropout masks."""
    generator = np.random.default_rng(1)
    network = build_network(chosen, FEATURES, CLASSES, np.float64, generator)
    # No bias stays at 0, where |b| has no slope.
    network.parameters += np.random.default_rng(2).uniform(0.2, 0.4, network.parameters.shape)
    images, labels = batch()
    if chosen.loss == BINARY:
        labels %= 2
    start = generator.bit_generator.state

    def loss() -> float:
        generator.bit_generator.state = start
        network.forward(images, training=True)
        return network.loss(labels) + penalty_of(network.layers)

    return network, labels, loss


@pytest.mark.parametrize("name", VARIATIONS)
def test_the_gradient_of_every_parameter_agrees_with_central_differences(name):
    network, labels, loss = network_and_loss(VARIATIONS[name])
    expected = central_differences(loss, network.parameters)
    loss()
    network.backward(labels)
    np.testing.assert_allclose(network.gradients, expected, **TOLERANCE)


@pytest.mark.parametrize("name", ["sigmoid", "relu", "penalties", "batch normalisation"])
def test_the_recorded_gradient_of_every_layer_agrees_with_central_differences(name):
    network, labels, loss = network_and_loss(VARIATIONS[name])
    loss()
    network.backward(labels)
    recorded = [layer.gradient.copy() for layer in network.layers]
    for k, layer in enumerate(network.layers):
        if layer.kind == "dense":
            expected = central_differences(loss, layer.parameters["weights"])
        else:
            expected = differences_of_inputs(network.layers[:k], network.layers[k:], labels)
        np.testing.assert_allclose(recorded[k], expected, **TOLERANCE, err_msg=layer.name)


def differences_of_inputs(below: list[Layer], above: list[Layer], labels: np.ndarray) -> np.ndarray:
    """Return dL/d(inputs of the layers above) by varying the outputs of the layers below."""
    inputs = run(below, batch()[0]).copy()

    def loss() -> float:
        run(above, inputs)
        return above[-1].loss(labels)

    return central_differences(loss, inputs)


def run(layers: list[Layer], outputs: np.ndarray) -> np.ndarray:
    for layer in layers:
        outputs = layer.forward(outputs, training=True)
    return outputs


@pytest.mark.parametrize("activation", ["sigmoid", "relu"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_training_goes_where_a_naive_implementation_goes(activation, optimizer):
    chosen = experiment(activation=activation, optimizer=OPTIMIZERS[optimizer], penalties=PENALTIES)
    network, trainer = build(chosen), build_optimizer(chosen)
    textbook = Textbook(chosen, network)
    for seed in range(6):
        images, labels = batch(seed)
        network.forward(images, training=True)
        loss = network.loss(labels)
        network.backward(labels)
        trainer.step(network)
        assert loss == pytest.approx(textbook.step(images, labels), rel=1e-9)
        gradients = [layer.gradient for layer in network.layers]
        for ours, theirs in zip(gradients[0::2], textbook.weight_gradients, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-12)
        for ours, theirs in zip(gradients[1::2], textbook.z_gradients, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(network.parameters, textbook.flat(), rtol=1e-8, atol=1e-12)


def test_a_network_learns_to_tell_apart_what_can_be_told_apart():
    chosen = experiment(optimizer={"kind": "adam", "learning_rate": 0.05})
    network, optimizer = build(chosen), build_optimizer(chosen)
    images, labels = batch()
    for _ in range(300):
        network.forward(images, training=True)
        network.backward(labels)
        optimizer.step(network)
    network.forward(images, training=False)
    assert network.correct(labels) == len(labels)
    assert network.loss(labels) < 0.05
