"""`drop`: its question, its messages, and its refusals."""

import os
import re

import pytest

from vanishing_gradients.sql.connection import engine
from vanishing_gradients.telemetry.lock import RunLock


@pytest.fixture
def trained(trainer, experiment, select):
    """Return a function that trains a small run and returns its number."""

    def go(*arguments: str, name: str = "small") -> int:
        outcome = trainer(
            "train", "--exp", experiment(1, name), "--dataset", "sample", "--limit", "100",
            *arguments,
        )  # fmt: skip
        assert outcome.status == 0
        return select("SELECT MAX(run_id) FROM runs")[0][0]

    return go


@pytest.fixture
def numbers(select):
    """Return a function that returns the numbers of all runs."""
    return lambda: [run_id for (run_id,) in select("SELECT run_id FROM runs ORDER BY run_id")]


def title(run_id: int, rows: str, seed: int = 1) -> str:
    return rf"Run {run_id} \(small on sample, seed {seed}, finished; {rows}[\d,.]+ (bytes|[kM]B)\)"


def refused(outcome) -> str:
    assert outcome.status == 2
    assert outcome.output == []
    (line,) = outcome.errors
    assert line.startswith("Error: ")
    return line.removeprefix("Error: ")


def test_a_run_goes_and_it_is_said_which_and_how_much_it_gave(trainer, trained, numbers):
    trained()
    run_id = trained("--seed", "2")
    outcome = trainer("drop", "--run", str(run_id), "--yes")
    assert outcome.status == 0
    assert re.fullmatch(
        title(run_id, "1,780 gradient rows, ", 2) + " is removed.", outcome.errors[0]
    )
    last = rf"Run {run_id} is gone; ([\d.]+ [kM]B are free again|others have used it)\."
    assert re.fullmatch(last, outcome.errors[-1])
    assert run_id not in numbers()


def test_a_run_with_statistics_alone_goes(trainer, trained, numbers):
    run_id = trained("--telemetry", "statistics")
    outcome = trainer("drop", "--run", str(run_id), "--yes")
    assert re.fullmatch(title(run_id, "") + " is removed.", outcome.errors[0])
    assert run_id not in numbers()


def test_without_a_terminal_and_without_yes_the_run_stays(trainer, trained, numbers):
    run_id = trained()
    before = numbers()
    found = refused(trainer("drop", "--run", str(run_id)))
    assert re.match(
        title(run_id, "1,780 gradient rows, ") + " stays, since there is no term", found
    )
    assert "YES=1" in found
    assert numbers() == before


def test_a_run_that_does_not_exist_is_refused(trainer):
    found = refused(trainer("drop", "--run", "999999", "--yes"))
    assert found == "There is no run 999999: `make runs` lists those there are."


def test_no_run_at_all_is_refused(trainer):
    assert refused(trainer("drop")).startswith(
        "Which run should be removed? Use `make drop RUN=id`"
    )


def test_a_number_that_is_none_is_refused(trainer):
    found = refused(trainer("drop", "--run", "seven"))
    assert found.startswith("RUN (--run): 'seven' is not a whole number from 1 to ")


def test_a_run_that_another_process_trains_is_refused(trainer, trained, migrated, numbers):
    run_id = trained()
    made = engine(migrated)
    with made.connect() as connection, RunLock(connection, run_id):
        found = refused(trainer("drop", "--run", str(run_id), "--yes"))
    made.dispose()
    assert found.startswith(f"Run {run_id} belongs to another process: ")
    assert run_id in numbers()


def test_a_database_without_migrations_is_refused(trainer, database):
    found = refused(trainer("drop", "--run", "1", "--yes", url=database))
    assert found.endswith("run `make migrate`")


@pytest.fixture
def answered(started):
    """Return a function that drops a run on a terminal, and answers the question."""

    def go(run_id: int, answer: bytes) -> tuple[int, str]:
        ours, theirs = os.openpty()
        process = started("drop", "--run", str(run_id), stdin=theirs, stdout=-1, stderr=-1)
        os.close(theirs)
        os.write(ours, answer)
        _, errors = process.communicate(timeout=60)
        os.close(ours)
        return process.returncode, errors.decode()

    return go


def test_a_terminal_is_asked_and_no_keeps_the_run(answered, trained, numbers):
    run_id = trained()
    status, said = answered(run_id, b"n\n")
    asked = title(run_id, "1,780 gradient rows, ") + r"\. Remove it for good\? \[y/N\]: "
    assert re.match(asked, said)
    assert said.endswith(f"Run {run_id} stays.\n")
    assert status == 0
    assert run_id in numbers()


def test_a_terminal_is_asked_and_yes_removes_the_run(answered, trained, numbers):
    run_id = trained()
    status, _ = answered(run_id, b"y\n")
    assert status == 0
    assert run_id not in numbers()


def test_ctrl_c_says_how_to_go_on(trainer, trained, numbers, monkeypatch):
    run_id = trained()

    def press_ctrl_c(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("vanishing_gradients.telemetry.removal.remove_statistics", press_ctrl_c)
    outcome = trainer("drop", "--run", str(run_id), "--yes")
    assert outcome.status == 130
    assert outcome.errors[-1] == f"Stopped halfway: `make drop RUN={run_id}` continues."
    monkeypatch.undo()
    assert run_id in numbers()
