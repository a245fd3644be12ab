"""How large weights were at first: what was recorded of the first step, and not a guess."""

import numpy as np
import pytest

from tests.diagnosis.conftest import network
from vanishing_gradients.analysis.diagnosis import diagnose as lines_of

STILL = {"kind": "sgd", "learning_rate": 1e-9}


@pytest.fixture(scope="module")
def orthogonal(clinic) -> int:
    """A sigmoid network of orthogonal weights, with the sigmoid's own gain of 4, that stays so."""
    weights = {"kind": "orthogonal"}
    return clinic.admit(
        network(
            name="turned", hidden_widths=[12], activation="sigmoid", initialization=weights,
            optimizer=STILL,
        )
    )  # fmt: skip


def test_the_size_is_that_of_the_weights_that_were_drawn(clinic, orthogonal):
    sizes = clinic.evidence(orthogonal).initial_sizes
    assert sizes[1] == pytest.approx(1 / np.sqrt(784), rel=1e-9)  # of images, not of a sigmoid
    assert sizes[3] == pytest.approx(4 / np.sqrt(12), rel=1e-9)


def test_weights_that_stayed_as_they_were_have_not_grown(clinic, orthogonal):
    assert clinic.evidence(orthogonal).relative_sizes(-1).to_numpy() == pytest.approx(1, rel=1e-6)


def test_a_saturated_orthogonal_network_is_not_said_to_have_grown(clinic, orthogonal):
    saturate = "UPDATE neuron_statistics SET saturated = cells WHERE run_id = {}"
    clinic.execute(saturate.format(orthogonal))
    (fault,) = clinic.diagnosis(orthogonal).faults
    assert fault.name == "saturated neurons"
    assert not any("have grown" in sentence for sentence in fault.seen)


def test_weights_that_grew_are_measured_by_their_first_step(clinic):
    orthogonal = {"kind": "orthogonal"}
    adam = {"kind": "adam", "learning_rate": 0.5}
    grown = network(name="outgrown", activation="tanh", initialization=orthogonal, optimizer=adam)
    run_id = clinic.admit(grown)
    (fault,) = clinic.diagnosis(run_id).faults
    times = clinic.evidence(run_id).relative_sizes(-1)
    assert fault.name == "saturated neurons"
    assert any(
        f"The weights of layer {times.idxmax()} have grown to {times.max():.3g} times" in sentence
        for sentence in fault.seen
    )


def test_without_a_record_of_the_first_weights_their_size_cannot_be_known(clinic):
    weights = {"kind": "normal", "scale": 0.6}
    run_id = clinic.admit(
        network(name="forgotten", hidden_widths=[30] * 12, initialization=weights)
    )
    clinic.execute(f"UPDATE step_statistics SET weight_norm = NULL WHERE run_id = {run_id}")
    clinic.sum_up()
    evidence = clinic.evidence(run_id)
    with clinic.reader.connect() as connection:
        text = " ".join(" ".join(lines_of(connection, evidence.run)).split())
    assert "What is wrong: exploding gradients," in text
    assert "start with a deviation" not in text
    assert "the size of the initial weights" in text.partition("What cannot be known:")[2]
