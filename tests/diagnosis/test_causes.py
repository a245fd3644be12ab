"""Causes are named, and not what they bring about, whatever the width, depth and optimizer."""

import pytest

from tests.diagnosis.conftest import network
from vanishing_gradients.trainer import experiments

ADAM = {"kind": "adam", "learning_rate": 0.001}


def sgd(rate: float) -> dict[str, object]:
    return {"kind": "sgd", "learning_rate": rate}


def test_gradients_that_are_not_finite_in_the_first_step_come_from_the_weights(clinic):
    weights = {"kind": "normal", "scale": 1000.0}
    experiment = network(name="huge", hidden_widths=[20] * 20, initialization=weights)
    run = clinic.admit(experiment, precision="single", limit=500)
    assert clinic.faults(run) == ["exploding gradients"]
    assert "Already in the first step" in clinic.diagnosis(run).faults[0].seen[0]


def test_what_explodes_in_the_first_step_has_not_merely_diverged(clinic):
    weights = {"kind": "normal", "scale": 0.6}
    experiment = network(name="steep", hidden_widths=[30] * 12, initialization=weights)
    assert clinic.faults(clinic.admit(experiment, limit=500)) == ["exploding gradients"]


def test_saturation_by_large_weights_is_named_before_gradients_that_grow_through_them(clinic):
    weights = {"kind": "uniform", "limit": 6.0}
    experiment = network(
        name="flat_out", hidden_widths=[30] * 4, activation="sigmoid", initialization=weights
    )
    assert clinic.faults(clinic.admit(experiment)) == ["saturated neurons"]


def test_saturation_that_large_steps_brought_about_is_mended_by_the_rate_first(clinic):
    experiment = network(
        name="grown", activation="tanh", initialization={"kind": "glorot"},
        optimizer=ADAM | {"learning_rate": 0.5},
    )  # fmt: skip
    (fault,) = clinic.diagnosis(clinic.admit(experiment)).faults
    assert fault.name == "saturated neurons"
    assert set(fault.remedies[0].change) == {"optimizer.learning_rate"}


def test_where_nothing_passes_the_initial_weights_these_are_mended_and_not_the_rate(clinic):
    run = clinic.admit("relu_sgd", limit=1000)
    (fault,) = clinic.diagnosis(run).faults
    assert fault.name == "dead neurons"
    assert any("Already in the first step" in sentence for sentence in fault.seen)
    assert fault.remedies[0].change["initialization"] == {"kind": "he"}


@pytest.mark.parametrize("name", ["sigmoid_sgd", "sigmoid_adam"])
def test_the_papers_sigmoid_networks_vanish_and_saturation_is_not_why(clinic, name):
    (fault,) = clinic.diagnosis(clinic.admit(name, limit=1000)).faults
    assert fault.name == "vanishing gradients"
    assert any(each.startswith("It is not that neurons are saturated") for each in fault.seen)


def test_a_clipped_network_that_adam_trains_has_no_fault(clinic):
    clipping = {"kind": "global_norm", "limit": 1e-4}
    experiment = network(
        name="calm", hidden_widths=[32, 32], clipping=clipping, optimizer=ADAM, epochs=5
    )
    assert clinic.faults(clinic.admit(experiment)) == []


def test_an_image_at_a_time_is_no_fault_of_small_steps(clinic):
    experiment = network(
        name="patient_steps", hidden_widths=[32], batch_size=1, optimizer=sgd(0.003)
    )
    assert clinic.faults(clinic.admit(experiment, limit=600)) == []


def test_images_learned_by_heart_are_overfitting(clinic):
    experiment = network(
        name="by_heart", hidden_widths=[64, 64], batch_size=16, epochs=30, optimizer=ADAM
    )
    run = clinic.admit(experiment, limit=100)
    assert clinic.faults(run) == ["overfitting"]
    stop = clinic.diagnosis(run).faults[0].remedies[0].change["epochs"]
    losses = clinic.evidence(run).curves["test_loss"]
    assert stop == losses.idxmin() < 30


def test_a_fault_hides_none_but_faults_that_are_judged_after_it():
    from vanishing_gradients.analysis.diagnosis.faults import CHECKS

    names = [check.name for check in CHECKS]
    assert len(set(names)) == len(names)
    for place, check in enumerate(CHECKS):
        assert set(check.hides) <= set(names[place + 1 :])


@pytest.mark.faults
@pytest.mark.parametrize("name", ["best_combination", "best_sigmoid", "sigmoid_sgd_relu_he"])
def test_the_gallerys_best_have_no_fault_but_that_the_sample_is_small(clinic, name):
    """98 % of 6,400 training images against 85 % of the test images is overfitting."""
    assert clinic.faults(clinic.admit(experiments.load(name), limit=None)) in ([], ["overfitting"])


@pytest.mark.parametrize("epochs", [1, 12])
def test_equal_neurons_that_rounding_drives_apart_are_found_by_what_the_file_asks(clinic, epochs):
    experiment = network(
        name="equal", initialization={"kind": "constant", "value": 0.1}, epochs=epochs,
        hidden_widths=[32, 32], optimizer={"kind": "adam", "learning_rate": 0.01},
    )  # fmt: skip
    run = clinic.admit(experiment, precision="single")
    assert clinic.faults(run)[0] == "symmetric neurons"


def test_dropout_makes_neurons_different_that_start_equal(clinic):
    experiment = network(
        name="dropped", initialization={"kind": "constant", "value": 0.02}, epochs=2,
        dropout=0.3, optimizer={"kind": "adam", "learning_rate": 0.01},
    )  # fmt: skip
    assert clinic.evidence(clinic.admit(experiment)).config.starts_equal is False
