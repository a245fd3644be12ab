"""The steps that revisions are made of; each first checks whether it still has to be done.

DDL commits implicitly on MySQL and MariaDB, so a revision that is stopped keeps what it has done so
far. It is then run again from its first step.
"""

from collections.abc import Callable, Sequence

from alembic import op
from sqlalchemy import Column, Connection, ForeignKey, Integer, text

from vanishing_gradients.sql.catalogue import runs
from vanishing_gradients.sql.errors import ObjectError
from vanishing_gradients.sql.leases import holders
from vanishing_gradients.sql.names import quoted
from vanishing_gradients.sql.registry import replace_view, versions_in_force

Ways = tuple[Callable[[], None], Callable[[], None]]
"""The upgrade of a revision, and its downgrade."""
COLUMNS = text(
    "SELECT column_name AS name FROM information_schema.columns "
    "WHERE table_schema = DATABASE() AND table_name = :table ORDER BY ordinal_position"
)
KEY_COLUMNS = text(
    "SELECT column_name AS name FROM information_schema.statistics "
    "WHERE table_schema = DATABASE() AND table_name = :table AND index_name = :index "
    "ORDER BY seq_in_index"
)
OLDER_IN_TRAINING = text(
    "SELECT run_id FROM runs WHERE status = 'running' "
    "AND NOT IS_FREE_LOCK(LEFT(CONCAT('run.', run_id, '.', DATABASE()), 64)) ORDER BY run_id"
)
"""Runs that say so and whose named lock a trainer of a version before revision 0024 holds."""

WATCHED = text("SELECT run_id FROM runs WHERE source <> 'trainer' ORDER BY run_id")


def columns(table: str) -> list[str]:
    """Return the names of a table's columns, in order; none if there is no such table."""
    return list(op.get_bind().scalars(COLUMNS, {"table": table}))


def key_columns(table: str, index: str) -> list[str]:
    """Return the columns of a table's index, in order; none if there is no such index."""
    return list(op.get_bind().scalars(KEY_COLUMNS, {"table": table, "index": index}))


def create_table(name: str, *columns: Column) -> None:
    """Create a table if it is missing."""
    op.create_table(
        name,
        *columns,
        if_not_exists=True,
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        # That of the tables that are there already: sql/connection.py.
        mysql_collate=op.get_bind().scalar(text("SELECT @@collation_connection")),
    )


def create_table_of_runs(name: str, keys: Sequence[str], *columns: Column) -> None:
    """Create a table keyed by run and `keys`, whose rows are deleted with their run."""
    run = ForeignKey("runs.run_id", ondelete="CASCADE")
    create_table(
        name,
        Column("run_id", Integer, run, primary_key=True),
        *(Column(key, Integer, primary_key=True, autoincrement=False) for key in keys),
        *columns,
    )


def rename_column(table: str, old: str, new: str, definition: str = "") -> None:
    """Rename a column in place; a `definition` also replaces the column's."""
    if old in columns(table):
        verb, to = ("CHANGE", "") if definition else ("RENAME COLUMN", "TO ")
        change = f"{verb} {quoted(old)} {to}{quoted(new)} {definition}".rstrip()
        execute(f"ALTER TABLE {quoted(table)} {change}")


def renames(table: str, **names: str) -> Ways:
    """Return the way up, which renames columns of a table from old to new, and the way down."""

    def rename(names: dict[str, str]) -> None:
        for old, new in names.items():
            rename_column(table, old, new)

    return lambda: rename(names), lambda: rename({new: old for old, new in names.items()})


def add_column(table: str, name: str, definition: str) -> None:
    """Add a column if it is missing."""
    if name not in columns(table):
        execute(f"ALTER TABLE {quoted(table)} ADD {quoted(name)} {definition}")


def drop_column(table: str, name: str) -> None:
    """Drop a column if it exists."""
    if name in columns(table):
        execute(f"ALTER TABLE {quoted(table)} DROP {quoted(name)}")


def change_column(table: str, name: str, definition: str) -> None:
    """Give a column another definition, which its values must fit."""
    execute(f"ALTER TABLE {quoted(table)} MODIFY {quoted(name)} {definition}")


def drop_table(name: str) -> None:
    """Drop a table if it exists."""
    op.drop_table(name, if_exists=True)


def views(replaced: Sequence[str] = (), **versions: int) -> Ways:
    """Return the way up, which installs versions of views in this order, and the way down.

    The way down drops them in reverse; those `replaced` go back to the previous version.
    """

    def up() -> None:
        in_force = versions_in_force(op.get_bind())
        for name, version in versions.items():
            if name in replaced or name not in in_force:
                replace_view(op.get_bind(), name, version)

    def down() -> None:
        for name, version in reversed(versions.items()):
            replace_view(op.get_bind(), name, version - 1 if name in replaced else None)

    return up, down


def require_no_training(connection: Connection | None = None) -> None:
    """Raise ObjectError while a run is training: it uses the columns as they were at its start.

    Checks the database being migrated, unless another `connection` is given.
    """
    connection = connection or op.get_bind()
    found = set(connection.scalars(OLDER_IN_TRAINING))
    there = connection.scalars(COLUMNS, {"table": "runs"}).all()
    if {"lease_owner", "lease_until"} <= set(there):  # revision 0024 may have stopped between them
        held = holders(connection, runs, runs.c.run_id, runs.c.status == "running")
        found |= {run_id for run_id, holder in held.items() if holder.valid}
    if found:
        raise ObjectError(
            f"Run {', '.join(map(str, sorted(found)))} is training, and this migration changes "
            "columns that it writes: wait until it is done, or stop it with Ctrl-C, then migrate; "
            "RESUME=1 resumes it afterwards."
        )


def require_no_watched_runs() -> None:
    """Raise ObjectError if there are runs of watched models, which older versions do not know."""
    if "source" not in columns("runs"):
        return
    if found := list(op.get_bind().scalars(WATCHED)):
        raise ObjectError(
            f"Run {', '.join(map(str, found))} is of a watched model, which this older "
            "version does not know: drop such runs first (`make drop RUN=id`)."
        )


def execute(statement: str) -> None:
    """Execute one statement as it is written."""
    op.get_bind().exec_driver_sql(statement)
