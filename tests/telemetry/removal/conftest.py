"""Runs to remove, and the database before and after."""

import pytest
from sqlalchemy import Engine, inspect

from tests.telemetry.removal.filled import fill
from vanishing_gradients.sql.objects import definition
from vanishing_gradients.sql.registry import versions_in_force
from vanishing_gradients.telemetry.removal import removable_run, remove, remove_rows

CATALOGUE = (
    "runs", "layers", "epoch_metrics", "step_statistics", "neuron_statistics",
    "telemetry_progress", "checkpoints", "epoch_layers", "layer_histograms",
)  # fmt: skip


@pytest.fixture
def filled(new_run, loader_of):
    """Return a function that makes a finished run with rows everywhere."""

    def make(experiment: str, seed: int = 1, **changes):
        run = new_run(experiment, seed=seed, **changes)
        return fill(run, loader_of(run) if run.table_types else None, seed=seed)

    return make


@pytest.fixture
def removed(catalogue: Engine):
    """Return a function that removes a run, and returns its messages."""

    def go(run_id: int, listener=lambda line: None) -> list[str]:
        lines: list[str] = []
        with removable_run(catalogue, run_id) as found:
            remove(catalogue, found, lambda line: (lines.append(line), listener(line)))
        return lines

    return go


@pytest.fixture
def rows_removed(catalogue: Engine):
    """Return a function that removes only a run's gradient rows, and returns the freed bytes."""

    def go(run_id: int) -> int:
        with removable_run(catalogue, run_id) as found:
            return remove_rows(catalogue, found, lambda line: None)

    return go


@pytest.fixture
def select(catalogue: Engine):
    def ask(query: str) -> list[tuple]:
        with catalogue.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query)]

    return ask


@pytest.fixture
def left_by(select):
    """Return a function that reads every row of a run, from its tables and the catalogue."""

    def read(run) -> dict[str, list[tuple]]:
        tables = [run.shape.table(layer) for layer in run.shape.layers]
        found = {name: f"SELECT * FROM {name} WHERE run_id = {run.run_id}" for name in CATALOGUE}
        if run.table_types:
            found |= {name: f"SELECT * FROM {name} WHERE run_id = {run.run_id}" for name in tables}
        return {name: sorted(select(query), key=repr) for name, query in found.items()}

    return read


@pytest.fixture
def objects(catalogue: Engine):
    """Return a function that lists the tables and views of an experiment."""

    def read(experiment: str) -> list[str]:
        names = inspect(catalogue)
        known = [*names.get_table_names(), *names.get_view_names()]
        return [name for name in known if name.startswith(f"{experiment}_")]

    return read


@pytest.fixture
def overall_views(catalogue: Engine, select):
    """Return a function that counts the rows of every view over all experiments."""

    def count() -> dict[str, int]:
        with catalogue.connect() as connection:
            in_force = versions_in_force(connection).items()
        names = [definition("views", name, version).object_name for name, version in in_force]
        return {
            name: select(f"SELECT COUNT(*) FROM {name}")[0][0] for name in names if "{" not in name
        }

    return count
