"""A network's promises besides its numbers: names, order, refusals, and its exact state."""

import numpy as np
import pytest

from tests.network.small_network import CLASSES, FEATURES, batch, build, experiment
from vanishing_gradients.trainer.assembly import build_optimizer
from vanishing_gradients.trainer.network.activations import ReLU, Sigmoid
from vanishing_gradients.trainer.network.dense import Dense, Penalty
from vanishing_gradients.trainer.network.network import Network, layer_names
from vanishing_gradients.trainer.network.optimizers import Optimizer
from vanishing_gradients.trainer.network.softmax import Softmax

EVERYTHING = experiment(
    dropout=0.3,
    batch_normalization=True,
    optimizer={"kind": "adam", "learning_rate": 0.05, "decay": 0.1},
)


def train(network: Network, optimizer: Optimizer, seeds: range) -> None:
    for seed in seeds:
        images, labels = batch(seed, network.dtype)
        network.forward(images, training=True)
        network.backward(labels)
        optimizer.step(network)


def dense(n_in: int, width: int, dtype: type = np.float64) -> Dense:
    return Dense(n_in, width, dtype, np.random.default_rng(0))


def test_layers_are_named_as_in_the_papers_figure_7():
    kinds = ["dense", "sigmoid"] * 5 + ["dense", "softmax"]
    assert layer_names(kinds) == [
        "layer_1_input",
        "layer_2_sigmoid",
        "layer_3_hidden",
        "layer_4_sigmoid",
        "layer_5_hidden",
        "layer_6_sigmoid",
        "layer_7_hidden",
        "layer_8_sigmoid",
        "layer_9_hidden",
        "layer_10_sigmoid",
        "layer_11_hidden",
        "layer_12_softmax",
    ]


def test_a_network_numbers_and_names_its_layers():
    network = build(experiment(hidden_widths=(6,), batch_normalization=True, dropout=0.1))
    assert [(layer.number, layer.name) for layer in network.layers] == [
        (1, "layer_1_input"),
        (2, "layer_2_batch_normalization"),
        (3, "layer_3_sigmoid"),
        (4, "layer_4_dropout"),
        (5, "layer_5_hidden"),
        (6, "layer_6_softmax"),
    ]


@pytest.mark.parametrize(
    ("layers", "complaint"),
    [
        ([], "starts with a dense"),
        ([ReLU(3, np.float64), Softmax(3, np.float64)], "starts with a dense"),
        ([dense(3, 3), ReLU(3, np.float64)], "ends with its only output"),
        ([dense(3, 3), Softmax(3, np.float64), Softmax(3, np.float64)], "only output"),
        ([dense(3, 4), dense(5, 2), Softmax(2, np.float64)], "layer 2 takes 5 inputs, but gets 4"),
        ([dense(3, 4), Softmax(3, np.float64)], "layer 2 takes 3 inputs, but gets 4"),
        ([dense(3, 3), Softmax(3, np.float32)], "layer 2 is float32, layer 1 float64"),
    ],
)
def test_layers_that_make_no_network_are_refused(layers, complaint):
    with pytest.raises(ValueError, match=complaint):
        Network(layers)


@pytest.mark.parametrize("shape", [(8,), (8, FEATURES + 1), (0, FEATURES)])
def test_images_of_the_wrong_shape_are_refused(shape):
    with pytest.raises(ValueError, match="shape"):
        build(experiment()).forward(np.zeros(shape), training=True)


def test_images_in_another_precision_are_refused_and_not_converted_behind_ones_back():
    with pytest.raises(ValueError, match="images are float64, the network computes in float32"):
        build(experiment(), np.float32).forward(batch()[0], training=True)


def test_backward_after_a_forward_outside_training_is_refused():
    network = build(experiment())
    images, labels = batch()
    network.forward(images, training=False)
    with pytest.raises(RuntimeError, match="training=True"):
        network.backward(labels)


def test_layers_share_the_networks_flat_parameters_and_gradients():
    network = build(EVERYTHING)
    for layer in network.layers:
        for array in layer.parameters.values():
            assert np.shares_memory(array, network.parameters)
        for array in layer.parameter_gradients.values():
            assert np.shares_memory(array, network.gradients)


def test_biases_start_at_zero_and_weights_at_the_experiments_scale():
    network = build(experiment(hidden_widths=(500,), initial_weight_scale=0.01))
    layer = network.layers[0]
    assert not layer.parameters["biases"].any()
    # 2,500 draws: the standard deviation of their standard deviation is 1.4 %.
    assert layer.parameters["weights"].std() == pytest.approx(0.01, rel=0.07)


