"""Watched models, and the tables' content afterwards."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from sqlalchemy import URL, Connection, text

from vanishing_gradients import watch
from vanishing_gradients.sql.connection import engine
from vanishing_gradients.sql.names import quoted


@pytest.fixture(autouse=True)
def seeded() -> None:
    """The same weights and data in every test, and one core."""
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    torch.set_num_threads(1)


@pytest.fixture
def watching(migrated: URL) -> Callable[..., Any]:
    """Return `watch` on a migrated database, with errors raised and every row kept."""

    def begin(model: Any = None, optimizer: Any = None, **options: Any) -> Any:
        defaults = {
            "experiment": "net", "url": migrated, "telemetry": "full", "on_error": "raise",
        }  # fmt: skip
        return watch(model, optimizer, **defaults | options)

    return begin


class Stored:
    """The database's content for the newest run."""

    def __init__(self, url: URL) -> None:
        self._engine = engine(url)

    def close(self) -> None:
        self._engine.dispose()

    def connect(self) -> Connection:
        return self._engine.connect()

    def ask(self, query: str, **values: Any) -> list[dict[str, Any]]:
        with self._engine.connect() as connection:
            return [dict(row) for row in connection.execute(text(query), values).mappings()]

    @property
    def run(self) -> dict[str, Any]:
        return self.ask("SELECT * FROM runs ORDER BY run_id DESC LIMIT 1")[0]

    @property
    def layers(self) -> dict[str, dict[str, Any]]:
        rows = self.ask(
            "SELECT * FROM layers WHERE run_id = :run ORDER BY layer", run=self.run["run_id"]
        )
        return {row["source_name"]: row for row in rows}

    def steps(self, source_name: str) -> list[dict[str, Any]]:
        """Rows of step_statistics of a layer, in order."""
        return self.ask(
            "SELECT * FROM step_statistics WHERE run_id = :run AND layer = :layer "
            "ORDER BY epoch, step",
            run=self.run["run_id"],
            layer=self.layers[source_name]["layer"],
        )

    def cells(self, source_name: str, step: int = 1, epoch: int = 1) -> np.ndarray:
        """The rows of a layer's gradient at a step, by RowIndex."""
        layer = self.layers[source_name]
        table = quoted(f"{self.run['experiment']}_{layer['layer_name']}")
        columns = ", ".join(
            f"CAST(Gradient{n} AS DOUBLE) AS g{n}" for n in range(1, layer["width"] + 1)
        )
        rows = self.ask(
            f"SELECT {columns} FROM {table} "
            "WHERE run_id = :run AND Epoch = :epoch AND Step = :step ORDER BY RowIndex",
            run=self.run["run_id"],
            epoch=epoch,
            step=step,
        )
        return np.array([list(row.values()) for row in rows], np.float64)


@pytest.fixture
def stored(migrated: URL) -> Iterator[Stored]:
    """The content stored by the newest run."""
    made = Stored(migrated)
    yield made
    made.close()
