"""The steps that revisions are made of, each of which looks first whether it is still to be done.

DDL commits by itself on MySQL and MariaDB, so a revision that is stopped leaves what it has done so
far. It is then begun again from its first step.
"""

from alembic import op
from sqlalchemy import text

from vanishing_gradients.sql.errors import ObjectError
from vanishing_gradients.sql.names import quoted
from vanishing_gradients.sql.registry import replace_view, versions_in_force

COLUMNS = text(
    "SELECT column_name AS name FROM information_schema.columns "
    "WHERE table_schema = DATABASE() AND table_name = :table ORDER BY ordinal_position"
)
KEY_COLUMNS = text(
    "SELECT column_name AS name FROM information_schema.statistics "
    "WHERE table_schema = DATABASE() AND table_name = :table AND index_name = :index "
    "ORDER BY seq_in_index"
)
IN_TRAINING = text(
    "SELECT run_id FROM runs WHERE status = 'running' "
    "AND NOT IS_FREE_LOCK(LEFT(CONCAT('run.', run_id, '.', DATABASE()), 64)) ORDER BY run_id"
)
"""Runs that say so and whose lock, of which telemetry/lock.py says the name, somebody holds."""


def columns(table: str) -> list[str]:
    """Return the names of a table's columns, in order; none where there is no such table."""
    return list(op.get_bind().scalars(COLUMNS, {"table": table}))


def key_columns(table: str, index: str) -> list[str]:
    """Return the columns of a table's index, in order; none where there is no such index."""
    return list(op.get_bind().scalars(KEY_COLUMNS, {"table": table, "index": index}))


def rename_column(table: str, old: str, new: str, definition: str = "") -> None:
    """Rename a column in place; with a `definition`, the column has that one from then on."""
    if old in columns(table):
        change = (
            f"CHANGE {quoted(old)} {quoted(new)} {definition}"
            if definition
            else (f"RENAME COLUMN {quoted(old)} TO {quoted(new)}")
        )
        execute(f"ALTER TABLE {quoted(table)} {change}")


def add_column(table: str, name: str, definition: str) -> None:
    """Add a column where it is missing."""
    if name not in columns(table):
        execute(f"ALTER TABLE {quoted(table)} ADD {quoted(name)} {definition}")


def drop_column(table: str, name: str) -> None:
    """Drop a column where it is there."""
    if name in columns(table):
        execute(f"ALTER TABLE {quoted(table)} DROP {quoted(name)}")


def put_in_force(versions: dict[str, int]) -> None:
    """Put these versions of views in force, in this order, where none is."""
    in_force = versions_in_force(op.get_bind())
    for name, version in versions.items():
        if name not in in_force:
            replace_view(op.get_bind(), name, version)


def drop_views(names: dict[str, int]) -> None:
    """Drop views, the last of them first."""
    for name in reversed(names):
        replace_view(op.get_bind(), name, None)


def require_no_training() -> None:
    """Raise ObjectError while a run is training: it knows the columns by the names of its time."""
    if found := list(op.get_bind().scalars(IN_TRAINING)):
        raise ObjectError(
            f"Run {', '.join(map(str, found))} is training, and this migration renames the columns "
            "that it writes: wait until it is done, or stop it with Ctrl-C, then migrate; "
            "RESUME=1 goes on with it afterwards."
        )


def execute(statement: str) -> None:
    """Execute one statement as it is written."""
    op.get_bind().exec_driver_sql(statement)
