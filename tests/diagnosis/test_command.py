"""`vanishing-gradients diagnose`, as a user meets it."""

import pytest

from tests.diagnosis.conftest import network


@pytest.fixture(scope="module")
def runs(clinic) -> list[int]:
    """Two runs of one experiment, and a later one of another."""
    small = {"hidden_widths": [8], "epochs": 1}
    twice = [clinic.admit(network(name="twice", **small), seed=seed) for seed in (1, 2)]
    return [*twice, clinic.admit(network(name="once", **small))]


def first_line(result) -> str:
    return result.stdout.splitlines()[0]


def test_a_run_is_named_by_its_number(diagnose, runs):
    result = diagnose("--run", str(runs[0]))
    assert result.exit_code == 0
    assert first_line(result) == f"Run {runs[0]}: twice on sample, seed 1, 1 epoch."


def test_an_experiment_stands_for_its_newest_run(diagnose, runs):
    assert first_line(diagnose("--exp", "twice")).startswith(f"Run {runs[1]}: ")


def test_without_a_name_it_is_the_newest_run(diagnose, runs):
    assert first_line(diagnose()).startswith(f"Run {runs[2]}: ")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--run", "999"], "There is no run 999: `make runs` lists those there are."),
        (["--exp", "unheard_of"], "There is no finished run of unheard_of"),
        (["--exp", "No name"], "'No name' cannot name an experiment"),
        (["--run", "1", "--exp", "once"], "Run 1 is one of twice, not of once"),
        (["--run", "0"], "RUN (--run): '0' is not a whole number from 1 to "),
        (["--run", "one"], "RUN (--run): 'one' is not a whole number from 1 to "),
    ],
)
def test_what_cannot_be_diagnosed_is_one_sentence_and_status_2(diagnose, runs, options, sentence):
    result = diagnose(*options)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert result.stdout == ""


def test_a_run_without_an_epoch_cannot_be_judged(diagnose, clinic, runs):
    clinic.execute(
        "INSERT INTO runs (run_id, experiment, seed, dataset, dataset_sha256, float_type, "
        "telemetry, record_every, training_images, epochs, config, package_versions, status, "
        "started_at, completed_epoch) SELECT 500, experiment, seed, dataset, dataset_sha256, "
        "float_type, telemetry, record_every, training_images, epochs, config, package_versions, "
        f"'running', started_at, 0 FROM runs WHERE run_id = {runs[0]}"
    )
    result = diagnose("--run", "500")
    clinic.execute("DELETE FROM runs WHERE run_id = 500")
    assert result.exit_code == 2
    assert "Run 500 of twice is running and has no complete epoch to judge by" in result.stderr


def test_a_run_that_was_stopped_is_judged_by_the_epochs_it_has(diagnose, clinic, runs):
    clinic.execute(f"UPDATE runs SET status = 'interrupted', epochs = 9 WHERE run_id = {runs[0]}")
    result = diagnose("--run", str(runs[0]))
    clinic.execute(f"UPDATE runs SET status = 'finished', epochs = 1 WHERE run_id = {runs[0]}")
    assert result.exit_code == 0
    assert "the run is interrupted after 1 of 9 epochs" in result.stdout


def test_an_empty_database_has_nothing_to_diagnose(diagnose, migrated_database, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", migrated_database.render_as_string(hide_password=False))
    result = diagnose()
    assert result.exit_code == 2
    assert "There is no run in this database" in result.stderr
