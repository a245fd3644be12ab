"""A trainer killed anywhere, and resumed as often as necessary, leaves the same bits."""

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import URL

from tests.faults import victim
from tests.faults.digest import digest
from vanishing_gradients.sql.connection import engine

ROOT = Path(__file__).parents[2]
TOML = """
name = "killed"
activation = "sigmoid"
hidden_widths = [7, 32, 9]
batch_size = 64
epochs = 3
dropout = 0.1
initial_weight_scale = 0.3

[optimizer]
kind = "adam"
"""
OPTIONS = ("--dataset", "sample", "--limit", "500", "--road", "binary")
# How often a run passes a place, roughly: a larger count lets the run finish.
VISITS = {
    "taking a step": 24, "recording": 24, "encoding": 80, "sending rows": 80,
    "between rows and progress": 80, "between progress and commit": 80, "between chunks": 80,
    "ending an epoch": 3, "closing an epoch": 3, "between epochs": 3, "registering": 1,
    "creating a table": 8, "making a view": 90, "removing rows": 8, "removing epochs": 1,
    "finishing": 1,
}  # fmt: skip
LONGEST = 3_500  # milliseconds, about as long as a whole command takes
FULL, SHORT = 50, 3  # kills


class Executioner:
    """Runs commands that may be killed, on one database, with randomness from one seed."""

    def __init__(self, url: URL, folder: Path, seed: int) -> None:
        self.url, self.chance, self.seed = url, random.Random(seed), seed
        self.experiment = folder / "killed.toml"
        self.experiment.write_text(TOML, encoding="utf-8")
        self.environment = os.environ | {
            "DATABASE_URL": url.render_as_string(hide_password=False),
            "SERVER_DIR": str(folder / "server"),
            "PYTHONPATH": str(ROOT),
        }
        self.kills: Counter[str] = Counter()

    def execute(self, place: str, count: int, *command: str) -> int:
        """Return the exit status, -SIGKILL for a killed command; no other is allowed."""
        outcome = subprocess.run(
            [sys.executable, str(ROOT / "tests/faults/victim.py"), place, str(count), *command],
            cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert outcome.returncode in (0, -signal.SIGKILL), (
            f"FAULT_SEED={self.seed}: {place} {count} {command}\n{outcome.stderr}"
        )
        self.kills[place] += outcome.returncode != 0
        return outcome.returncode

    def train(self, place: str, count: int, seed: int) -> int:
        """Train, resuming if there is a run to resume."""
        options = ("--exp", str(self.experiment), "--seed", str(seed), *OPTIONS, "--resume", "1")
        return self.execute(place, count, "train", *options)

    def train_to_the_end(self, seed: int) -> None:
        while self.train("nowhere", 0, seed):
            pass

    def anywhere(self) -> tuple[str, int]:
        """Return a random place, or moment."""
        if self.chance.random() < 0.3:
            return victim.MOMENT, self.chance.randint(200, LONGEST)
        place = self.chance.choice(sorted(VISITS))
        return place, self.chance.randint(1, VISITS[place])


@pytest.fixture
def executioner(migrated_database, tmp_path) -> Executioner:
    return Executioner(migrated_database, tmp_path, int(os.environ.get("FAULT_SEED", "20251126")))


def run_of(url: URL, seed: int) -> int:
    """Return the number of the only run of a seed."""
    made = engine(url)
    with made.connect() as connection:
        found = connection.exec_driver_sql(
            f"SELECT run_id FROM runs WHERE experiment = 'killed' AND seed = {seed}"
        ).all()
    made.dispose()
    assert len(found) == 1
    return found[0][0]


def kill(executioner: Executioner, undisturbed: URL, kills: int) -> int:
    """Kill that often, compare every run with an undisturbed one, return the number of runs."""
    seed = 1
    while sum(executioner.kills.values()) < kills:
        if executioner.train(*executioner.anywhere(), seed) == 0:
            seed += 1
    executioner.train_to_the_end(seed)
    calm = Executioner(undisturbed, executioner.experiment.parent, 0)
    for each in range(1, seed + 1):
        calm.train_to_the_end(each)
        own = digest(executioner.url, run_of(executioner.url, each))
        same = digest(undisturbed, run_of(undisturbed, each))
        assert own == same, f"FAULT_SEED={executioner.seed}, seed {each}, {executioner.kills}"
    return seed


@pytest.mark.parametrize("place", sorted(victim.PLACES))
def test_every_place_of_the_victim_is_there(place):
    holder, attribute = victim.found(place)
    assert callable(getattr(holder, attribute))
    assert victim.PLACES[place][2] in ("before", "after")


def test_every_place_that_a_run_comes_by_is_one_of_the_victims():
    assert victim.PLACES.keys() - VISITS.keys() == {"replacing a view"}
    assert VISITS.keys() <= victim.PLACES.keys()


def test_a_few_kills_at_random_places_leave_the_same_bits(executioner, migrated):
    assert kill(executioner, migrated, SHORT) >= 1


@pytest.mark.faults
def test_fifty_kills_at_random_places_leave_the_same_bits(executioner, migrated):
    kill(executioner, migrated, FULL)
    assert len(executioner.kills) > 10  # places


@pytest.mark.faults
@pytest.mark.parametrize("place", sorted(VISITS))
def test_a_kill_at_every_place_leaves_the_same_bits(executioner, migrated, place):
    first = 1 if VISITS[place] == 1 else 2
    if place.startswith("removing"):
        executioner.train("between chunks", 60, 1)
    assert executioner.train(place, first, 1) == -signal.SIGKILL
    kill(executioner, migrated, 0)


@pytest.mark.parametrize(
    "count", [9, *(pytest.param(n, marks=pytest.mark.faults) for n in (1, 17))]
)
def test_a_migration_that_is_killed_is_begun_again(database, migrated, tmp_path, count):
    executioner = Executioner(database, tmp_path, 0)
    command = ("migrate",)
    assert executioner.execute("replacing a view", count, *command) == -signal.SIGKILL
    assert executioner.execute("nowhere", 0, *command) == 0
    kill(executioner, migrated, 0)
