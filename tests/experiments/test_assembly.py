"""What an experiment asks for is what the network is trained with."""

import numpy as np
import pytest

from vanishing_gradients.trainer.assembly import build_clipping, build_network, build_optimizer
from vanishing_gradients.trainer.errors import ExperimentError
from vanishing_gradients.trainer.experiments import Experiment
from vanishing_gradients.trainer.network.clipping import ClipByGlobalNorm, ClipByNorm, ClipByValue
from vanishing_gradients.trainer.network.dense import WeightNormalizedDense
from vanishing_gradients.trainer.network.network import Network
from vanishing_gradients.trainer.network.optimizers import (
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    AMSGrad,
    RMSProp,
)
from vanishing_gradients.trainer.network.schedules import (
    Constant,
    Cosine,
    Exponential,
    InverseTime,
    StepDecay,
    WarmUp,
)


def experiment(**changes) -> Experiment:
    values = {"name": "a", "activation": "sigmoid", "optimizer": {"kind": "sgd"}}
    return Experiment.model_validate(values | changes)


def network(features: int = 300, **changes) -> Network:
    wide = {"hidden_widths": [200, 100]}
    return build_network(
        experiment(**wide | changes), features, 10, np.float64, np.random.default_rng(1)
    )


@pytest.mark.parametrize(
    ("settings", "kind", "values"),
    [
        ({"kind": "sgd", "momentum": 0.8, "nesterov": True}, SGD, {"momentum": 0.8, "nesterov": 1}),
        ({"kind": "adagrad", "epsilon": 1e-3}, Adagrad, {"epsilon": 1e-3}),
        ({"kind": "rmsprop", "rho": 0.5, "epsilon": 1e-3}, RMSProp, {"rho": 0.5, "epsilon": 1e-3}),
        ({"kind": "adam", "beta_1": 0.5, "beta_2": 0.6}, Adam, {"beta_1": 0.5, "beta_2": 0.6}),
        ({"kind": "adamw", "weight_decay": 0.3}, AdamW, {"weight_decay": 0.3, "beta_1": 0.9}),
        ({"kind": "amsgrad", "beta_2": 0.6}, AMSGrad, {"beta_1": 0.9, "beta_2": 0.6}),
        ({"kind": "adamax", "beta_1": 0.5}, Adamax, {"beta_1": 0.5, "beta_2": 0.999}),
        ({"kind": "adadelta", "rho": 0.5}, Adadelta, {"rho": 0.5, "epsilon": 1e-6}),
    ],
    ids=lambda each: each["kind"] if isinstance(each, dict) and "kind" in each else "",
)
def test_the_optimizer_is_of_the_kind_and_has_the_values(settings, kind, values):
    rates = {"learning_rate": 0.25, "decay": 0.125}
    optimizer = build_optimizer(experiment(optimizer=settings | rates))
    assert type(optimizer) is kind
    assert optimizer.schedule == InverseTime(0.25, 0.125)
    assert {name: getattr(optimizer, name) for name in values} == values


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ({"kind": "constant"}, Constant(0.5)),
        ({"kind": "inverse_time", "decay": 0.1}, InverseTime(0.5, 0.1)),
        ({"kind": "step", "factor": 0.1, "every": 7}, StepDecay(0.5, 0.1, 7)),
        ({"kind": "exponential", "factor": 0.9}, Exponential(0.5, 0.9)),
        ({"kind": "cosine", "floor": 0.1}, Cosine(0.5, 40, 0.1)),
        ({"kind": "cosine", "warm_up": 15}, WarmUp(Cosine(0.5, 25, 0.0), 15)),
        ({"kind": "cosine", "warm_up": 40}, WarmUp(Cosine(0.5, 1, 0.0), 40)),
        ({"kind": "constant", "warm_up": 3}, WarmUp(Constant(0.5), 3)),
    ],
    ids=str,
)
def test_the_schedule_is_of_the_kind_and_a_cosine_is_as_long_as_the_run(schedule, expected):
    optimizer = {"kind": "sgd", "learning_rate": 0.5, "schedule": schedule}
    found = experiment(optimizer=optimizer, epochs=4, batch_size=64)
    assert build_optimizer(found, images=600).schedule == expected


