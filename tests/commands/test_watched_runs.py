"""The trainer's commands on watched runs, about which little is known."""

import re

import pytest

from tests.watched import CONVOLUTIONS, MIXED, MLP, description, watched_run
from vanishing_gradients.sql.connection import engine
from vanishing_gradients.telemetry.resumption import finished_runs, same_run
from vanishing_gradients.telemetry.runs import TRAINER


@pytest.fixture(scope="module")
def unknown(migrated) -> int:
    """A run without data set, seed, epochs or accuracy."""
    return watched_run(migrated, "nameless", MLP)


@pytest.fixture(scope="module")
def told(migrated) -> int:
    """A run with data set, seed and epochs, and with rows of some layers."""
    return watched_run(migrated, "told", MIXED, dataset="cifar", seed=3, epochs=9)


def line_of(outcome, run_id: int) -> list[str]:
    """Return the words of a run's line."""
    (line,) = [line.split() for line in outcome.output if line.split()[:1] == [str(run_id)]]
    return line


def test_what_is_not_known_of_a_run_is_a_dash(trainer, unknown):
    line = line_of(trainer("runs"), unknown)
    assert line[:9] == [
        str(unknown), "nameless", "torch", "-", "-", "single", "finished", "2", "-",
    ]  # fmt: skip


def test_what_was_told_of_a_run_is_listed(trainer, told):
    line = line_of(trainer("runs"), told)
    assert line[:8] == [str(told), "told", "torch", "cifar", "3", "single", "finished", "2/9"]


def test_who_trained_is_said_of_every_run_where_one_was_watched(trainer, experiment, unknown):
    options = ("--dataset", "sample", "--limit", "64", "--telemetry", "statistics")
    trainer("train", "--exp", experiment(1, "beside"), *options)
    listed = [line.split() for line in trainer("runs").output if " beside " in line]
    assert [line[2] for line in listed] == ["trainer"]


def test_training_does_not_go_on_with_a_watched_run_and_says_what_does(trainer, unknown):
    outcome = trainer("train", "--run", str(unknown))
    assert outcome.status == 2
    assert outcome.errors == [
        f"Error: Run {unknown} is of a torch model that was watched: only its own program "
        f"can resume it, by watch(..., run={unknown})."
    ]


def test_a_watched_run_is_nobodys_finished_or_begun_run(migrated, told, unknown):
    made = engine(migrated)
    assert not {told, unknown} & set(finished_runs(made).values())
    same = description("told", MIXED, dataset="cifar", seed=3, epochs=9, source=TRAINER)
    assert same_run(made, same) is None
    made.dispose()


def test_a_run_without_data_set_and_seed_goes(trainer, migrated, select):
    run_id = watched_run(migrated, "passing", CONVOLUTIONS)
    outcome = trainer("drop", "--run", str(run_id), "--yes")
    assert outcome.status == 0
    said = rf"Run {run_id} \(passing, finished; [\d.]+ kB\) is removed\."
    assert re.fullmatch(said, outcome.errors[0])
    assert select(f"SELECT COUNT(*) FROM runs WHERE run_id = {run_id}") == [(0,)]


def test_a_run_that_keeps_rows_of_some_layers_loses_those_alone(trainer, migrated, select):
    run_id = watched_run(migrated, "halved", MIXED)
    outcome = trainer("drop", "--run", str(run_id), "--yes", "--keep", "statistics")
    assert outcome.status == 0
    tables = [name for (name,) in select("SHOW TABLES") if name.startswith("halved_")]
    kept = select(f"SELECT DISTINCT kept FROM layers WHERE run_id = {run_id}")
    count = select(f"SELECT COUNT(*) > 0 FROM step_statistics WHERE run_id = {run_id}")
    assert (tables, kept, count) == ([], [("statistics",)], [(1,)])
