"""A database with a two-layer experiment with rows few enough to compute by hand."""

import re

import numpy as np
import pytest
from sqlalchemy import Engine, insert

from tests.summed import sum_up
from vanishing_gradients.sql.catalogue import step_statistics
from vanishing_gradients.sql.connection import engine
from vanishing_gradients.sql.objects import Layer
from vanishing_gradients.sql.queries import query_of_layer
from vanishing_gradients.telemetry.chunk import small_norms
from vanishing_gradients.telemetry.recording import EpochMetrics
from vanishing_gradients.telemetry.runs import RunDescription, RunLayer, register
from vanishing_gradients.telemetry.statistics import STEP_COLUMNS
from vanishing_gradients.telemetry.statistics import step_statistics as summarised

LAYERS = (
    RunLayer(1, "layer_1_input", "dense", 2, 2, "input"),
    RunLayer(2, "layer_2_sigmoid", "sigmoid", 2, 2, "sample"),
    RunLayer(3, "layer_3_softmax", "softmax", 2, 2, "sample"),
)


def query(name: str, experiment: str, layer: RunLayer, **values: int) -> str:
    """Return a query of one layer's gradient table with its values written in."""
    asked = Layer(layer.layer, layer.layer_name, layer.width, layer.row_meaning)
    return re.sub(
        r":(\w+)", lambda found: str(values[found[1]]), query_of_layer(name, experiment, asked)
    )


class Hand:
    """Inserts rows into the tables directly, bypassing recorder and loader."""

    def __init__(self, made: Engine) -> None:
        self.engine = made
        self._steps: dict[tuple[int, int], dict[tuple[int, int], list]] = {}

    def run(self, experiment: str, **changes) -> int:
        values = {
            "experiment": experiment, "seed": 3, "dataset": "sample", "dataset_sha256": "0" * 64,
            "precision": "double", "telemetry": "full", "record_every": 1,
            "training_images": 128, "epochs": 2, "config": {}, "layers": LAYERS,
        }  # fmt: skip
        run = register(self.engine, RunDescription(**values | changes))
        run.close()  # nobody trains it
        return run.run_id

    def rows(self, run_id: int, experiment: str, layer: int, rows: list[tuple]) -> None:
        """Insert (epoch, step, row index, gradient 1, gradient 2), and SmallNorm as trainers do.

        Statistics of these steps are computed, unless a test provides its own."""
        for epoch, step, _, *cells in rows:
            steps = self._steps.setdefault((run_id, layer), {})
            steps.setdefault((epoch, step), []).append(cells)
        table = f"{experiment}_{LAYERS[layer - 1].layer_name}"
        with self.engine.begin() as connection:
            for row in rows:
                norms = small_norms(np.array([row[3:]], float))
                values = [*row, None if norms is None else float(norms[0])]
                cells = ", ".join("NULL" if cell is None else repr(cell) for cell in values)
                connection.exec_driver_sql(
                    f"INSERT INTO {table} "
                    "(run_id, Epoch, Step, RowIndex, Gradient1, Gradient2, SmallNorm) "
                    f"VALUES ({run_id}, {cells})"
                )

    def statistics(self, run_id: int, layer: int, gradients: dict[tuple[int, int], list]) -> None:
        """Insert the statistics of gradients, by (epoch, step)."""
        for step in gradients:
            self._steps.get((run_id, layer), {}).pop(step, None)
        self._statistics(run_id, layer, gradients)

    def _statistics(self, run_id: int, layer: int, gradients: dict) -> None:
        rows = []
        for (epoch, step), gradient in gradients.items():
            found = vars(summarised(np.array(gradient, float)))
            rows.append({"run_id": run_id, "layer": layer, "epoch": epoch, "step": step, **found})
        assert set(STEP_COLUMNS) == set(rows[0]) - {"run_id"}
        with self.engine.begin() as connection:
            connection.execute(insert(step_statistics).prefix_with("IGNORE"), rows)

    def metrics(self, run_id: int, *epochs: EpochMetrics) -> None:
        from sqlalchemy import update

        from vanishing_gradients.sql.catalogue import epoch_metrics, runs

        with self.engine.begin() as connection:
            for each in epochs:
                connection.execute(insert(epoch_metrics).values(run_id=run_id, **each.row()))
                connection.execute(
                    update(runs).where(runs.c.run_id == run_id).values(completed_epoch=each.epoch)
                )

    def select(self, query: str) -> list[tuple]:
        """Return all rows of a query, after summarizing all statistics."""
        for (run_id, layer), steps in self._steps.items():
            if steps:
                self._statistics(run_id, layer, steps)
        self._steps.clear()
        with self.engine.begin() as connection:
            sum_up(connection)
            return [tuple(row) for row in connection.exec_driver_sql(query)]


@pytest.fixture(scope="module")
def hand(migrated) -> Hand:
    made = engine(migrated)
    yield Hand(made)
    made.dispose()
