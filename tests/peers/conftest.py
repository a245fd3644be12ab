"""Models trained by other libraries while watched, and the database's content afterwards."""

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from sqlalchemy import URL, text

from vanishing_gradients.sql.connection import engine
from vanishing_gradients.telemetry.pulse import Pulse


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These tests are run by make test-peers; the libraries' warnings are ignored."""
    for item in items:
        if "tests/peers" in item.path.as_posix():
            item.add_marker(pytest.mark.peers)
            item.add_marker(pytest.mark.filterwarnings("ignore"))


def library(name: str) -> Any:
    """Import a library, ignoring its warnings; without it the file's tests are skipped."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip(name, reason=f"{name} is not installed (make test-peers)")


class Stored:
    """The database's content for the newest run."""

    def __init__(self, url: URL) -> None:
        self._engine = engine(url)

    def close(self) -> None:
        self._engine.dispose()

    def ask(self, query: str) -> list[dict[str, Any]]:
        """Return the rows of a query in which :run is the newest run's number."""
        with self._engine.connect() as connection:
            run = connection.scalar(text("SELECT MAX(run_id) FROM runs"))
            found = connection.execute(text(query.replace(":run", str(run))))
            return [dict(row) for row in found.mappings()]

    @property
    def run(self) -> dict[str, Any]:
        return self.ask("SELECT * FROM runs WHERE run_id = :run")[0]

    @property
    def names(self) -> list[str]:
        rows = self.ask("SELECT source_name FROM layers WHERE run_id = :run ORDER BY layer")
        return [row["source_name"] for row in rows]

    @property
    def epochs(self) -> list[dict[str, Any]]:
        return self.ask("SELECT * FROM epoch_metrics WHERE run_id = :run ORDER BY epoch")

    def steps(self, source_name: str) -> list[dict[str, Any]]:
        return self.ask(
            "SELECT s.* FROM step_statistics s JOIN layers USING (run_id, layer) "
            f"WHERE run_id = :run AND source_name = '{source_name}' ORDER BY epoch, step"
        )

    def norms(self, source_name: str) -> np.ndarray:
        return np.array([row["gradient_norm"] for row in self.steps(source_name)])


@pytest.fixture
def stored(migrated: URL) -> Iterator[Stored]:
    """The content stored by the newest run."""
    made = Stored(migrated)
    yield made
    made.close()


@pytest.fixture
def told_steps(monkeypatch: pytest.MonkeyPatch) -> set[int | None]:
    """How many steps an epoch has, as the live page is told at each step."""
    told: set[int | None] = set()
    at = Pulse.at

    def noted(self: Pulse, epoch: int, step: int, steps: int | None, *values: Any) -> None:
        told.add(steps)
        at(self, epoch, step, steps, *values)

    monkeypatch.setattr(Pulse, "at", noted)
    return told
