"""Small runs to corrupt by hand, and the findings of their verification."""

import pytest
from click.testing import CliRunner

from tests.summed import sum_up
from tests.training.conftest import Laboratory, laboratory, sample, small
from tests.verification.copies import copy_of
from vanishing_gradients.analysis.verification import Verification, verify_run
from vanishing_gradients.analysis.verification.disagreement import Disagreement
from vanishing_gradients.cli import main

__all__ = ["laboratory", "sample", "small"]

IMAGES, BATCH = 70, 32
"""Two whole batches and one of six images."""
Found = dict[tuple[int | None, int | None, int | None], list[str]]
"""Disagreements by layer, epoch and step."""


class Bench:
    """Makes runs of one small experiment, corrupts them, verifies them."""

    def __init__(self, laboratory: Laboratory, experiment, single: bool = False) -> None:
        self.laboratory, self.experiment, self.single = laboratory, experiment, single
        self.names = {spec.number: spec.name for spec in experiment.layer_specs()}
        self._trained: dict[tuple, int] = {}

    def run(self, **settings) -> int:
        return self.laboratory.run(self.experiment, **{"limit": IMAGES} | settings)

    def clean(self, **settings) -> int:
        """Return a separate run with these settings, a copy of one that is trained once."""
        key = tuple(sorted(settings.items()))
        if key not in self._trained:
            self._trained[key] = self.run(**settings)
        kept = settings.get("telemetry", "full") == "full"
        tables = [self.table(layer) for layer in self.names] if kept else []
        with self.laboratory.engine.begin() as connection:
            return copy_of(connection, self._trained[key], tables)

    def table(self, layer: int) -> str:
        return f"{self.experiment.name}_{self.names[layer]}"

    def execute(self, statement: str) -> int:
        """Carry out a statement as the owner and return how many rows it changed."""
        with self.laboratory.engine.begin() as connection:
            return connection.exec_driver_sql(statement).rowcount

    def alter(self, run_id: int, layer: int, change: str, where: str) -> None:
        """Alter some rows of a gradient table; there must be some, and they must change."""
        assert self.execute(
            f"UPDATE {self.table(layer)} SET {change} WHERE run_id = {run_id} AND {where}"
        )

    def spoil(self, table: str, run_id: int, change: str, where: str) -> None:
        """Alter exactly one row of a catalogue table."""
        statement = f"UPDATE {table} SET {change} WHERE run_id = {run_id} AND {where}"
        assert self.execute(statement) == 1

    def sum_up(self) -> None:
        """Summarize the current statistics again, as for runs of an older version."""
        self.execute("DELETE FROM layer_histograms")
        with self.laboratory.engine.begin() as connection:
            sum_up(connection)

    def select(self, query: str) -> list[tuple]:
        return self.laboratory.select(query)

    def outcome(self, run_id: int) -> Verification:
        return verify_run(self.laboratory.engine, run_id, lambda _: None, lambda _: None)

    def found(self, run_id: int) -> tuple[Disagreement, ...]:
        return self.outcome(run_id).disagreements

    def told(self, run_id: int) -> Found:
        """Return what is said of a run by (layer, epoch, step)."""
        told: Found = {}
        for each in self.found(run_id):
            told.setdefault((each.layer, each.epoch, each.step), []).append(each.text)
        return told

    def places(self, run_id: int) -> set[tuple]:
        """Return (layer, epoch, step) of all disagreements in a run."""
        return {(each.layer, each.epoch, each.step) for each in self.found(run_id)}


@pytest.fixture(scope="module")
def bench(laboratory, small) -> Bench:
    return Bench(laboratory, small("verified", batch_size=BATCH))


@pytest.fixture
def diverging(laboratory, small):
    """Return a function that makes an experiment whose gradients do not stay finite."""

    def make(name: str) -> Bench:
        calm = small(name, "relu", batch_size=20, initial_weight_scale=10.0)
        changes = {
            "optimizer": calm.optimizer.model_copy(update={"learning_rate": 1e6}),
            "penalties": calm.penalties.model_copy(update={"weight_l2": 1.0}),
        }
        return Bench(laboratory, calm.model_copy(update=changes))

    return make


@pytest.fixture
def run_id(bench) -> int:
    """A separate clean run."""
    return bench.clean()


@pytest.fixture
def command(laboratory, tmp_path, monkeypatch):
    """Return a function that runs `vanishing-gradients verify` on the module's database."""
    monkeypatch.setenv("DATABASE_URL", laboratory.url.render_as_string(hide_password=False))
    monkeypatch.setenv("SERVER_DIR", str(tmp_path / "server"))
    return lambda *options: CliRunner().invoke(main, ["verify", *options])
