"""Removes a run, or only its gradient rows, and frees the space that they took."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    delete,
    func,
    inspect,
    select,
    text,
    update,
)

from vanishing_gradients.sql.catalogue import (
    checkpoints,
    epoch_metrics,
    layers,
    runs,
    telemetry_progress,
)
from vanishing_gradients.sql.connection import brand_of
from vanishing_gradients.sql.names import quoted
from vanishing_gradients.sql.objects import ExperimentSchema, Layer
from vanishing_gradients.sql.registration import registration_lock
from vanishing_gradients.sql.registry import (
    drop_objects,
    drop_partitions,
    partitioned,
    require_migrated,
)
from vanishing_gradients.telemetry.errors import RemovalError
from vanishing_gradients.telemetry.lock import RunLock, forget_pulse
from vanishing_gradients.telemetry.older_runs import unsummed
from vanishing_gradients.telemetry.space import (
    TableSize,
    in_words,
    measure,
    place,
    run_sizes,
    table_sizes,
)
from vanishing_gradients.words import Say, counted

AT_ONCE = 20_000
"""Rows per transaction: the server's undo log stays small."""

STATISTICS = tuple(
    f"DELETE FROM {quoted(table)} WHERE run_id = :run_id LIMIT {AT_ONCE}"  # noqa: S608
    for table in ("step_statistics", "neuron_statistics", "epoch_layers", "layer_histograms")
)


@dataclass(frozen=True)
class RemovableRun:
    """A run that may be removed, and what it holds.

    `shape` has the layers that have gradient tables, its own or another run's.
    """

    run_id: int
    dataset: str | None
    seed: int | None
    status: str
    telemetry: str
    shape: ExperimentSchema
    rows: int
    size: int | None

    @property
    def tables(self) -> list[str]:
        """Names of the gradient tables of its experiment."""
        return [self.shape.table(layer) for layer in self.shape.layers]


@contextmanager
def removable_run(engine: Engine, run_id: int) -> Iterator[RemovableRun]:
    """Yield a run, with its lock held against training or removal by others.

    Raises RemovalError if there is no such run, and RunBusyError if another process has it.
    """
    with engine.connect() as connection:
        require_migrated(connection)
    with RunLock(engine.connect(), run_id):
        with engine.connect() as connection:
            found = _removable_run(connection, run_id)
        yield found


def remove(engine: Engine, found: RemovableRun, say: Say) -> int | None:
    """Remove the run and return how many bytes the gradient tables' files have shrunk by; None if
    the server does not say.

    The last run of an experiment takes its tables and views along. Otherwise its rows are deleted
    in small transactions and the tables are rebuilt, concurrently with other work on them. If this
    ends halfway, the run stays `interrupted`, without any epoch, and can be removed again.
    """
    with engine.connect() as connection:
        before = table_sizes(connection)
        _forget_progress(connection, found)
        remove_statistics(connection, found.run_id)
        say("Removed from the catalogue: epochs, statistics and checkpoint.")
        _remove_rows(connection, engine, found, say)
        connection.execute(delete(runs).where(runs.c.run_id == found.run_id))
        connection.commit()
        after = table_sizes(connection)
    return _shrunk(before, after, found)


def remove_rows(engine: Engine, found: RemovableRun, say: Say) -> int | None:
    """Remove only the run's gradient rows, and return how many bytes their tables have shrunk by;
    None if the server does not say.

    From the start the run counts as one that kept statistics only, in `runs.telemetry` too. If this
    ends halfway it can be repeated. Raises RemovalError if it has no rows to remove, or if they
    hold something that has not been summarized.
    """
    if found.telemetry != "full" and not found.rows:
        raise RemovalError(
            f"Run {found.run_id} keeps statistics alone: it has no gradient rows to remove."
        )
    if found.telemetry == "full" and unsummed(engine, found.run_id):
        raise RemovalError(
            f"Noise scales and distributions of run {found.run_id}, which an older version "
            f"recorded, can only be computed from its rows: `make summarize RUN={found.run_id}` "
            "stores them; then its rows can be removed."
        )
    with engine.connect() as connection:
        before = table_sizes(connection)
        _call_statistics_alone(connection, found.run_id)
        _remove_rows(connection, engine, found, say)
        chunks = telemetry_progress.c.run_id == found.run_id
        connection.execute(delete(telemetry_progress).where(chunks))
        connection.commit()
        after = table_sizes(connection)
    return _shrunk(before, after, found)


