"""Sweeps: many runs with statistics only, in parallel, resumed where they stopped."""

import re
import signal
import subprocess
from pathlib import Path

import pytest

SWEEP = ("--telemetry", "statistics", "--dataset", "sample", "--limit", "64")


@pytest.fixture
def names(experiment):
    """Return a function that writes a uniquely named experiment and returns its path."""
    return lambda name, epochs=1: experiment(epochs, name)


def runs(select, name: str) -> list[tuple]:
    columns = "seed, status, completed_epoch, telemetry"
    return select(f"SELECT {columns} FROM runs WHERE experiment = '{name}' ORDER BY seed, run_id")


def test_every_seed_is_a_finished_run_of_statistics_alone(trainer, names, select):
    outcome = trainer("train", "--exp", names("swept", 2), "--seeds", "3", "--seed", "5", *SWEEP)
    assert outcome.status == 0
    assert runs(select, "swept") == [(seed, "finished", 2, "statistics") for seed in (5, 6, 7)]
    assert sorted(line.split(". ")[0] for line in outcome.errors[2:]) == [
        f"swept, seed {seed}" for seed in (5, 6, 7)
    ]


def test_a_sweep_gives_the_same_numbers_as_a_run_alone(trainer, names, select):
    trainer("train", "--exp", names("same"), "--seeds", "2", *SWEEP)
    trainer("train", "--exp", names("same"), "--seed", "2", *SWEEP)
    first, second = select(
        "SELECT loss, accuracy, test_loss, test_accuracy FROM training_curves "
        "WHERE experiment = 'same' AND seed = 2"
    )
    assert first == second


def test_finished_runs_are_not_made_again(trainer, names, select):
    path = names("again")
    trainer("train", "--exp", path, "--seeds", "2", *SWEEP)
    outcome = trainer("train", "--exp", path, "--seeds", "3", *SWEEP)
    said = "Sweep: 3 runs on sample, statistics alone, 2 of them finished already; 1 at a time."
    assert said in outcome.errors
    assert [seed for seed, *_ in runs(select, "again")] == [1, 2, 3]


def test_a_run_made_otherwise_does_not_count_as_finished(trainer, names, select):
    changes = ((), ("--precision", "single"), ("--epochs", "2"), ("--limit", "32"))
    for sweeps, change in enumerate(changes, start=1):
        trainer("train", "--exp", names("otherwise"), "--seeds", "2", *SWEEP, *change)
        assert [seed for seed, *_ in runs(select, "otherwise")] == [1] * sweeps + [2] * sweeps


def test_a_run_that_fails_ends_the_sweep_with_its_own_sentence(trainer, names, select):
    """Earlier runs of the name had another network."""
    path = Path(names("wide"))
    trainer("train", "--exp", str(path), *SWEEP)
    path.write_text(path.read_text(encoding="utf-8").replace("[6]", "[7]"), encoding="utf-8")
    outcome = trainer("train", "--exp", str(path), "--seeds", "3", *SWEEP)
    assert outcome.status == 2
    assert outcome.errors[-1].startswith("Error: Seed ")
    assert "Earlier runs of wide had other layers" in outcome.errors[-1]
    assert len(runs(select, "wide")) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["sigint", "sigterm"])
def test_a_stopped_sweep_leaves_its_runs_interrupted(started, names, select, number):
    name = f"stopped_{number.name.lower()}"
    process = started(
        "train", "--exp", names(name, 10_000), "--seeds", "50", *SWEEP,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while not any(epoch for _, _, epoch, _ in runs(select, name)):
        assert process.poll() is None
    process.send_signal(number)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert "Traceback" not in said
    assert said.splitlines()[-1].startswith("Stopped: the same command continues")
    assert {status for _, status, *_ in runs(select, name)} == {"interrupted"}


def test_the_same_sweep_twice_at_once_trains_each_run_once(started, names, select):
    path = names("both", 3)
    both = [
        started(
            "train", "--exp", path, "--seeds", "3", *SWEEP,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    said = [each.communicate(timeout=120)[1] for each in both]
    assert [each.returncode for each in both] == [0, 0], said
    assert runs(select, "both") == [(seed, "finished", 3, "statistics") for seed in (1, 2, 3)]
    assert sum(text.count(", epoch 3/3: ") for text in said) == 3
    for text in said:
        known = re.search(r"(\d) of them finished already", text)
        assert text.count("both, seed ") + (int(known[1]) if known else 0) == 3


def test_a_sweep_on_a_database_that_was_never_migrated_is_one_sentence(trainer, names, database):
    outcome = trainer("train", "--exp", names("early"), "--seeds", "2", *SWEEP, url=database)
    assert outcome.status == 2
    assert "run `make migrate`" in outcome.errors[-1]
