"""Databases as older versions left them, and interrupted migrations."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import URL, Engine, event

from tests.conftest import fresh_database
from tests.schema import Schema
from vanishing_gradients.migrations import history
from vanishing_gradients.sql.brands import Brand
from vanishing_gradients.sql.connection import engine
from vanishing_gradients.sql.names import quoted
from vanishing_gradients.sql.objects import ExperimentSchema, Layer, create_table
from vanishing_gradients.sql.registry import (
    apply_views,
    replace_view,
    versions_in_force,
    view_names,
)

OLD = "0010"
"""The last revision with the old names."""
SHAPE = ExperimentSchema(
    "old", (Layer(1, "layer_1_input", 2, "input"), Layer(2, "layer_2_sigmoid", 2, "sample"))
)
GRADIENT_TABLES = [SHAPE.table(layer) for layer in SHAPE.layers]
ROWS = """
INSERT INTO runs (run_id, experiment, seed, dataset, dataset_sha256, `precision`, telemetry,
    record_every, training_images, epochs, config, package_versions, status, started_at,
    completed_epoch)
VALUES (1, 'old', 1, 'sample', '', 'double', 'full', 1, 4, 1, '{"batch_size": 2}', '{}',
        'finished', '2026-01-01', 1),
       (2, 'old', 2, 'sample', '', 'single', 'statistics', 1, 4, 1, '{"batch_size": 2}', '{}',
        'interrupted', '2026-01-02', 1);
INSERT INTO layers (run_id, layer, layer_name, kind, `rows`, width)
VALUES (1, 1, 'layer_1_input', 'dense', 2, 2), (1, 2, 'layer_2_sigmoid', 'sigmoid', 2, 2),
       (2, 1, 'layer_1_input', 'dense', 2, 2), (2, 2, 'layer_2_sigmoid', 'sigmoid', 2, 2);
INSERT INTO epoch_metrics VALUES (1, 1, 2.25, 0.25, 2.5, 0.125, 0.01, 1.5),
                                 (2, 1, NULL, 0.5, NULL, 0.75, 0.02, 2.5);
INSERT INTO step_statistics (run_id, layer, epoch, step, `rows`, finite_rows, row_norm_sum, mean,
    median, mean_abs, gradient_norm, zeros, below_1e3, below_1e5, non_finite, `min`, `max`,
    clipped_norm, weight_norm, update_norm, saturated)
VALUES (1, 1, 1, 1, 2, 2, 5, 1.75, 1.5, 1.75, 5, 0.5, 0.5, 0.25, 0, 0, 4, 2.5, 1, 0.5, NULL),
       (1, 1, 1, 2, 2, 2, 10, 3.5, 3, 3.5, 10, 0.25, 0.25, 0.25, 0, 0, 8, 5, 2, 0.5, NULL),
       (1, 2, 1, 1, 2, 1, 13, 8.5, 8.5, 8.5, 13, 0, 0, 0, 1, 5, 12, NULL, NULL, NULL, 0.5),
       (2, 2, 1, 1, 2, 2, 13, 8.5, 8.5, 8.5, 13, 0, 0.75, 0.5, 0, 5, 12, NULL, NULL, NULL, 0.5);
INSERT INTO neuron_statistics VALUES (1, 1, 1, 1, 4, 2, 0, 9, NULL), (1, 1, 1, 2, 4, 4, 0, 0, NULL),
                                     (1, 2, 1, 1, 2, 0, 1, 5, 1), (1, 2, 1, 2, 2, 0, 0, 12, 2);
INSERT INTO telemetry_progress VALUES (1, 1, 1, 1, 2, 4, '2026-01-01'),
                                      (1, 2, 1, 1, 1, 2, '2026-01-01');