def remove_layer(connection: Connection, shape: ExperimentSchema, layer: Layer, run_id: int) -> int:
    """Remove a run's rows from one gradient table and return how many there were.

    Each transaction deletes a few chunks with their rows of `telemetry_progress`, so what is
    registered is always there. Where the run has a partition of its own, that goes at once.
    """
    rows = f"DELETE FROM {quoted(shape.table(layer))} WHERE run_id = :run_id"  # noqa: S608
    chunk_rows = text(f"{rows} AND Epoch = :epoch AND Step BETWEEN :first_step AND :last_step")
    key = telemetry_progress.c
    of_layer = (key.run_id == run_id, key.layer == layer.number)
    if shape.table(layer) in partitioned(connection, run_id):
        removed = _rows(connection, *of_layer)
        drop_partitions(connection, replace(shape, layers=(layer,)), run_id)
        connection.execute(delete(telemetry_progress).where(*of_layer))
        connection.commit()
        return removed
    in_order = select(telemetry_progress).where(*of_layer).order_by(key.epoch, key.first_step)
    removed = pending = 0
    for chunk in connection.execute(in_order).all():
        if pending and pending + chunk.row_count > AT_ONCE:
            connection.commit()
            pending = 0
        removed += connection.execute(chunk_rows, dict(chunk._mapping)).rowcount
        this = (key.epoch == chunk.epoch, key.first_step == chunk.first_step)
        connection.execute(delete(telemetry_progress).where(*of_layer, *this))
        pending += chunk.row_count
    connection.commit()
    # Every row came with a chunk; rows inserted by hand go, too.
    return removed + _repeated(connection, f"{rows} LIMIT {AT_ONCE}", run_id=run_id)


def remove_statistics(connection: Connection, run_id: int) -> None:
    """Remove everything kept about a run's steps, neurons and epochs."""
    for statement in STATISTICS:
        _repeated(connection, statement, run_id=run_id)


def remove_later_rows(
    connection: Connection, shape: ExperimentSchema, layer: Layer, run_id: int, epoch: int
) -> None:
    """Remove a run's rows after `epoch` from one gradient table."""
    table = quoted(shape.table(layer))
    rows = f"DELETE FROM {table} WHERE run_id = :run_id AND Epoch > :epoch LIMIT {AT_ONCE}"  # noqa: S608
    _repeated(connection, rows, run_id=run_id, epoch=epoch)


def _shrunk(
    before: dict[str, TableSize], after: dict[str, TableSize], found: RemovableRun
) -> int | None:
    if not before:
        return None
    return sum(before[name].file - after[name].file for name in found.tables)


def _removable_run(connection: Connection, run_id: int) -> RemovableRun:
    run = connection.execute(select(runs).where(runs.c.run_id == run_id)).one_or_none()
    if run is None:
        raise RemovalError(f"There is no run {run_id}: `make runs` lists those there are.")
    columns = select(layers.c.layer, layers.c.layer_name, layers.c.width, layers.c.row_meaning)
    rows = connection.execute(columns.where(layers.c.run_id == run_id).order_by("layer"))
    members = [Layer(*each) for each in rows]
    there = set(inspect(connection).get_table_names())
    every = ExperimentSchema(run.experiment, tuple(members))
    shape = replace(every, layers=tuple(each for each in members if every.table(each) in there))
    if run.telemetry == "full":
        measure(connection, [shape.table(layer) for layer in shape.layers])
    return RemovableRun(
        run_id,
        run.dataset,
        run.seed,
        run.status,
        run.telemetry,
        shape,
        _rows(connection, telemetry_progress.c.run_id == run_id),
        run_sizes(connection).get(run_id),
    )


