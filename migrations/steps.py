"""The steps that revisions are made of, each of which looks first whether it is still to be done.

DDL commits by itself on MySQL and MariaDB, so a revision that is stopped leaves what it has done so
far. It is then begun again from its first step.
"""

from collections.abc import Callable, Sequence

from alembic import op
from sqlalchemy import Column, Connection, ForeignKey, Integer, text

from vanishing_gradients.sql.errors import ObjectError
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
IN_TRAINING = text(
    "SELECT run_id FROM runs WHERE status = 'running' "
    "AND NOT IS_FREE_LOCK(LEFT(CONCAT('run.', run_id, '.', DATABASE()), 64)) ORDER BY run_id"
)
"""Runs that say so and whose lock, of which telemetry/lock.py says the name, somebody holds."""

WATCHED = text("SELECT run_id FROM runs WHERE source <> 'trainer' ORDER BY run_id")


def columns(table: str) -> list[str]:
    """Return the names of a table's columns, in order; none where there is no such table."""
    return list(op.get_bind().scalars(COLUMNS, {"table": table}))


def key_columns(table: str, index: str) -> list[str]:
    """Return the columns of a table's index, in order; none where there is no such index."""
    return list(op.get_bind().scalars(KEY_COLUMNS, {"table": table, "index": index}))


def create_table(name: str, *columns: Column) -> None:
    """Create a table where it is missing."""
    op.create_table(
        name,
        *columns,
        if_not_exists=True,
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_unicode_ci",
    )


def create_table_of_runs(name: str, keys: Sequence[str], *columns: Column) -> None:
    """Create a table that is keyed by run and `keys`, and whose rows go with their run."""
    run = ForeignKey("runs.run_id", ondelete="CASCADE")
    create_table(
        name,
        Column("run_id", Integer, run, primary_key=True),
        *(Column(key, Integer, primary_key=True, autoincrement=False) for key in keys),
        *columns,
    )


def rename_column(table: str, old: str, new: str, definition: str = "") -> None:
    """Rename a column in place; with a `definition`, the column has that one from then on."""
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
    """Add a column where it is missing."""
    if name not in columns(table):
        execute(f"ALTER TABLE {quoted(table)} ADD {quoted(name)} {definition}")


def drop_column(table: str, name: str) -> None:
    """Drop a column where it is there."""
    if name in columns(table):
        execute(f"ALTER TABLE {quoted(table)} DROP {quoted(name)}")


def change_column(table: str, name: str, definition: str) -> None:
    """Give a column another definition, which its values have to fit."""
    execute(f"ALTER TABLE {quoted(table)} MODIFY {quoted(name)} {definition}")


def drop_table(name: str) -> None:
    """Drop a table where it is there."""
    op.drop_table(name, if_exists=True)


def views(replaced: Sequence[str] = (), **versions: int) -> Ways:
    """Return the way up, which puts versions of views in force in this order, and the way down.

    The way down drops them, the last first; those `replaced` go back to the version before.
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
    """Raise ObjectError while a run is training: it knows the columns as they were when it began.

    Of the database that is being migrated, unless another `connection` is given.
    """
    if found := list((connection or op.get_bind()).scalars(IN_TRAINING)):
        raise ObjectError(
            f"Run {', '.join(map(str, found))} is training, and this migration changes columns "
            "that it writes: wait until it is done, or stop it with Ctrl-C, then migrate; "
            "RESUME=1 goes on with it afterwards."
        )


def require_no_watched_runs() -> None:
    """Raise ObjectError where there are runs of watched models, unknown to older versions."""
    if "source" not in columns("runs"):
        return
    if found := list(op.get_bind().scalars(WATCHED)):
        raise ObjectError(
            f"Run {', '.join(map(str, found))} is of a watched model, of which this older version "
            "knows nothing: drop such runs first (`make drop RUN=id`)."
        )


def execute(statement: str) -> None:
    """Execute one statement as it is written."""
    op.get_bind().exec_driver_sql(statement)
