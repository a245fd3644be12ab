"""A network that does not learn and shows no fault: what to check is said, and how."""

from tests.diagnosis.conftest import network

HEADING = "What to check, one at a time:"
LITTLE = {"epochs": 8, "optimizer": {"kind": "sgd", "learning_rate": 0.01}}


def text_of(result) -> str:
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


def stuck(clinic, **changes) -> str:
    """Return the number of a run that stays at the loss of guessing."""
    run = clinic.admit(network(**LITTLE, **changes), limit=64)
    clinic.execute(f"UPDATE epoch_metrics SET loss = 2.3, test_loss = 2.3 WHERE run_id = {run}")
    assert clinic.faults(run) == []
    return str(run)


def test_a_network_of_twelve_neurons_hears_of_inputs_and_width_and_not_of_a_loss_that_it_has(
    clinic, diagnose
):
    checks = text_of(diagnose("--run", stuck(clinic, name="twelve"))).partition(HEADING)[2]
    assert 'write inputs = "standardised"' in checks
    assert "the narrowest hidden layer has 12 neurons" in checks
    assert "Loss: write" not in checks


def test_a_network_with_true_labels_is_tried_on_a_few_images(clinic, diagnose):
    checks = text_of(diagnose("--run", stuck(clinic, name="truthful"))).partition(HEADING)[2]
    assert "`make train EXP=truthful LIMIT=20 EPOCHS=200`" in checks


def test_a_network_that_learns_hears_of_no_checks(clinic, diagnose):
    run = clinic.admit(network(name="learner", epochs=8))
    assert HEADING not in text_of(diagnose("--run", str(run)))


def test_a_loss_far_above_guessing_that_falls_is_not_called_well(clinic, diagnose):
    run = clinic.admit(network(name="far_above", **LITTLE), limit=128)
    clinic.execute(
        "UPDATE epoch_metrics SET loss = 40 - 2 * epoch, test_loss = 40 - 2 * epoch "
        f"WHERE run_id = {run}"
    )
    text = text_of(diagnose("--run", str(run)))
    assert "nothing is wrong" not in text
    assert HEADING in text


def test_a_network_without_hidden_layers_is_advised_to_have_one(clinic, diagnose):
    run = stuck(clinic, name="flat", hidden_widths=[])
    checks = text_of(diagnose("--run", run)).partition(HEADING)[2]
    assert checks.endswith(
        "Depth: the network has no hidden layer. Give it one, of 128 neurons, say."
    )