def _forget_progress(connection: Connection, found: RemovableRun) -> None:
    """Reset the run to one that was stopped in its first epoch.

    If the removal ended here, the run must not pass for finished, or be resumed after epochs whose
    rows are gone.
    """
    mine = runs.c.run_id == found.run_id
    connection.execute(update(runs).where(mine).values(status="interrupted", completed_epoch=0))
    for table in (checkpoints, epoch_metrics):
        connection.execute(delete(table).where(table.c.run_id == found.run_id))
    forget_pulse(connection, found.run_id)
    connection.commit()


def _remove_rows(connection: Connection, engine: Engine, found: RemovableRun, say: Say) -> None:
    """Remove the run's gradient rows, and tables in which no other run has rows."""
    if _drop_if_last(connection, found, say):
        return
    if found.telemetry == "full" or found.rows:
        sizes, left = table_sizes(connection), {}
        for layer, table in zip(found.shape.layers, found.tables, strict=True):
            removed = remove_layer(connection, found.shape, layer, found.run_id)
            say(f"{table}: {counted(removed, 'row')} removed.")
            others = _rows(
                connection,
                runs.c.experiment == found.shape.experiment,
                runs.c.run_id != found.run_id,
                telemetry_progress.c.layer == layer.number,
            )
            left[table] = round(sizes[table].used * others / max(1, others + removed))
        rebuilt = sorted(left, key=left.__getitem__) if brand_of(connection).rebuilds else []
        for table in rebuilt:  # each frees space for the next
            if reason := _rebuild(connection, engine, table, left[table]):
                say(
                    f"{table} keeps the space for later runs of "
                    f"{found.shape.experiment}: it could not be rebuilt ({reason})."
                )
    _drop_if_last(connection, found, say)  # other runs may have been removed meanwhile


def _drop_if_last(connection: Connection, found: RemovableRun, say: Say) -> bool:
    """Drop the experiment's tables and views if no other run has rows there; return whether it did.

    Runs register under the same lock, so none can start using these tables meanwhile.
    """
    with registration_lock(connection):
        others = connection.scalar(
            select(func.count()).where(
                runs.c.experiment == found.shape.experiment,
                runs.c.run_id != found.run_id,
                runs.c.telemetry == "full",
            )
        )
        if others:
            return False
        if set(found.tables) & set(inspect(connection).get_table_names()):
            # From here on nothing relies on the experiment's tables, even if this ends halfway.
            _call_statistics_alone(connection, found.run_id)
            say(f"The last run of {found.shape.experiment}: its tables and views go, too.")
            drop_objects(connection, found.shape, found.tables)
    return True


def _call_statistics_alone(connection: Connection, run_id: int) -> None:
    for table, column in ((runs, runs.c.telemetry), (layers, layers.c.kept)):
        mine = table.c.run_id == run_id
        connection.execute(update(table).where(mine).values({column: "statistics"}))
    connection.commit()


def _rows(connection: Connection, *conditions: ColumnElement[bool]) -> int:
    rows = select(func.coalesce(func.sum(telemetry_progress.c.row_count), 0)).join_from(
        telemetry_progress, runs, runs.c.run_id == telemetry_progress.c.run_id
    )
    return int(connection.scalar(rows.where(*conditions)) or 0)


def _rebuild(connection: Connection, engine: Engine, table: str, size: int) -> str | None:
    """Rebuild a table without the space of deleted rows; return the reason if that is impossible.

    Both servers need free space for a copy of the remaining rows, `size` bytes.
    """
    free = place(connection, engine.url).free
    if free is not None and size > free:
        return f"{in_words(size)} would have to be free temporarily, and {in_words(free)} are"
    connection.commit()
    answers = connection.exec_driver_sql(f"OPTIMIZE TABLE {quoted(table)}").mappings().all()
    connection.commit()
    errors = (row["Msg_text"] for row in answers if row["Msg_type"].lower() == "error")
    return next(errors, None)


def _repeated(connection: Connection, statement: str, **values: int) -> int:
    removed = 0
    while count := connection.execute(text(statement), values).rowcount:
        connection.commit()
        removed += count
    connection.commit()
    return removed
