"""An experiment knows its layers without building them, and building them agrees."""

import numpy as np
import pytest

from vanishing_gradients.trainer.assembly import build_network, build_optimizer
from vanishing_gradients.trainer.experiments import Experiment, load, names
from vanishing_gradients.trainer.network.activations import ACTIVATIONS
from vanishing_gradients.trainer.network.optimizers import SGD, Adam
from vanishing_gradients.trainer.network.schedules import InverseTime

SMALL = Experiment(
    name="small",
    hidden_widths=(6, 4),
    activation="relu",
    optimizer={"kind": "sgd", "learning_rate": 0.5, "decay": 0.1, "momentum": 0.9},
    penalties={"weight_l1": 0.1, "weight_l2": 0.2, "bias_l1": 0.3, "bias_l2": 0.4},
    dropout=0.25,
    batch_normalization=True,
)


def test_the_papers_layers():
    specs = load("sigmoid_sgd").layer_specs()
    assert [(spec.name, spec.rows, spec.width) for spec in specs] == [
        ("layer_1_input", 784, 128),
        ("layer_2_sigmoid", None, 128),
        ("layer_3_hidden", 128, 128),
        ("layer_4_sigmoid", None, 128),
        ("layer_5_hidden", 128, 64),
        ("layer_6_sigmoid", None, 64),
        ("layer_7_hidden", 64, 32),
        ("layer_8_sigmoid", None, 32),
        ("layer_9_hidden", 32, 16),
        ("layer_10_sigmoid", None, 16),
        ("layer_11_hidden", 16, 10),
        ("layer_12_softmax", None, 10),
    ]


def test_the_rows_of_the_papers_experiment_add_up_to_its_count():
    # 9,002,880 rows in a full experiment: 10 epochs of 60,000 images in 469 batches.
    rows = [469 * spec.rows if spec.rows else 60_000 for spec in load("relu_adam").layer_specs()]
    assert 10 * sum(rows) == 9_002_880


def test_batch_normalization_comes_before_the_activation_and_dropout_after_it():
    specs = SMALL.layer_specs(features=5, classes=3)[:5]
    assert [(s.number, s.name, s.kind, s.rows, s.width, s.start) for s in specs] == [
        (1, "layer_1_input", "dense", 5, 6, None),
        (2, "layer_2_batch_normalization", "batch_normalization", None, 6, None),
        (3, "layer_3_relu", "relu", None, 6, None),
        (4, "layer_4_dropout", "dropout", None, 6, None),
        (5, "layer_5_hidden", "dense", 6, 4, None),
    ]


def test_every_layer_tells_what_its_rows_are_its_gain_and_where_it_is_flat():
    found = {spec.kind: spec for spec in SMALL.layer_specs(features=5, classes=3)}
    assert {kind: (s.made.row_meaning, s.made.gain, s.made.flat) for kind, s in found.items()} == {
        "dense": ("input", None, None),
        "batch_normalization": ("sample", None, None),
        "relu": ("sample", 2**0.5, "below"),
        "dropout": ("sample", None, None),
        "softmax": ("sample", None, None),
    }


def test_a_projection_is_a_matrix_of_weights_and_the_sum_after_it_is_not():
    experiment = SMALL.model_copy(update={"residual": 2})
    meanings = {s.kind: s.made.row_meaning for s in experiment.layer_specs(5, 3) if s.start}
    assert meanings == {"projection": "input", "residual": "sample"}


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_an_activation_is_flat_where_its_slope_vanishes_far_from_zero(kind):
    layer = ACTIVATIONS[kind](1, np.float64)
    layer.forward(np.array([[-40.0], [40.0]]), training=True)
    below, above = np.abs(layer.backward(np.ones((2, 1)))[:, 0]) < 1e-9
    assert layer.flat == {(True, True): "both", (True, False): "below"}.get((below, above))


def test_the_longest_table_name_fits_into_mysqls_64_characters():
    experiment = SMALL.model_copy(update={"name": "a" * 32, "hidden_widths": (1,) * 50})
    longest = max(f"{experiment.name}_{spec.name}" for spec in experiment.layer_specs())
    assert len(longest) <= 64


@pytest.mark.parametrize("experiment", [*map(load, names()), SMALL], ids=lambda e: e.name)
def test_a_network_has_the_layers_and_gradients_that_the_specs_say(experiment):
    network = build_network(experiment, 20, 3, np.float64, np.random.default_rng(0))
    network.forward(np.ones((7, 20)), training=True)
    network.backward(np.zeros(7, int))
    specs = experiment.layer_specs(features=20, classes=3)
    assert [
        (layer.number, layer.name, layer.kind, layer.gradient.shape) for layer in network.layers
    ] == [(spec.number, spec.name, spec.kind, (spec.rows or 7, spec.width)) for spec in specs]


def test_every_activation_of_the_network_can_be_asked_for():
    for activation in ACTIVATIONS:
        experiment = Experiment(name="a", activation=activation, optimizer={"kind": "sgd"})
        assert experiment.layer_specs()[1].kind == activation


def test_penalties_and_dropout_reach_their_layers():
    network = build_network(SMALL, 5, 3, np.float64, np.random.default_rng(0))
    dense, dropout = network.layers[4], network.layers[3]
    assert (dense.weight_penalty.l1, dense.weight_penalty.l2) == (0.1, 0.2)
    assert (dense.bias_penalty.l1, dense.bias_penalty.l2) == (0.3, 0.4)
    assert dropout.rate == 0.25


def test_the_optimizer_has_the_experiments_values():
    sgd = build_optimizer(SMALL)
    assert isinstance(sgd, SGD)
    assert (sgd.schedule, sgd.momentum, sgd.nesterov) == (InverseTime(0.5, 0.1), 0.9, False)
    adam = build_optimizer(load("relu_adam"))
    assert isinstance(adam, Adam)
    assert (adam.schedule, adam.epsilon) == (InverseTime(0.001, 1e-3), 1e-7)
    assert (adam.beta_1, adam.beta_2) == (0.9, 0.999)
