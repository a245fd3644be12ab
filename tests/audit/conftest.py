"""A database with the paper's experiments, which a test may change: changes are undone."""

import secrets
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import URL, Connection, Engine, event

from tests.audit import world
from tests.schema import Schema
from tests.summed import sum_up
from vanishing_gradients.analysis.audit import Evidence, Result, evaluate, run_audit
from vanishing_gradients.analysis.audit.catalogue import CLAIMS
from vanishing_gradients.sql import accounts, address
from vanishing_gradients.sql.connection import connected, engine
from vanishing_gradients.sql.names import quoted

CHANGED = (
    "layers",
    "epoch_metrics",
    "step_statistics",
    "neuron_statistics",
    "epoch_layers",
)  # runs come first, and stay
OF_STEPS = {"step_statistics", "neuron_statistics"}
"""The tables of which epoch_layers is the summary."""
BY_NAME = {claim.name: claim for claim in CLAIMS}


@pytest.fixture(scope="session")
def paper_url(server_url: URL, schema: Schema) -> Iterator[URL]:
    """The address of a database filled by world.fill."""
    url = server_url.set(database=f"gradients_test_{secrets.token_hex(6)}")
    with connected(address.without_database(server_url)) as session:
        session.cursor().execute(accounts.create_database(url.database))
    schema.copy(url)
    owner = engine(url)
    with owner.begin() as connection:
        world.fill(connection)
    with owner.begin() as connection:
        for name in ("runs", *CHANGED):
            connection.exec_driver_sql(f"CREATE TABLE saved_{name} AS SELECT * FROM {name}")
    owner.dispose()
    yield url
    with connected(address.without_database(server_url)) as session:
        session.cursor().execute(f"DROP DATABASE {quoted(url.database)}")


@pytest.fixture(scope="session")
def reader(paper_url: URL) -> Iterator[Engine]:
    made = engine(paper_url, read_only=True)
    yield made
    made.dispose()


@pytest.fixture
def change(paper_url: URL) -> Iterator[Callable[..., None]]:
    """Return a function that executes a statement, whose effect ends with the test.

    It may change any row of CHANGED, and everything in runs but the run_id; it may not delete a
    run. For other tables pass `undo`, the statement that restores them.
    """
    owner = engine(paper_url)
    touched: set[str] = set()
    undone: list[str] = []

    def execute(statement: str, undo: str | None = None) -> None:
        changed = {name for name in CHANGED if name in statement}
        undone.extend([undo] if undo else [])
        with owner.begin() as connection:
            connection.exec_driver_sql(statement.replace("%", "%%"))
            if changed & OF_STEPS:
                runs = set().union(*(other_runs(connection, each) for each in changed & OF_STEPS))
                sum_up(connection, runs)
                changed.add("epoch_layers")
        touched.update(changed)

    yield execute
    with owner.begin() as connection:
        for statement in undone:
            connection.exec_driver_sql(statement)
        for name in touched:
            if runs := other_runs(connection, name):
                some = f"WHERE run_id IN ({', '.join(map(str, runs))})"
                connection.exec_driver_sql(f"DELETE FROM {name} {some}")
                connection.exec_driver_sql(f"INSERT INTO {name} SELECT * FROM saved_{name} {some}")
        columns = ("experiment", "seed", "dataset", "training_images", "epochs", "config",
                   "status", "completed_epoch", "telemetry", "record_every")  # fmt: skip
        same = ", ".join(f"runs.{name} = saved.{name}" for name in columns)
        connection.exec_driver_sql(
            f"UPDATE runs JOIN saved_runs AS saved ON saved.run_id = runs.run_id SET {same}"
        )
    owner.dispose()


def other_runs(connection: Connection, table: str) -> set[int]:
    """Return the runs whose rows in a table differ from those that were saved."""
    either = [f"SELECT run_id FROM (SELECT * FROM {now} EXCEPT SELECT * FROM {then}) AS other"
              for now, then in ((table, f"saved_{table}"), (f"saved_{table}", table))]  # fmt: skip
    return set(connection.exec_driver_sql(" UNION ".join(either)).scalars())


@pytest.fixture
def evidence(reader: Engine) -> Callable[[], Evidence]:
    """Return a function that gathers fresh evidence, with nothing kept on disk."""
    return lambda: Evidence(reader, None)


@pytest.fixture(scope="session")
def base(reader: Engine) -> dict[str, Result]:
    """The results on the rows as world.fill made them."""
    return {result.claim.name: result for _, result in run_audit(Evidence(reader, None))}


@pytest.fixture
def judge(evidence) -> Callable[..., list[Result]]:
    """Return a function that judges claims by name, on the current rows."""

    def results(*names: str) -> list[Result]:
        gathered = evidence()
        return [evaluate(BY_NAME[name], gathered) for name in names]

    return results


@pytest.fixture
def statements(reader: Engine) -> Iterator[list[str]]:
    """All statements that the reader sends while the test runs."""
    sent: list[str] = []

    def note(_connection, _cursor, statement, *_) -> None:
        sent.append(statement)

    event.listen(reader, "before_cursor_execute", note)
    yield sent
    event.remove(reader, "before_cursor_execute", note)


@pytest.fixture
def empty_reader(migrated_database: URL) -> Iterator[Engine]:
    """A reader of a migrated database without runs."""
    made = engine(migrated_database, read_only=True)
    yield made
    made.dispose()