def test_the_images_are_left_as_they_are():
    network = build(EVERYTHING)
    images, labels = batch()
    before = images.copy()
    network.forward(images, training=True)
    network.backward(labels)
    np.testing.assert_array_equal(images, before)


def test_a_forward_outside_training_depends_on_no_draw_and_changes_nothing():
    network = build(EVERYTHING)
    train(network, build_optimizer(EVERYTHING), range(3))
    before = network.state()
    images, _ = batch(9)
    first = network.forward(images, training=False).copy()
    np.testing.assert_array_equal(network.forward(images, training=False), first)
    assert_same(network.state(), before)


def assert_same(state: dict, expected: dict) -> None:
    assert state.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(state[name], value, err_msg=name)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_same_seed_gives_the_same_bits(dtype):
    states = []
    for _ in range(2):
        network = build(EVERYTHING, dtype, seed=5)
        train(network, build_optimizer(EVERYTHING), range(4))
        states.append(network.state())
    assert_same(*states)


def test_another_seed_gives_other_weights():
    first, second = (build(experiment(), seed=seed).parameters for seed in (1, 2))
    assert not np.array_equal(first, second)


def test_both_precisions_start_from_the_same_weights():
    double, single = (build(experiment(), dtype).parameters for dtype in (np.float64, np.float32))
    np.testing.assert_array_equal(double.astype(np.float32), single)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_network_restored_goes_on_as_if_never_interrupted_bit_for_bit(dtype):
    chosen = EVERYTHING.model_copy(update={"dropout": 0.0})
    whole, its_optimizer = build(chosen, dtype), build_optimizer(chosen)
    train(whole, its_optimizer, range(3))
    resumed, resumed_optimizer = build(chosen, dtype, seed=99), build_optimizer(chosen)
    resumed.restore(whole.state())
    resumed_optimizer.restore(its_optimizer.state())
    train(whole, its_optimizer, range(3, 6))
    train(resumed, resumed_optimizer, range(3, 6))
    assert_same(resumed.state(), whole.state())
    assert_same(resumed_optimizer.state(), its_optimizer.state())
    images, _ = batch(7, dtype)
    np.testing.assert_array_equal(
        resumed.forward(images, training=False), whole.forward(images, training=False)
    )


def test_a_state_is_a_copy_that_training_does_not_change():
    network = build(experiment())
    state = network.state()
    before = {name: array.copy() for name, array in state.items()}
    train(network, build_optimizer(experiment()), range(1))
    assert_same(state, before)


@pytest.mark.parametrize(
    ("other", "dtype", "complaint"),
    [
        (experiment(hidden_widths=(6,)), np.float64, "layer_5_hidden.weights"),
        (experiment(hidden_widths=(7, 4)), np.float64, r"\(5, 7\) in the state"),
        (experiment(), np.float32, "float32 .* in the state, float64"),
    ],
)
def test_the_state_of_another_network_is_refused_and_changes_nothing(other, dtype, complaint):
    network = build(experiment())
    before = network.state()
    with pytest.raises(ValueError, match=complaint):
        network.restore(build(other, dtype).state())
    assert_same(network.state(), before)


def test_probabilities_come_one_row_a_sample_and_one_column_a_class():
    images, _ = batch()
    p = build(experiment()).forward(images, training=False)
    assert p.shape == (len(images), CLASSES)
    np.testing.assert_allclose(p.sum(axis=1), 1.0, rtol=1e-14)


def test_the_loss_is_that_of_the_data_whatever_the_penalties():
    losses = []
    for penalty in (Penalty(), Penalty(l1=0.1, l2=0.1)):
        first = dense(2, 2)
        first.weight_penalty = first.bias_penalty = penalty
        network = Network([first, Softmax(2, np.float64)])
        network.forward(np.ones((1, 2)), training=False)
        losses.append(network.loss(np.array([0])))
    assert losses[0] == losses[1] > 0


def test_sigmoid_and_relu_networks_are_numbered_alike():
    for activation in (Sigmoid, ReLU):
        layers = [dense(2, 3), activation(3, np.float64), dense(3, 2), Softmax(2, np.float64)]
        assert [layer.number for layer in Network(layers).layers] == [1, 2, 3, 4]
