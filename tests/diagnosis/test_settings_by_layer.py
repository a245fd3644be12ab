"""Settings that differ by layer, and those that later versions have, are read as well as others."""

import json

import numpy as np
import pytest

from tests.diagnosis.conftest import network
from vanishing_gradients.analysis.diagnosis.configuration import RunConfig

BY_LAYER = {
    "activation": ["relu", "tanh"],
    "initialization": [{"kind": "he"}, {"kind": "glorot"}, {"kind": "pytorch_default"}],
    "dropout": [0.1, 0.0],
    "input_dropout": 0.1,
    "initial_bias": 0.1,
    "inputs": "standardised",
    "optimizer": {"kind": "adamax"},
}


def test_a_network_of_settings_by_layer_is_found_healthy(clinic, diagnose):
    run = clinic.admit(network(name="by_layer", epochs=4, **BY_LAYER))
    assert clinic.faults(run) == []
    result = diagnose("--run", str(run))
    assert (result.exit_code, result.exception) == (0, None)


@pytest.mark.parametrize(
    ("loss", "guessing"),
    [
        # Every p is 0.1: -0.1 log 0.1 - 0.9 log 0.9, and (0.81 + 9 x 0.01) / 10.
        ("cross_entropy", 0.32508297339144825),
        ("mean_squared_error", 0.09),
    ],
)
def test_guessing_with_sigmoid_outputs_costs_what_one_in_ten_does(clinic, loss, guessing):
    changes = {
        "output": "sigmoid", "loss": loss, "epochs": 4,
        "optimizer": {"kind": "adam", "learning_rate": 0.01},
    }  # fmt: skip
    evidence = clinic.evidence(clinic.admit(network(name=f"sigmoids_{loss[0]}", **changes)))
    assert evidence.guessing == pytest.approx(guessing, rel=1e-12)
    assert evidence.loss_layer == 6
    assert evidence.learns or loss == "mean_squared_error"  # which takes longer


@pytest.mark.parametrize(
    ("config", "outputs", "guessing"),
    [
        ({"loss": "binary_cross_entropy", "output": "sigmoid"}, 1, np.log(2)),
        (
            {"loss": "binary_cross_entropy", "output": "sigmoid", "class_counts": [3, 1]},
            1,
            -0.75 * np.log(0.75) - 0.25 * np.log(0.25),
        ),
        ({"class_counts": [2, 1, 1]}, 3, 1.5 * np.log(2)),
        ({"class_counts": [2, 1, 1], "loss": "mean_squared_error"}, 3, (0.25 + 2 * 0.1875) / 3),
        ({"class_counts": [7, 0, 0]}, 3, np.log(3)),
    ],
)
def test_guessing_costs_what_the_shares_of_the_classes_say(config, outputs, guessing):
    assert RunConfig(json.dumps(config)).guessing(outputs) == pytest.approx(guessing, rel=1e-12)


def test_the_largest_of_several_dropout_rates_is_judged(clinic):
    run = clinic.admit(network(name="drowned", dropout=[0.2, 0.98]))
    fault = next(each for each in clinic.diagnosis(run).faults if "dropout" in each.name)
    assert fault.seen[0].startswith(
        "Dropout silences 98 % of the neurons of a hidden layer at every step"
    )


def test_of_several_initialisations_a_constant_one_is_the_one_to_look_at(clinic):
    weights = [{"kind": "he"}, {"kind": "constant", "value": 0.05}, {"kind": "he"}]
    run = clinic.admit(network(name="one_equal", initialization=weights))
    assert clinic.evidence(run).config.initialization == weights[1]


def test_initialisations_of_several_kinds_are_none_that_a_remedy_would_set(clinic):
    weights = [{"kind": "he"}, {"kind": "lecun"}, {"kind": "glorot"}]
    config = clinic.evidence(clinic.admit(network(name="mixed", initialization=weights))).config
    assert not any(config.has("initialization", {"kind": each["kind"]}) for each in weights)
