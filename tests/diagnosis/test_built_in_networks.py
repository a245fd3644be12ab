"""Built-in networks with one fault each, and healthy ones, trained for real and examined."""

import pytest

from vanishing_gradients.trainer import experiments
from vanishing_gradients.trainer.experiments.changing import changed

FAULTS = {
    "sick_dead_relu": "dead neurons",
    "sick_diverging": "divergence",
    "sick_exploding": "exploding gradients",
    "sick_noisy": "gradient noise above the signal",
    "sick_overclipped": "gradients clipped away",
    "sick_overdropped": "dropout drowns the signal",
    "sick_overregularised": "weights collapse under a penalty",
    "sick_restless": "learning rate too large",
    "sick_saturated": "saturated neurons",
    "sick_slow": "learning rate too small",
    "sick_symmetric": "symmetric neurons",
    "sick_vanishing": "vanishing gradients",
}
LIMITS = {"sick_noisy": 800}
"""A batch of one image makes many steps of few images."""


def images(name: str) -> dict[str, int]:
    return {"limit": LIMITS[name]} if name in LIMITS else {}


def test_every_sick_network_is_examined():
    assert set(FAULTS) == set(experiments.names("sick"))


@pytest.mark.parametrize("name", FAULTS)
def test_the_fault_of_a_sick_network_is_named_first(clinic, name):
    assert clinic.faults(clinic.admit(name, **images(name)))[0] == FAULTS[name]


@pytest.mark.parametrize("name", experiments.names("healthy"))
def test_a_healthy_network_has_no_fault(clinic, name):
    assert clinic.faults(clinic.admit(name)) == []


def last_accuracy(clinic, run_id: int) -> float:
    """The test accuracy after a run's last epoch."""
    return clinic.evidence(run_id).curves["test_accuracy"].iloc[-1]


@pytest.mark.parametrize("name", experiments.names("healthy"))
def test_a_healthy_network_learns(clinic, name):
    assert last_accuracy(clinic, clinic.admit(name)) > 0.7


@pytest.mark.parametrize("name", FAULTS)
def test_a_sick_network_learns_less(clinic, name):
    assert last_accuracy(clinic, clinic.admit(name, **images(name))) < 0.6


@pytest.mark.parametrize("name", FAULTS)
def test_every_remedy_can_be_written_into_the_file_and_is_built_in_where_it_says_so(clinic, name):
    experiment = experiments.load(name)
    for fault in clinic.diagnosis(clinic.admit(name, **images(name))).faults:
        assert fault.remedies
        for remedy in fault.remedies:
            assert changed(experiment, remedy.change) != experiment
            assert remedy.example is None or remedy.example in experiments.built_in()


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_brings_no_more_than_one_other_along(clinic, name):
    assert len(clinic.faults(clinic.admit(name, **images(name)))) <= 2


@pytest.mark.faults
@pytest.mark.parametrize("seed", [2, 3])
@pytest.mark.parametrize("name", FAULTS)
def test_the_fault_of_a_sick_network_does_not_depend_on_the_seed(clinic, name, seed):
    run = clinic.admit(name, seed=seed, **images(name))
    assert clinic.faults(run)[0] == FAULTS[name]


@pytest.mark.faults
@pytest.mark.parametrize("seed", [2, 3])
@pytest.mark.parametrize("name", experiments.names("healthy"))
def test_health_does_not_depend_on_the_seed(clinic, name, seed):
    assert clinic.faults(clinic.admit(name, seed=seed)) == []


@pytest.mark.faults
@pytest.mark.parametrize("name", FAULTS)
def test_all_images_show_the_same_as_a_part_of_them(clinic, name):
    run = clinic.admit(name, limit=None)
    assert clinic.faults(run)[0] == FAULTS[name]
    assert last_accuracy(clinic, run) < 0.68


@pytest.mark.faults
@pytest.mark.parametrize("name", experiments.names("healthy"))
def test_a_healthy_network_learns_from_all_images(clinic, name):
    assert last_accuracy(clinic, clinic.admit(name, limit=None)) > 0.78


@pytest.mark.faults
@pytest.mark.parametrize("name", FAULTS)
def test_the_first_remedy_cures_the_fault(clinic, name):
    sick = clinic.admit(name, limit=None)
    remedy = clinic.diagnosis(sick).faults[0].remedies[0]
    cured = changed(experiments.load(name), {**remedy.change, "name": f"cured_{name}"})
    assert FAULTS[name] not in clinic.faults(clinic.admit(cured, limit=None))
