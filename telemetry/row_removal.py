"""The statements that take the rows of one run out of the tables, a bounded number at a time."""

from collections.abc import Sequence

from sqlalchemy import Connection, text

from vanishing_gradients.sql.names import quoted
from vanishing_gradients.sql.objects import ExperimentSchema, Layer

AT_ONCE = 20_000
"""Rows that one transaction removes: what a server must keep to take it back stays small."""

CHUNKS = text(
    "SELECT epoch, first_step, last_step, row_count FROM telemetry_progress "
    "WHERE run_id = :run_id AND layer = :layer ORDER BY epoch, first_step"
)
CHUNK = "run_id = :run_id AND layer = :layer AND epoch = :epoch AND first_step = :first_step"
FORGET_CHUNK = text(f"DELETE FROM telemetry_progress WHERE {CHUNK}")  # noqa: S608
STATISTICS = tuple(
    f"DELETE FROM {table} WHERE run_id = :run_id LIMIT {AT_ONCE}"  # noqa: S608
    for table in ("step_statistics", "neuron_statistics")
)
ROWS_OF_OTHERS = text(
    "SELECT COALESCE(SUM(progress.row_count), 0) FROM telemetry_progress AS progress "
    "INNER JOIN runs ON runs.run_id = progress.run_id "
    "WHERE runs.experiment = :experiment AND runs.run_id <> :run_id AND progress.layer = :layer"
)


def remove_layer(connection: Connection, shape: ExperimentSchema, layer: Layer, run_id: int) -> int:
    """Remove a run's rows from one gradient table and return how many there were.

    A transaction takes out a few chunks, each with its row of `telemetry_progress`, so that what is
    registered is always what is there.
    """
    table = quoted(shape.table(layer))
    rows = f"DELETE FROM {table} WHERE run_id = :run_id"  # noqa: S608
    chunk_rows = text(f"{rows} AND Epoch = :epoch AND Step BETWEEN :first_step AND :last_step")
    of_layer = {"run_id": run_id, "layer": layer.number}
    removed = pending = 0
    for chunk in connection.execute(CHUNKS, of_layer).mappings().all():
        if pending and pending + chunk["row_count"] > AT_ONCE:
            connection.commit()
            pending = 0
        values = of_layer | dict(chunk)
        removed += connection.execute(chunk_rows, values).rowcount
        connection.execute(FORGET_CHUNK, values)
        pending += chunk["row_count"]
    connection.commit()
    # Every row has come with a chunk; what somebody put there by hand goes, too.
    return removed + _repeated(connection, f"{rows} LIMIT {AT_ONCE}", run_id)


def remove_statistics(connection: Connection, run_id: int) -> None:
    """Remove a run's rows of `step_statistics` and `neuron_statistics`."""
    for statement in STATISTICS:
        _repeated(connection, statement, run_id)


def rows_of_others(connection: Connection, experiment: str, layer: Layer, run_id: int) -> int:
    """Return how many rows other runs have in one gradient table."""
    values = {"experiment": experiment, "layer": layer.number, "run_id": run_id}
    return int(connection.scalar(ROWS_OF_OTHERS, values))


def rebuild(connection: Connection, table: str) -> Sequence[str]:
    """Write a table anew without the space of rows that are gone; return what went wrong, if any.

    Both servers need as much room again as the rows that are left.
    """
    connection.commit()
    answers = connection.exec_driver_sql(f"OPTIMIZE TABLE {quoted(table)}").mappings().all()
    connection.commit()
    return [row["Msg_text"] for row in answers if row["Msg_type"].lower() == "error"]


def _repeated(connection: Connection, statement: str, run_id: int) -> int:
    removed = 0
    while count := connection.execute(text(statement), {"run_id": run_id}).rowcount:
        connection.commit()
        removed += count
    connection.commit()
    return removed