def test_a_warm_up_longer_than_a_run_on_few_images_is_refused_with_both_numbers():
    schedule = {"kind": "constant", "warm_up": 41}
    found = experiment(optimizer={"kind": "sgd", "schedule": schedule}, epochs=4, batch_size=64)
    with pytest.raises(ExperimentError) as caught:
        build_optimizer(found, images=600)
    assert str(caught.value) == (
        "experiment a warms up for 41 steps, but the run has only 40: give it more "
        "epochs, or a shorter warm_up"
    )


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("value", ClipByValue), ("norm", ClipByNorm), ("global_norm", ClipByGlobalNorm)],
)
def test_clipping_is_of_the_kind_and_has_the_limit(kind, expected):
    clipping = build_clipping(experiment(clipping={"kind": kind, "limit": 0.5}))
    assert type(clipping) is expected
    assert clipping.limit == 0.5


def test_no_clipping_is_none():
    assert build_clipping(experiment()) is None


@pytest.mark.parametrize(
    ("settings", "deviation"),
    [
        ({"kind": "normal", "scale": 0.2}, 0.2),
        ({"kind": "uniform", "limit": 0.3}, 0.3 / 3**0.5),
        ({"kind": "glorot"}, (2 / 300) ** 0.5),
        ({"kind": "glorot", "distribution": "normal"}, (2 / 300) ** 0.5),
        ({"kind": "he"}, (2 / 200) ** 0.5),
        ({"kind": "he", "distribution": "uniform"}, (2 / 200) ** 0.5),
        ({"kind": "lecun"}, (1 / 200) ** 0.5),
        ({"kind": "orthogonal", "gain": 3.0}, 3 / 200**0.5),
        ({"kind": "orthogonal"}, 4 / 200**0.5),
        ({"kind": "pytorch_default"}, (1 / 600) ** 0.5),
        ({"kind": "keras_default"}, (2 / 300) ** 0.5),
    ],
    ids=str,
)
def test_weights_behind_the_first_layer_have_the_deviation_of_their_initialisation(
    settings, deviation
):
    weights = network(initialization=settings).layers[2].weights
    assert weights.shape == (200, 100)
    assert weights.std() == pytest.approx(deviation, rel=0.03)


@pytest.mark.parametrize("kind", ["glorot", "he", "lecun"])
def test_a_uniform_distribution_has_its_largest_weight_near_its_deviation_and_a_normal_not(kind):
    for distribution, ratio in (("uniform", 3**0.5), ("normal", 4.0)):
        settings = {"kind": kind, "distribution": distribution}
        weights = network(initialization=settings).layers[2].weights
        assert abs(weights).max() / weights.std() == pytest.approx(ratio, rel=0.2)


def test_constant_weights_are_all_the_same():
    found = network(initialization={"kind": "constant", "value": 0.25})
    assert (found.layers[0].weights == 0.25).all()


def test_the_images_come_out_of_no_activation_so_the_first_gain_is_one():
    weights = network(initialization={"kind": "orthogonal"}).layers[0].weights
    np.testing.assert_allclose(weights.T @ weights, np.eye(200), atol=1e-12)


def test_biases_of_orthogonal_weights_cancel_the_half_that_comes_out_of_a_sigmoid():
    found = network(initialization={"kind": "orthogonal"}).layers
    assert not found[0].parameters["biases"].any()
    for layer in (found[2], found[4]):
        np.testing.assert_allclose(
            layer.parameters["biases"], -0.5 * layer.weights.sum(axis=0), rtol=1e-12
        )


def test_biases_of_pytorchs_default_are_drawn_for_every_layer():
    found = network(initialization={"kind": "pytorch_default"}).layers[::2]
    for layer, n_in in zip(found, (300, 200, 100), strict=True):
        biases = layer.parameters["biases"]
        assert 0.7 * n_in**-0.5 < np.abs(biases).max() < n_in**-0.5
        assert len(set(biases)) == layer.width


