"""Networks trained for real, each once a module, and what the diagnosis says of them."""

from collections.abc import Iterator

import pytest
from click.testing import CliRunner
from sqlalchemy import URL, Engine

from tests.summed import sum_up
from vanishing_gradients.analysis.diagnosis import Diagnosis, RunEvidence, evaluate
from vanishing_gradients.analysis.views import ask
from vanishing_gradients.cli import main
from vanishing_gradients.sql.connection import engine
from vanishing_gradients.trainer import experiments
from vanishing_gradients.trainer.datasets import Dataset, load
from vanishing_gradients.trainer.experiments import Experiment
from vanishing_gradients.trainer.run import Settings, run_experiment

IMAGES = 2000
NETWORK = {
    "name": "patient", "hidden_widths": [12, 12], "activation": "relu", "batch_size": 64,
    "initialization": {"kind": "he"}, "epochs": 2,
    "optimizer": {"kind": "sgd", "learning_rate": 0.1},
}  # fmt: skip


class Clinic:
    """Trains networks into one database, and examines them there."""

    def __init__(self, url: URL, owner: Engine, reader: Engine, dataset: Dataset) -> None:
        self.url, self.owner, self.reader, self.dataset = url, owner, reader, dataset
        self._runs: dict[tuple, int] = {}
        self._diagnoses: dict[int, Diagnosis] = {}

    def admit(self, experiment: str | Experiment, **settings) -> int:
        """Return the run of an experiment, trained on its statistics alone unless it was before."""
        chosen = {"limit": IMAGES, "telemetry": "statistics", "seed": 1} | settings
        known = experiment if isinstance(experiment, str) else experiment.model_dump_json()
        key = (known, *sorted(chosen.items()))
        if key not in self._runs:
            found = experiments.load(experiment) if isinstance(experiment, str) else experiment
            self._runs[key] = run_experiment(found, self.dataset, Settings(**chosen), self.url)
        return self._runs[key]

    def evidence(self, run_id: int) -> RunEvidence:
        with self.reader.connect() as connection:
            runs = ask(connection, "experiment_summary").set_index("run_id", drop=False)
            return RunEvidence(connection, runs.loc[run_id])

    def diagnosis(self, run_id: int) -> Diagnosis:
        if run_id not in self._diagnoses:
            self._diagnoses[run_id] = evaluate(self.evidence(run_id))
        return self._diagnoses[run_id]

    def faults(self, run_id: int) -> list[str]:
        return [fault.name for fault in self.diagnosis(run_id).faults]

    def execute(self, statement: str) -> None:
        self._diagnoses.clear()
        with self.owner.begin() as connection:
            connection.exec_driver_sql(statement)

    def sum_up(self) -> None:
        """Sum up anew what statistics there are."""
        self._diagnoses.clear()
        with self.owner.begin() as connection:
            sum_up(connection)


@pytest.fixture(scope="module")
def clinic(migrated) -> Iterator[Clinic]:
    owner, reader = engine(migrated), engine(migrated, read_only=True)
    yield Clinic(migrated, owner, reader, load("sample", announce=lambda _: None))
    owner.dispose()
    reader.dispose()


@pytest.fixture
def diagnose(clinic, tmp_path, monkeypatch):
    """Return a function that runs `vanishing-gradients diagnose` on the clinic's database."""
    monkeypatch.setenv("DATABASE_URL", clinic.url.render_as_string(hide_password=False))
    monkeypatch.setenv("SERVER_DIR", str(tmp_path / "server"))
    monkeypatch.delenv("READER_DATABASE_URL", raising=False)

    def run(*options: str):
        return CliRunner().invoke(main, ["diagnose", *options], catch_exceptions=False)

    return run


def network(**changes) -> Experiment:
    """Return a small experiment, with changes."""
    return Experiment.model_validate(NETWORK | changes)
