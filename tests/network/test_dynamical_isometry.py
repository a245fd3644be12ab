"""Fifty sigmoid layers through which gradients pass, thanks to how their weights are drawn.

Pennington, Schoenholz and Ganguli (2017), https://arxiv.org/abs/1711.04735: orthogonal weights with
a gain that compensates for the slope at 0 keep the singular values of the Jacobian together.
"""

from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from vanishing_gradients.trainer.datasets import load
from vanishing_gradients.trainer.network.activations import ACTIVATIONS
from vanishing_gradients.trainer.network.dense import Dense
from vanishing_gradients.trainer.network.initializers import Glorot, Initializer, Normal, Orthogonal
from vanishing_gradients.trainer.network.network import Network
from vanishing_gradients.trainer.network.softmax import Softmax

DEPTH, WIDTH, BATCH = 50, 128, 64
IMAGES = (0, 20, 40)


@pytest.fixture(autouse=True)
def one_thread():
    """As in a run: matrices of this size are slower with more threads."""
    with threadpool_limits(1):
        yield


def images_and_labels() -> tuple[np.ndarray, np.ndarray]:
    sample = load("sample", Path("nowhere"))
    return sample.train_images[:BATCH] / 255.0, sample.train_labels[:BATCH]


def deep(
    kind: str, first: Initializer, others: Initializer, seed: int = 0, cancelled: bool = True
) -> Network:
    """Return a network of DEPTH hidden layers; unless `cancelled`, all biases are zero."""
    generator = np.random.default_rng(seed)
    layers, n_in = [], 784
    for number in range(DEPTH + 1):
        width = WIDTH if number < DEPTH else 10
        initializer = others if number else first
        dense = Dense(n_in, width, np.float64, generator, initializer)
        if number and cancelled:
            offset = ACTIVATIONS[kind].offset
            biases = initializer.draw_biases(dense.weights, generator, offset)
            dense.parameters["biases"][:] = biases
        activation = ACTIVATIONS[kind] if number < DEPTH else Softmax
        layers += [dense, activation(width, np.float64)]
        n_in = width
    return Network(layers)


def isometric(kind: str, seed: int = 0) -> Network:
    return deep(kind, Orthogonal(1.0), Orthogonal(ACTIVATIONS[kind].gain), seed)


def gradient_norms(network: Network) -> np.ndarray:
    """Return the norm of dL/dW of each dense layer."""
    images, labels = images_and_labels()
    network.forward(images, training=True)
    network.backward(labels)
    return np.array([np.linalg.norm(layer.gradient) for layer in network.layers[::2]])


def singular_values(network: Network, image: int) -> np.ndarray:
    """Return the singular values of the Jacobian from the first hidden sums to the last."""
    z = images_and_labels()[0][image : image + 1]
    jacobian = np.eye(WIDTH)
    first, *hidden = network.layers[: 2 * DEPTH - 1]
    z = first.forward(z, True).copy()
    for activation, dense in zip(hidden[::2], hidden[1::2], strict=True):
        outputs = activation.forward(z, True).copy()
        slopes = activation.backward(np.ones_like(z))
        jacobian = jacobian @ (slopes.T * dense.weights)
        z = dense.forward(outputs, True).copy()
    return np.linalg.svd(jacobian, compute_uv=False)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", ["sigmoid", "tanh"])
def test_gradient_norms_of_fifty_layers_are_within_a_factor_of_ten(kind, seed):
    norms = gradient_norms(isometric(kind, seed))
    assert len(norms) == DEPTH + 1
    assert norms.max() < 10 * norms.min()


@pytest.mark.parametrize("kind", ["relu", "leaky_relu", "prelu", "elu", "selu"])
def test_the_gains_of_rectifiers_pass_gradients_through_fifty_layers_too(kind):
    norms = gradient_norms(isometric(kind))
    assert norms.max() < 10 * norms.min()


def test_no_direction_of_fifty_sigmoid_layers_is_lost():
    network = isometric("sigmoid")
    for image in IMAGES:
        values = singular_values(network, image)
        assert values.max() < 1
        assert np.median(values) > 0.3
        assert values.max() < 20 * values.min()


def test_the_smaller_the_signals_the_closer_are_the_singular_values_to_one():
    network = deep("sigmoid", Orthogonal(0.1), Orthogonal(ACTIVATIONS["sigmoid"].gain))
    for image in IMAGES:
        values = singular_values(network, image)
        assert values.max() < 1
        assert values.min() > 0.85


def test_without_cancelled_offsets_the_gradients_vanish():
    network = deep("sigmoid", Orthogonal(1.0), Orthogonal(4.0), cancelled=False)
    norms = gradient_norms(network)
    assert norms.max() > 1e6 * norms.min()
    assert singular_values(network, 0).max() < 1e-5


def test_with_the_gain_of_tanh_the_gradients_vanish():
    norms = gradient_norms(deep("sigmoid", Orthogonal(1.0), Orthogonal(1.0)))
    assert norms.max() > 1e20 * norms.min()


@pytest.mark.parametrize("usual", [Normal(), Glorot()], ids=str)
def test_with_usual_weights_the_gradients_of_sigmoid_layers_vanish(usual):
    norms = gradient_norms(deep("sigmoid", usual, usual))
    assert norms.max() > 1e20 * norms.min()


def test_independent_weights_of_the_same_variance_lose_directions():
    class Independent(Normal):
        draw_biases = Orthogonal.draw_biases

    network = deep("sigmoid", Normal(784**-0.5), Independent(4 * WIDTH**-0.5))
    values = singular_values(network, 0)
    assert values.max() > 1e10 * values.min()


def test_a_sigmoid_network_with_cancelled_offsets_is_a_tanh_network():
    images, _ = images_and_labels()
    sigmoid = deep("sigmoid", Orthogonal(2.0), Orthogonal(4.0))
    tanh = deep("tanh", Orthogonal(1.0), Orthogonal(1.0))
    a, t = images, images
    for one, other in zip(sigmoid.layers[:-2], tanh.layers[:-2], strict=True):
        a, t = one.forward(a, True), other.forward(t, True)
        expected = 2 * t if one.kind == "dense" else 0.5 + t / 2
        np.testing.assert_allclose(a, expected, rtol=0, atol=1e-11)
