"""Which experiments have tables, which version of each view is installed, and how that changes."""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, delete, inspect, literal, select, text
from sqlalchemy.dialects.mysql import insert

from vanishing_gradients.installation import ROOT
from vanishing_gradients.sql import brands
from vanishing_gradients.sql.catalogue import (
    gradient_tables,
    layers,
    metadata,
    runs,
    view_versions,
)
from vanishing_gradients.sql.cells import gradient_columns
from vanishing_gradients.sql.connection import brand_of
from vanishing_gradients.sql.errors import ObjectError
from vanishing_gradients.sql.names import quoted
from vanishing_gradients.sql.objects import (
    HERE,
    RETIRED,
    Definition,
    ExperimentSchema,
    Layer,
    create_table,
    definition,
    in_order,
    versions,
)
from vanishing_gradients.sql.registration import registration_lock

NEWER = (
    "the database is at revision {there}, and the newest that this version of the project knows is "
    "{here}: a newer version has migrated it; update (git pull, or pip install --upgrade "
    "vanishing-gradients), or name another database in DATABASE_URL"
)
PARTITIONED = text(
    "SELECT table_name AS name FROM information_schema.partitions "
    "WHERE table_schema = DATABASE() AND partition_name = :name"
)
REVISIONS = ROOT / "migrations" / "versions"
"""The files of the revisions, whose names start with their numbers."""


def registered_shapes(connection: Connection) -> list[ExperimentSchema]:
    """Return every experiment that has gradient tables, with the layers that have one, in order.

    Migrations also call this at older revisions: without `row_meaning`, every layer counts as
    "element"; without `kept`, all layers of a run are alike.
    """
    known = set(connection.scalars(text("SHOW COLUMNS FROM layers")))
    meaning: ColumnElement[str] = layers.c.row_meaning
    if "row_meaning" not in known:
        meaning = literal("element")
    kept = layers.c.kept if "kept" in known else runs.c.telemetry
    rows = connection.execute(
        select(runs.c.experiment, layers.c.layer, layers.c.layer_name, layers.c.width, meaning)
        .join_from(runs, layers, layers.c.run_id == runs.c.run_id)
        .where(kept == "full")
        .distinct()
        .order_by(runs.c.experiment, layers.c.layer)
    )
    found: dict[str, list[Layer]] = {}
    for experiment, *layer in rows:
        found.setdefault(experiment, []).append(Layer(*layer))
    return [ExperimentSchema(experiment, tuple(members)) for experiment, members in found.items()]


def versions_in_force(connection: Connection) -> dict[str, int]:
    """Return the version of each view that migrations have installed."""
    rows = connection.execute(select(view_versions.c.view_name, view_versions.c.version))
    return dict(rows.all())


def create_gradient_tables(
    connection: Connection, shape: ExperimentSchema, column_type: str
) -> list[str]:
    """Create the missing gradient tables of `shape` and return their names.

    `column_type`, DOUBLE or FLOAT, is for new tables, whose version is recorded in
    `gradient_tables`; existing FLOAT tables become DOUBLE if DOUBLE is asked for, which changes no
    value. If a table cannot be created, those created before it are dropped again. Stale views of
    an unregistered experiment are dropped, since no migration has updated them. Raises ObjectError
    if a table of that name has another shape.
    """
    if shape.experiment not in {each.experiment for each in registered_shapes(connection)}:
        _drop_views(connection, shape)
    version = versions("tables")["gradients"][-1]
    made: list[str] = []
    try:
        for layer in shape.layers:
            name = shape.table(layer)
            found = gradient_column_types(connection, name)
            if not found:
                made.append(name)
                entry = insert(gradient_tables).values(table_name=name, version=version)
                connection.execute(entry.on_duplicate_key_update(version=version))
                connection.exec_driver_sql(
                    create_table(shape, layer, column_type, version)
                    + brand_of(connection).partitioning()
                )
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


def add_partitions(connection: Connection, shape: ExperimentSchema, run_id: int) -> None:
    """Give a run its partition of each gradient table, on a server where each run has its own."""
    if not brand_of(connection).partitions:
        return
    there = partitioned(connection, run_id)
    for table in map(shape.table, shape.layers):
        if table not in there:
            connection.exec_driver_sql(brands.add_partition(table, run_id))


def drop_partitions(connection: Connection, shape: ExperimentSchema, run_id: int) -> None:
    """Drop a run's partitions of the gradient tables, with its rows."""
    there = partitioned(connection, run_id)
    for table in map(shape.table, shape.layers):
        if table in there:
            connection.exec_driver_sql(brands.drop_partition(table, run_id))


def partitioned(connection: Connection, run_id: int) -> set[str]:
    """Return the gradient tables that have a partition for a run alone."""
    return set(connection.scalars(PARTITIONED, {"name": brands.partition_name(run_id)}))


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