INSERT INTO checkpoints VALUES (1, 1, 0, 'first', '2026-01-01'), (1, 1, 1, 'last', '2026-01-01');
INSERT INTO old_layer_1_input (Run, Epoch, Step, RowIndex, Gradient1, Gradient2)
VALUES (1, 1, 1, 0, 3, 4), (1, 1, 1, 1, 0, 0), (1, 1, 2, 0, 6, 8), (1, 1, 2, 1, 0, 0);
INSERT INTO old_layer_2_sigmoid (Run, Epoch, Step, RowIndex, Gradient1, Gradient2)
VALUES (1, 1, 1, 0, 5, 12), (1, 1, 1, 1, NULL, 1)
"""
"""What two runs stored at that revision."""
COLUMNS = (
    "SELECT table_name, column_name, column_type, is_nullable, COALESCE(column_comment, ''), "
    "COALESCE(extra, '') AS extra, "
    "ordinal_position FROM information_schema.columns WHERE table_schema = DATABASE() "
    "ORDER BY table_name, ordinal_position"
)
KEYS = (
    "SELECT table_name, index_name, seq_in_index, column_name FROM information_schema.statistics "
    "WHERE table_schema = DATABASE() ORDER BY table_name, index_name, seq_in_index"
)
VIEWS = (
    "SELECT table_name, view_definition FROM information_schema.views "
    "WHERE table_schema = DATABASE() ORDER BY table_name"
)
TABLES = "SHOW FULL TABLES WHERE Table_type = 'BASE TABLE'"


class Killed(Exception):
    """Stands for SIGKILL: nothing is cleaned up."""


@pytest.fixture
def fresh(database: URL) -> Iterator[Engine]:
    """An engine on an empty database."""
    made = engine(database)
    yield made
    made.dispose()


@pytest.fixture
def newest(fresh: Engine, schema: Schema) -> Engine:
    """An engine on a database of the newest revision, without runs."""
    schema.copy(fresh.url)
    return fresh


@pytest.fixture(scope="session")
def older_databases(server_brand: Brand) -> None:
    """Skip a test where no database of an older revision can be."""
    if server_brand.flavour == "oceanbase":
        pytest.skip("no database on OceanBase is older than this project's support of it")


@pytest.fixture(scope="session")
def old_schema(server_url: URL, older_databases: None) -> Iterator[Schema]:
    """The content of a database of the last revision with the old names."""
    for url in fresh_database(server_url):
        yield Schema(url, OLD, fill)


@pytest.fixture
def old(fresh: Engine, old_schema: Schema) -> Engine:
    """An engine on a database of the last revision with the old names, with two runs in it."""
    old_schema.copy(fresh.url)
    return fresh


@pytest.fixture(scope="session")
def brought_up_schema(server_url: URL, older_databases: None) -> Iterator[Schema]:
    """The content of that database after all further migrations."""

    def brought_up(made: Engine) -> None:
        fill(made)
        history.upgrade(made)

    for url in fresh_database(server_url):
        yield Schema(url, OLD, brought_up)


@pytest.fixture
def brought_up(fresh: Engine, brought_up_schema: Schema) -> Engine:
    """An engine on a database with the runs of `old`, migrated to the newest revision."""
    brought_up_schema.copy(fresh.url)
    return fresh


def fill(made: Engine) -> None:
    """Store two runs of one experiment as the code of that revision would have."""
    with made.begin() as connection:
        for layer in SHAPE.layers:
            connection.exec_driver_sql(create_table(SHAPE, layer, "DOUBLE", 1))
        for statement in ROWS.split(";\n"):
            connection.exec_driver_sql(statement)
        apply_views(connection, SHAPE)
    with made.connect() as connection:
        replace_view(connection, "gradient_norms", versions_in_force(connection)["gradient_norms"])
        connection.commit()


def execute(made: Engine, statement: str) -> None:
    """Execute one statement."""
    with made.begin() as connection:
        connection.exec_driver_sql(statement)


def select(made: Engine, query: str) -> list[tuple]:
    """Return all rows of a query."""
    with made.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def rows_of(made: Engine, name: str) -> list[dict[str, Any]]:
    """Return all rows of a table or view, in an order that does not depend on names."""
    with made.connect() as connection:
        found = connection.exec_driver_sql(f"SELECT * FROM {quoted(name)}").mappings()
        return sorted(map(dict, found), key=lambda row: sorted(map(str, row.values())))


def views(made: Engine) -> set[str]:
    """Return the names of all views."""
    with made.connect() as connection:
        return view_names(connection)


def state(made: Engine) -> dict[str, Any]:
    """Return the whole content of a database, except the times at which views were installed."""
    tables = {name: rows_of(made, name) for name, _ in select(made, TABLES)}
    in_force = select(made, "SELECT view_name, version FROM view_versions ORDER BY view_name")
    tables["view_versions"] = in_force
    return {
        "columns": select(made, COLUMNS),
        "keys": select(made, KEYS),
        "views": select(made, VIEWS),
        "rows": tables,
    }


def attempts(
    made: Engine,
    move: Callable[[], object],
    then: Callable[[], object] = lambda: None,
    every: int = 1,
) -> int:
    """Migrate, stopped after each statement that changes something, until the end; return the
    number of stops.

    Statements that differ only in numbers, such as those of each layer, count as one. `then` is
    called after each stop. `every` is the number of such statements between stops.
    """
    met: set[str] = set()

    def stop(connection, cursor, statement, *_):
        key = re.sub(r"\d+", "#", statement.strip())
        # Of those who hold the lease only the end of their process is noticed, or their own word.
        ours = key.upper().startswith(("SELECT", "SHOW", "DO", "SET")) or " leases " in key
        if key not in met and not ours:
            met.add(key)
            if len(met) % every == 0:
                raise Killed

    for count in range(1_000):
        event.listen(made, "after_cursor_execute", stop)
        try:
            move()
        except Killed:
            made.dispose()
        else:
            return count
        finally:
            event.remove(made, "after_cursor_execute", stop)
        then()
    raise AssertionError("it never came to an end")
