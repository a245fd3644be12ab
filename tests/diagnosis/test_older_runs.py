"""Runs that were recorded before single neurons and steps were."""

import pytest

from tests.diagnosis.conftest import network

SLOW = {"kind": "sgd", "learning_rate": 1e-5}


@pytest.fixture(scope="module")
def older(clinic):
    """Return a function that trains an experiment and forgets what older versions did not keep."""

    def train(**changes) -> int:
        run_id = clinic.admit(network(**changes))
        clinic.execute(f"DELETE FROM neuron_statistics WHERE run_id = {run_id}")
        clinic.execute(
            "UPDATE step_statistics SET clipped_norm = NULL, weight_norm = NULL, "
            f"update_norm = NULL, saturated = NULL WHERE run_id = {run_id}"
        )
        clinic.sum_up()
        return run_id

    return train


def test_what_cannot_be_judged_is_named_and_nothing_is_called_healthy_for_it(
    diagnose, clinic, older
):
    run_id = older(name="old_well", hidden_widths=[32, 32])
    assert "dead neurons" in clinic.diagnosis(run_id).unchecked
    text = " ".join(diagnose("--run", str(run_id)).stdout.split())
    assert "Nothing is wrong of what can be judged." in text
    assert "saturated neurons" in text
    assert "the run was recorded before steps and single neurons were; train it again" in text


def test_vanishing_gradients_are_found_all_the_same(clinic, older):
    run_id = older(name="old_faint", hidden_widths=[12] * 8, activation="sigmoid")
    assert clinic.faults(run_id) == ["vanishing gradients"]


def test_a_divergence_is_found_all_the_same(clinic, older):
    optimizer = {"kind": "sgd", "learning_rate": 100.0}
    run_id = older(name="old_wild", activation="identity", optimizer=optimizer)
    assert clinic.faults(run_id) == ["divergence"]


def test_what_is_not_seen_is_not_guessed(diagnose, older):
    run_id = older(name="old_slow", hidden_widths=[32, 32], optimizer=SLOW)
    text = " ".join(diagnose("--run", str(run_id)).stdout.split())
    assert "It does not learn, and shows none of the faults that are judged." in text
    assert "learning rate too small" in text.partition("What cannot be known:")[2]