def apply_views(
    connection: Connection, shape: ExperimentSchema | None = None, root: Path = HERE
) -> None:
    """Create the missing views: those of `shape`, if given, and those over all experiments.

    An existing view always has the installed version: migrations recreate those of every registered
    experiment, and `create_gradient_tables` drops stale ones.
    """
    there = view_names(connection)
    for each in in_order(_in_force(connection, root)):
        for _, statement in each.statements([shape] if shape else [], there):
            _make_view(connection, statement)


def view_names(connection: Connection) -> set[str]:
    """Return the names of all views of the database."""
    # On MariaDB this is several times as fast as information_schema, which opens every view.
    return set(connection.scalars(text("SHOW FULL TABLES WHERE Table_type = 'VIEW'")))


def replace_view(connection: Connection, name: str, version: int | None, root: Path = HERE) -> None:
    """Install one version of a view everywhere; None drops it. Called by migrations, both ways.

    The version is recorded last when a view is created, and deleted first when it is dropped, so
    after a stop at any statement everything is done again. Raises ObjectError, before anything
    changes, if that version has no file.
    """
    new = definition("views", name, version, root) if version is not None else None
    with registration_lock(connection):
        shapes = registered_shapes(connection)
        before = versions_in_force(connection).get(name)
        old = definition("views", name, before or 1, root)
        forget = delete(view_versions).where(view_versions.c.view_name == name)
        if new is None:
            connection.execute(forget)  # committed by the DROP
        if new is None or new.object_name != old.object_name:
            _drop(connection, old.names(shapes))
        if new:
            for _, statement in new.statements(shapes):
                _make_view(connection, statement)
            entry = {"view_name": name, "version": version, "applied_at": datetime.now(UTC)}
            connection.execute(forget)
            connection.execute(view_versions.insert().values(entry))


def drop_objects(connection: Connection, shape: ExperimentSchema, tables: Sequence[str]) -> None:
    """Undo the creation of gradient tables: drop `tables`, and the views left without any.

    `tables` are names as returned by `create_gradient_tables`; no registered run may have rows in
    them.
    """
    if len(tables) == len(shape.layers):
        _drop_views(connection, shape)
    _drop_tables(connection, tables)


def require_migrated(connection: Connection) -> None:
    """Raise ObjectError unless the catalogue and all views are those that this code knows."""
    tables = set(inspect(connection).get_table_names())
    in_force = versions_in_force(connection) if "view_versions" in tables else {}
    newest = {name: found[-1] for name, found in versions("views").items()}
    require_known(connection, in_force)
    behind = any(in_force.get(name, 0) < version for name, version in newest.items())
    if behind or not metadata.tables.keys() <= tables:
        raise ObjectError(
            "the database lacks the newest catalogue tables and views: run `make migrate`"
        )


def require_known(connection: Connection, in_force: Mapping[str, int]) -> None:
    """Raise ObjectError if a view is installed in a version that only a newer version of this
    project knows."""
    known: dict[str, float] = {name: found[-1] for name, found in versions("views").items()}
    known |= dict.fromkeys(RETIRED, math.inf)
    if any(version > known.get(name, 0) for name, version in in_force.items()):
        there = connection.scalar(text("SELECT version_num FROM alembic_version"))
        raise newer(str(there))


def newer(there: str) -> ObjectError:
    """Return the error for a database migrated by a newer version of this project."""
    here = max(path.stem[:4] for path in REVISIONS.glob("[0-9]*.py"))
    return ObjectError(NEWER.format(there=there, here=here))


def _in_force(connection: Connection, root: Path = HERE) -> list[Definition]:
    found = versions_in_force(connection).items()
    return [definition("views", name, version, root) for name, version in found]


def _make_view(connection: Connection, statement: str) -> None:
    connection.exec_driver_sql(statement)


def _drop_views(connection: Connection, shape: ExperimentSchema) -> None:
    there = view_names(connection)
    for each in _in_force(connection):
        if each.of_experiment:
            _drop(connection, [name for name in each.names([shape]) if name in there])


def _drop_tables(connection: Connection, tables: Sequence[str]) -> None:
    if tables:
        name = gradient_tables.c.table_name
        connection.execute(delete(gradient_tables).where(name.in_(tables)))  # committed by DROP
        listed = ", ".join([quoted(each) for each in tables])
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {listed}")


def _drop(connection: Connection, views: Iterable[str]) -> None:
    if listed := ", ".join([quoted(name) for name in views]):
        connection.exec_driver_sql(f"DROP VIEW IF EXISTS {listed}")


def layers_without_small_norm(connection: Connection, shape: ExperimentSchema) -> set[int]:
    """Return the numbers of the layers whose gradient table is of version 1, without SmallNorm."""
    names = connection.scalars(
        text(
            "SELECT table_name AS name FROM information_schema.columns "
            "WHERE table_schema = DATABASE() AND column_name = 'SmallNorm'"
        )
    )
    having = set(names)
    return {layer.number for layer in shape.layers if shape.table(layer) not in having}


def _widen(table: str, width: int) -> str:
    changes = ", ".join(f"MODIFY {column} DOUBLE NULL" for column in gradient_columns(width))
    return f"ALTER TABLE {quoted(table)} {changes}"
