"""Which experiments have tables, which version of each view is in force, and how that changes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, delete, inspect, select, text

from sql.catalogue import layers, metadata, runs, view_versions
from sql.errors import ObjectError
from sql.names import quoted
from sql.objects import (
    HERE,
    Definition,
    Layer,
    Shape,
    create_table,
    definition,
    gradient_columns,
    in_order,
    versions,
)

LOCK_SECONDS = 120


@contextmanager
def registration_lock(connection: Connection) -> Iterator[None]:
    """Hold this database's registration lock, so that two trainers or migrations take turns.

    DDL commits by itself on MySQL and MariaDB, so no transaction can do this. Raises ObjectError
    where another holds the lock for over two minutes.
    """
    database = connection.scalar(text("SELECT DATABASE()"))
    name = f"registration.{database}"[:64]
    if not connection.scalar(
        text("SELECT GET_LOCK(:name, :seconds)"), {"name": name, "seconds": LOCK_SECONDS}
    ):
        raise ObjectError(
            f"Another trainer or migration has been changing the database {database} for over "
            f"{LOCK_SECONDS} s: wait until it is done and try again."
        )
    try:
        yield
    finally:
        if not connection.invalidated:  # a lock ends with its connection
            connection.execute(text("DO RELEASE_LOCK(:name)"), {"name": name})


def registered_shapes(connection: Connection) -> list[Shape]:
    """Return every experiment that has gradient tables, with its layers in order."""
    rows = connection.execute(
        select(runs.c.experiment, layers.c.layer, layers.c.layer_name, layers.c.width)
        .join_from(runs, layers, layers.c.run_id == runs.c.run_id)
        .where(runs.c.telemetry == "full")
        .distinct()
        .order_by(runs.c.experiment, layers.c.layer)
    )
    found: dict[str, list[Layer]] = {}
    for experiment, number, name, width in rows:
        found.setdefault(experiment, []).append(Layer(number, name, width))
    return [Shape(experiment, tuple(members)) for experiment, members in found.items()]


def versions_in_force(connection: Connection) -> dict[str, int]:
    """Return the version of each view that migrations have put in force."""
    rows = connection.execute(select(view_versions.c.view_name, view_versions.c.version))
    return dict(rows.all())


def create_gradient_tables(connection: Connection, shape: Shape, column_type: str) -> list[str]:
    """Make the gradient tables of `shape` that are missing and return their names.

    `column_type`, DOUBLE or FLOAT, is for new tables; existing FLOAT tables become DOUBLE where
    DOUBLE is asked for, which changes no value. Tables just made are dropped again if a later one
    cannot be made. Raises ObjectError where a table of that name has another shape.
    """
    made: list[str] = []
    try:
        for layer in shape.layers:
            name = shape.table(layer)
            found = gradient_column_types(connection, name)
            if not found:
                connection.exec_driver_sql(create_table(shape, layer, column_type))
                made.append(name)
            elif list(found) != list(gradient_columns(layer.width)):
                raise ObjectError(
                    f"Experiment {shape.experiment} already has a table {name} of {len(found)} "
                    f"neurons, not {layer.width}: give the new experiment another name."
                )
            elif column_type == "DOUBLE" and set(found.values()) == {"FLOAT"}:
                connection.exec_driver_sql(_widen(name, layer.width))
    except BaseException:
        connection.rollback()
        _drop_tables(connection, made)
        raise
    return made


def gradient_column_types(connection: Connection, table: str) -> dict[str, str]:
    """Return the cells of a gradient table, in order, each with DOUBLE or FLOAT.

    Empty if there is no such table.
    """
    rows = connection.execute(
        text(
            "SELECT column_name AS name, UPPER(data_type) AS type FROM information_schema.columns "
            "WHERE table_schema = DATABASE() AND table_name = :table "
            "AND column_name LIKE 'Gradient%' ORDER BY ordinal_position"
        ),
        {"table": table},
    )
    return dict(rows.all())


def apply_views(connection: Connection, shape: Shape | None = None, root: Path = HERE) -> None:
    """Make the views in force: those of `shape`, if given, and those over all experiments."""
    shapes = registered_shapes(connection)
    in_force = versions_in_force(connection)
    known = [definition("views", name, version, root) for name, version in in_force.items()]
    for each in in_order(known):
        own = "{" in each.object_name
        if own and shape is None:
            continue
        _apply(connection, each, [shape] if own and shape else shapes)


def replace_view(connection: Connection, name: str, version: int | None, root: Path = HERE) -> None:
    """Put one version of a view in force, everywhere; None drops it. Migrations call it, both ways.

    Raises ObjectError where that version has no file; the database is then as it was.
    """
    new = definition("views", name, version, root) if version is not None else None
    with registration_lock(connection):
        shapes = registered_shapes(connection)
        before = versions_in_force(connection).get(name)
        old = definition("views", name, before, root) if before is not None else None
        if old and (new is None or new.object_name != old.object_name):
            for object_name, _ in old.statements(shapes):
                connection.exec_driver_sql(f"DROP VIEW IF EXISTS {quoted(object_name)}")
        if new:
            _apply(connection, new, shapes)
        connection.execute(delete(view_versions).where(view_versions.c.view_name == name))
        if new:
            connection.execute(
                view_versions.insert().values(
                    view_name=name, version=version, applied_at=datetime.now(UTC)
                )
            )


def withdraw(connection: Connection, shape: Shape, tables: Sequence[str]) -> None:
    """Undo the making of gradient tables: drop `tables`, and the views that are left without any.

    `tables` are names as `create_gradient_tables` returned them; no registered run may have rows in
    them. The views over all experiments come first, so that at no time they read what is gone.
    """
    apply_views(connection)
    views = set(inspect(connection).get_view_names())
    if len(tables) == len(shape.layers):
        in_force = versions_in_force(connection).items()
        for each in (definition("views", name, version) for name, version in in_force):
            if "{" in each.object_name:
                own = [name for name, _ in each.statements([shape]) if name in views]
                for name in own:
                    connection.exec_driver_sql(f"DROP VIEW {quoted(name)}")
    _drop_tables(connection, tables)


def require_migrated(connection: Connection) -> None:
    """Raise ObjectError unless the catalogue is there and all views are as new as this code."""
    tables = set(inspect(connection).get_table_names())
    in_force = versions_in_force(connection) if "view_versions" in tables else {}
    behind = any(in_force.get(name, 0) < found[-1] for name, found in versions("views").items())
    if behind or not metadata.tables.keys() <= tables:
        raise ObjectError(
            "the database lacks the newest catalogue tables and views: run `make migrate`"
        )


def _apply(connection: Connection, view: Definition, shapes: Sequence[Shape]) -> None:
    for _, statement in view.statements(shapes):
        connection.exec_driver_sql(statement)


def _drop_tables(connection: Connection, tables: Sequence[str]) -> None:
    for name in tables:
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {quoted(name)}")


def _widen(table: str, width: int) -> str:
    changes = ", ".join(f"MODIFY {column} DOUBLE NULL" for column in gradient_columns(width))
    return f"ALTER TABLE {quoted(table)} {changes}"
