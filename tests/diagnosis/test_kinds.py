"""Faults of requests, outputs, steps and size: the cause is named, and its remedy cures it."""

import pytest

from tests.diagnosis.conftest import network
from vanishing_gradients.trainer.experiments.changing import changed

ADAM = {"kind": "adam", "learning_rate": 0.001}
GLOROT = {"kind": "glorot"}


def sgd(rate: float, **constants) -> dict[str, object]:
    return {"kind": "sgd", "learning_rate": rate} | constants


CASES = {
    "labels that are not the images' own": (
        {"labels": "constant", "optimizer": ADAM, "epochs": 3}, {}, "labels",
    ),
    "inputs that are not scaled": (
        {"inputs": "0..255", "optimizer": sgd(0.1), "hidden_widths": [64, 64]}, {}, "inputs",
    ),
    "batch normalisation over too few images": (
        {"normalization": "batch", "batch_size": 1, "optimizer": sgd(0.01)}, {"limit": 500},
        "batch_size",
    ),
    "saturated outputs": (
        {
            "hidden_widths": [32], "activation": "tanh", "initialization": GLOROT,
            "loss": "mean_squared_error", "batch_size": 16,
            "optimizer": {"kind": "adagrad", "learning_rate": 1.0}, "epochs": 3,
        }, {}, "optimizer.learning_rate",
    ),
    "layers too narrow": (
        {"hidden_widths": [3, 2], "initialization": GLOROT, "optimizer": ADAM, "epochs": 3}, {},
        "hidden_widths",
    ),
    "a loss that does not suit the output": (
        {
            "hidden_widths": [32], "activation": "sigmoid", "initialization": GLOROT,
            "loss": "mean_squared_error", "optimizer": sgd(0.001), "epochs": 5,
        }, {}, "loss",
    ),
    "no hidden non-linearity": (
        {"activation": "identity", "initialization": GLOROT, "optimizer": ADAM, "epochs": 5}, {},
        "activation",
    ),
}  # fmt: skip
"""By fault: what differs from a healthy network, the run's settings, what the remedy changes."""


@pytest.mark.parametrize("fault", CASES)
def test_the_cause_is_named_first_and_alone(clinic, fault):
    changes, settings, key = CASES[fault]
    experiment = network(name=f"kind_{list(CASES).index(fault)}", **changes)
    found = clinic.diagnosis(clinic.admit(experiment, **settings)).faults
    assert [each.name for each in found] == [fault]
    assert next(iter(found[0].remedies[0].change)) == key


@pytest.mark.parametrize("fault", CASES)
def test_its_first_remedy_leaves_nothing_of_it(clinic, fault):
    changes, settings, _ = CASES[fault]
    number = list(CASES).index(fault)
    experiment = network(name=f"kind_{number}", **changes)
    before = clinic.admit(experiment, **settings)
    remedy = clinic.diagnosis(before).faults[0].remedies[0]
    cured = changed(experiment, remedy.change | {"name": f"cured_{number}"})
    after = clinic.admit(cured, **settings)
    assert fault not in clinic.faults(after)
    accuracies = [clinic.evidence(run).curves["test_accuracy"].iloc[-1] for run in (before, after)]
    assert accuracies[1] > accuracies[0]


@pytest.mark.parametrize(
    ("optimizer", "batch_size", "loss", "usual"),
    [
        (sgd(1.0), 128, "cross_entropy", 0.1),
        (sgd(1.0, momentum=0.9), 128, "cross_entropy", 0.01),
        (sgd(1.0), 4, "cross_entropy", 0.025),
        (sgd(1.0), 128, "mean_squared_error", 1.0),
        (ADAM | {"learning_rate": 1.0}, 1, "cross_entropy", 0.001),
        ({"kind": "adagrad", "learning_rate": 1.0}, 16, "mean_squared_error", 0.01),
    ],
)
def test_the_usual_rate_knows_optimizer_momentum_batch_and_loss(optimizer, batch_size, loss, usual):
    from vanishing_gradients.analysis.diagnosis.configuration import RunConfig

    experiment = network(optimizer=optimizer, batch_size=batch_size, loss=loss)
    assert RunConfig(experiment.model_dump_json()).usual_rate == pytest.approx(usual)


def test_a_rate_far_too_large_for_momentum_and_single_images_is_cured_in_one_turn(clinic):
    """The updates of a dead network are 0, and say nothing about the rate that killed it."""
    experiment = network(
        name="dead_soon", hidden_widths=[32, 16], batch_size=1, epochs=2,
        optimizer=sgd(0.1, momentum=0.9), initialization={"kind": "lecun"},
    )  # fmt: skip
    fault = clinic.diagnosis(clinic.admit(experiment, limit=600)).faults[0]
    assert fault.cause == (
        "the learning rate of 0.1, with momentum 0.9 and batches of 1 image, is too large"
    )
    cured = changed(experiment, fault.remedies[0].change | {"name": "alive"})
    assert clinic.faults(clinic.admit(cured, limit=600)) == []


def test_batch_normalisation_is_no_remedy_for_batches_of_one(clinic):
    experiment = network(
        name="one_by_one", hidden_widths=[32, 16], batch_size=1, optimizer=sgd(0.1, momentum=0.9)
    )
    for fault in clinic.diagnosis(clinic.admit(experiment, limit=300)).faults:
        for remedy in fault.remedies:
            assert remedy.change.get("normalization") != "batch"


def test_a_remedy_of_vanishing_gradients_brings_the_rate_that_its_momentum_stands(clinic):
    experiment = network(
        name="seven", hidden_widths=[64] * 7, activation="sigmoid", initialization=GLOROT,
        optimizer=sgd(0.5, momentum=0.9),
    )  # fmt: skip
    (fault,) = clinic.diagnosis(clinic.admit(experiment)).faults
    assert fault.name == "vanishing gradients"
    assert fault.remedies[0].change["optimizer.learning_rate"] == 0.01


def test_one_saturated_layer_is_not_hidden_by_the_mean_of_all(clinic):
    weights = [GLOROT, {"kind": "normal", "scale": 50.0}, GLOROT, GLOROT, GLOROT]
    experiment = network(
        name="one_flat", hidden_widths=[64, 12, 64, 64], activation="tanh", initialization=weights,
        optimizer=sgd(0.01),
    )  # fmt: skip
    (fault,) = clinic.diagnosis(clinic.admit(experiment)).faults
    assert (fault.name, fault.cause) == ("saturated neurons", "the initial weights are too large")
    assert "most in layer 4 (layer_4_tanh)" in fault.seen[0]


def test_a_wide_gap_is_overfitting_before_the_test_loss_rises(clinic):
    experiment = network(
        name="wide_gap", hidden_widths=[128], batch_size=16, epochs=6, optimizer=ADAM
    )
    run = clinic.admit(experiment, limit=100)
    assert clinic.faults(run) == ["overfitting"]
    assert {next(iter(each.change)) for each in clinic.diagnosis(run).faults[0].remedies} <= {
        "dropout", "penalties.weight_l2", "epochs",
    }  # fmt: skip
