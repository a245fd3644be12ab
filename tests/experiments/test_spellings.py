"""What can be said in two ways is one record, and what was registered once stays as it was."""

import json

import pytest

from vanishing_gradients.trainer.experiments import Experiment, load, with_epochs

SGD = {"kind": "sgd"}
SIGMOID_SGD = (
    '{"name": "sigmoid_sgd", "description": "784-128-128-64-32-16-10 with Sigmoid and stochastic '
    'gradient descent, as in the paper", "hidden_widths": [128, 128, 64, 32, 16], "activation": '
    '"sigmoid", "optimizer": {"kind": "sgd", "learning_rate": 1.0, "decay": 0.001, "momentum": '
    '0.0}, "penalties": {"weight_l1": 0.0, "weight_l2": 0.0, "bias_l1": 0.0, "bias_l2": 0.0}, '
    '"dropout": 0.0, "batch_normalization": false, "initial_weight_scale": 0.01, "batch_size": '
    '128, "epochs": 10}'
)
RELU_ADAM_OPTIMIZER = (
    '{"kind": "adam", "learning_rate": 0.001, "decay": 0.001, "epsilon": 1e-07, "beta_1": 0.9, '
    '"beta_2": 0.999}'
)


def made(**changes) -> Experiment:
    values = {"name": "mine", "activation": "relu", "optimizer": SGD} | changes
    return Experiment.model_validate(values)


def dumped(**changes) -> dict:
    return made(**changes).model_dump(mode="json")


def test_the_configuration_of_the_papers_runs_is_byte_for_byte_what_it_was():
    assert json.dumps(load("sigmoid_sgd").model_dump(mode="json")) == SIGMOID_SGD
    optimizer = load("relu_adam").model_dump(mode="json")["optimizer"]
    assert json.dumps(optimizer) == RELU_ADAM_OPTIMIZER


def test_a_run_registered_before_there_were_remedies_is_read_and_says_the_same():
    old = json.loads(SIGMOID_SGD) | {"batch_normalization": True, "epochs": 3}
    experiment = Experiment.model_validate(old)
    assert experiment.normalization == "batch"
    assert json.dumps(experiment.model_dump(mode="json")) == json.dumps(old)


def test_keys_at_their_defaults_are_the_same_as_keys_left_out():
    explicit = made(
        normalization="none", residual=None, clipping=None, initialization=None, depth=None,
        width=None, loss="cross_entropy", dataset=None, inputs="-1..1",
        initial_bias=None, input_dropout=0.0, labels="true",
        output="softmax",
        optimizer=SGD | {"nesterov": False, "schedule": None},
    )  # fmt: skip
    assert explicit == made()
    assert explicit.model_dump(mode="json") == dumped()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            {"loss": "binary_cross_entropy"},
            {"loss": "binary_cross_entropy", "output": "sigmoid"},
        ),
        ({"depth": 3, "width": 9}, {"hidden_widths": [9, 9, 9]}),
        ({"depth": 2}, {"hidden_widths": [128, 128]}),
        ({"normalization": "batch"}, {"batch_normalization": True}),
        ({"normalization": "none"}, {"batch_normalization": False}),
        (
            {"initialization": {"kind": "normal", "scale": 0.3}},
            {"initial_weight_scale": 0.3},
        ),
        ({"initialization": {"kind": "normal"}}, {}),
    ],
)
def test_two_spellings_are_one_record(one, other):
    assert made(**one) == made(**other)
    assert dumped(**one) == dumped(**other)


@pytest.mark.parametrize(
    "changes",
    [
        {"depth": 100, "width": 800},
        {"hidden_widths": [4, 5], "activation": ["prelu", "identity"]},
        {"normalization": "batch"},
        {"normalization": "layer"},
        {"normalization": "weight", "initialization": {"kind": "orthogonal"}},
        {"initialization": {"kind": "orthogonal", "gain": 2.0}},
        {"initialization": {"kind": "he", "distribution": "uniform"}},
        {"residual": 2},
        {"residual": [[1, 2], [4, 5]]},
        {"residual": []},
        {"clipping": {"kind": "norm", "limit": 0.5}},
        {"loss": "mean_squared_error"},
        {"dataset": "fashion-mnist"},
        {"inputs": "standardised", "labels": "shuffled"},
        {"input_dropout": 0.2},
        {"output": "sigmoid", "loss": "mean_squared_error"},
        {"hidden_widths": [4, 5], "dropout": [0.5, 0.0]},
        {"hidden_widths": [4], "initialization": [{"kind": "he"}, {"kind": "normal"}]},
        {"initialization": {"kind": "pytorch_default"}, "initial_bias": 0.1},
        {"initialization": {"kind": "keras_default"}, "initial_bias": 0.0},
        {"optimizer": SGD | {"momentum": 0.5, "nesterov": True}},
        {"optimizer": {"kind": "adamw", "weight_decay": 0.1}},
        {"optimizer": {"kind": "rmsprop", "schedule": {"kind": "cosine", "warm_up": 7}}},
        {"optimizer": {"kind": "adagrad", "schedule": {"kind": "step", "factor": 0.1, "every": 9}}},
    ],
    ids=str,
)
def test_an_experiment_survives_its_configuration(changes):
    experiment = made(**changes)
    text = json.dumps(experiment.model_dump(mode="json"))
    again = Experiment.model_validate(json.loads(text))
    assert again == experiment
    assert json.dumps(again.model_dump(mode="json")) == text


def test_what_another_key_says_is_left_out_of_the_configuration():
    assert "initial_weight_scale" not in dumped(initialization={"kind": "he"})
    assert "normalization" not in dumped(normalization="batch")
    assert dumped(normalization="layer")["batch_normalization"] is False


def test_other_epochs_change_nothing_else():
    experiment = made(residual=1, hidden_widths=[4], epochs=5)
    assert with_epochs(experiment, 7) == made(residual=1, hidden_widths=[4], epochs=7)