@pytest.mark.parametrize("kind", ["normal", "orthogonal", "pytorch_default"])
def test_an_initial_bias_is_every_bias_of_every_layer_whatever_the_weights_are(kind):
    found = network(initialization={"kind": kind}, initial_bias=0.1).layers[::2]
    assert [set(layer.parameters["biases"]) for layer in found] == [{0.1}] * 3


def test_an_initial_bias_leaves_the_weights_as_they_are():
    plain, biased = network(), network(initial_bias=0.1)
    for one, other in zip(plain.layers[::2], biased.layers[::2], strict=True):
        np.testing.assert_array_equal(one.weights, other.weights)


def test_each_layer_has_its_own_initialisation_the_last_too():
    kinds = [{"kind": "constant", "value": 0.5}, {"kind": "orthogonal"}, {"kind": "he"}]
    first, second, last = network(initialization=kinds).layers[::2]
    assert (first.weights == 0.5).all()
    assert np.linalg.norm(second.weights, 2) == pytest.approx(4.0)  # sigmoid's gain
    assert last.weights.std() == pytest.approx((2 / 100) ** 0.5, rel=0.1)


def test_a_projection_is_initialised_as_the_last_layer_of_its_block():
    kinds = [{"kind": "constant", "value": each} for each in (0.1, 0.2, 0.3)]
    found = network(initialization=kinds, residual=2).layers
    projection = next(layer for layer in found if layer.kind == "projection")
    assert (projection.weights == 0.2).all()


def test_each_hidden_layer_has_its_own_dropout_and_no_layer_where_there_is_none():
    found = network(hidden_widths=[9, 8, 7], dropout=[0.5, 0.0, 0.25]).layers
    dropped = [(layer.width, layer.rate) for layer in found if layer.kind == "dropout"]
    assert dropped == [(9, 0.5), (7, 0.25)]


def test_gains_follow_the_activation_that_the_inputs_come_out_of():
    found = network(activation=["tanh", "relu"], initialization={"kind": "orthogonal"}).layers
    assert np.linalg.norm(found[2].weights, 2) == pytest.approx(1.0)
    assert np.linalg.norm(found[4].weights, 2) == pytest.approx(2**0.5)


def test_a_projection_is_drawn_like_the_layer_that_shares_its_inputs():
    found = network(
        activation=["tanh", "relu", "relu"],
        hidden_widths=[50, 40, 30],
        initialization={"kind": "orthogonal"},
        residual=[[2, 3]],
    ).layers
    projection = next(layer for layer in found if layer.kind == "projection")
    assert projection.start == 3
    assert np.linalg.norm(projection.weights, 2) == pytest.approx(1.0)  # tanh's gain, not relu's


def test_weight_normalisation_is_of_hidden_layers_and_not_of_the_last():
    *hidden, last = [
        each for each in network(normalization="weight").layers if each.kind == "dense"
    ]
    assert all(isinstance(layer, WeightNormalizedDense) for layer in hidden)
    assert not isinstance(last, WeightNormalizedDense)


def test_each_hidden_layer_has_its_own_activation():
    kinds = [layer.kind for layer in network(activation=["gelu", "elu"]).layers]
    assert kinds == ["dense", "gelu", "dense", "elu", "dense", "softmax"]


def test_the_loss_is_the_one_asked_for():
    images, labels = np.ones((4, 300)), np.zeros(4, int)
    losses = {}
    for loss in ("cross_entropy", "mean_squared_error"):
        found = network(loss=loss, initial_weight_scale=1e-9)
        found.forward(images, training=True)
        losses[loss] = found.loss(labels)
    # Ten classes, one as likely as the other: -log 0.1, and (0.81 + 9 x 0.01) / 10.
    assert losses["cross_entropy"] == pytest.approx(np.log(10))
    assert losses["mean_squared_error"] == pytest.approx(0.09)
