"""Removes a run: its rows, its place in the catalogue, and the space that it took."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, delete, func, inspect, select, text, update

from vanishing_gradients.sql.catalogue import (
    checkpoints,
    epoch_metrics,
    layers,
    runs,
    telemetry_progress,
)
from vanishing_gradients.sql.names import quoted
from vanishing_gradients.sql.objects import ExperimentSchema, Layer
from vanishing_gradients.sql.registry import registration_lock, require_migrated, withdraw
from vanishing_gradients.telemetry.errors import RemovalError
from vanishing_gradients.telemetry.lock import RunLock
from vanishing_gradients.telemetry.space import (
    TableSize,
    in_words,
    measure,
    place,
    run_sizes,
    table_sizes,
)

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
Say = Callable[[str], None]


@dataclass(frozen=True)
class RemovableRun:
    """A run that may be removed: what it is, and what it holds."""

    run_id: int
    dataset: str
    seed: int
    status: str
    telemetry: str
    shape: ExperimentSchema
    rows: int
    size: int

    @property
    def tables(self) -> list[str]:
        """Names of the gradient tables of its experiment."""
        return [self.shape.table(layer) for layer in self.shape.layers]


@contextmanager
def removable_run(engine: Engine, run_id: int) -> Iterator[RemovableRun]:
    """Give a run that nobody else trains or removes meanwhile.

    Raises RemovalError where there is none of that number, and RunBusyError where another process
    has it.
    """
    with RunLock(engine.connect(), run_id):
        with engine.connect() as connection:
            require_migrated(connection)
            found = _removable_run(connection, run_id)
        yield found


def remove(engine: Engine, found: RemovableRun, say: Say) -> int:
    """Remove the run and return how many bytes the gradient tables' files have lost.

    The last run of an experiment takes its tables and views along. Else its rows are taken out in
    small transactions and the tables are written anew, beside whatever else happens to them. Where
    this ends half-way, the run stays `interrupted`, without any epoch, and can be removed again.
    """
    with engine.connect() as connection:
        before = table_sizes(connection)
        _forget_progress(connection, found)
        remove_statistics(connection, found.run_id)
        say("Taken out of the catalogue: epochs, statistics and checkpoint.")
        if not _remove_if_last(connection, found, say):
            if found.telemetry == "full" or found.rows:
                left = {}
                for layer in found.shape.layers:
                    left[layer] = _remove_rows(connection, found, layer, before, say)
                _rebuild(connection, engine, found, left, say)
            # The others may have been removed meanwhile, too.
            if not _remove_if_last(connection, found, say):
                connection.execute(delete(runs).where(runs.c.run_id == found.run_id))
                connection.commit()
        after = table_sizes(connection)
    return sum(_file(before, name) - _file(after, name) for name in found.tables)


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
    return removed + _repeated(connection, f"{rows} LIMIT {AT_ONCE}", run_id=run_id)


def remove_statistics(connection: Connection, run_id: int) -> None:
    """Remove a run's rows of `step_statistics` and `neuron_statistics`."""
    for statement in STATISTICS:
        _repeated(connection, statement, run_id=run_id)


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


def remove_later_rows(
    connection: Connection, shape: ExperimentSchema, layer: Layer, run_id: int, epoch: int
) -> None:
    """Remove a run's rows after `epoch` from one gradient table."""
    table = quoted(shape.table(layer))
    rows = f"DELETE FROM {table} WHERE run_id = :run_id AND Epoch > :epoch LIMIT {AT_ONCE}"  # noqa: S608
    _repeated(connection, rows, run_id=run_id, epoch=epoch)


def _removable_run(connection: Connection, run_id: int) -> RemovableRun:
    run = connection.execute(select(runs).where(runs.c.run_id == run_id)).one_or_none()
    if run is None:
        raise RemovalError(f"There is no run {run_id}: `make runs` lists those there are.")
    columns = select(layers.c.layer, layers.c.layer_name, layers.c.width, layers.c.row_meaning)
    members = connection.execute(columns.where(layers.c.run_id == run_id).order_by("layer"))
    shape = ExperimentSchema(run.experiment, tuple(Layer(*each) for each in members))
    if run.telemetry == "full":
        measure(connection, [shape.table(layer) for layer in shape.layers])
    rows = select(func.coalesce(func.sum(telemetry_progress.c.row_count), 0))
    return RemovableRun(
        run_id,
        run.dataset,
        run.seed,
        run.status,
        run.telemetry,
        shape,
        int(connection.execute(rows.where(telemetry_progress.c.run_id == run_id)).scalar_one()),
        run_sizes(connection).get(run_id, 0),
    )


def _forget_progress(connection: Connection, found: RemovableRun) -> None:
    """Leave of the run what one would find that was stopped in its first epoch.

    Were the removal to end here, the run would neither pass for finished nor go on after epochs
    whose rows are gone.
    """
    mine = runs.c.run_id == found.run_id
    connection.execute(update(runs).where(mine).values(status="interrupted", completed_epoch=0))
    for table in (checkpoints, epoch_metrics):
        connection.execute(delete(table).where(table.c.run_id == found.run_id))
    connection.commit()


def _remove_if_last(connection: Connection, found: RemovableRun, say: Say) -> bool:
    """Remove the run with its experiment's tables and views, if no other run has rows there.

    A run registers under the same lock, so none can come to these tables meanwhile.
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
        mine = runs.c.run_id == found.run_id
        if set(found.tables) & set(inspect(connection).get_table_names()):
            # From here on nothing counts on tables of this experiment, even if this ends half-way.
            connection.execute(update(runs).where(mine).values(telemetry="statistics"))
            connection.commit()
            say(f"The last run of {found.shape.experiment}: its tables and views go, too.")
            withdraw(connection, found.shape, found.tables)
        connection.execute(delete(runs).where(mine))
        connection.commit()
    return True


def _remove_rows(
    connection: Connection,
    found: RemovableRun,
    layer: Layer,
    before: dict[str, TableSize],
    say: Say,
) -> int:
    """Take the run's rows out of one table; return an estimate of the bytes of those left."""
    name = found.shape.table(layer)
    removed = remove_layer(connection, found.shape, layer, found.run_id)
    others = rows_of_others(connection, found.shape.experiment, layer, found.run_id)
    connection.commit()
    say(f"{name}: {removed:,} rows taken out.")
    used = before[name].used if name in before else 0
    return round(used * others / max(1, others + removed))


def _rebuild(
    connection: Connection, engine: Engine, found: RemovableRun, left: dict[Layer, int], say: Say
) -> None:
    """Write the tables anew, the smallest first, since each gives room for the next."""
    for layer, size in sorted(left.items(), key=lambda item: item[1]):
        name = found.shape.table(layer)
        free = place(connection, engine.url).free
        reason: Sequence[str]
        if free is not None and size > free:
            reason = [
                f"{in_words(size)} would have to be free for a while, and {in_words(free)} are"
            ]
        else:
            reason = rebuild(connection, name)
        if reason:
            say(
                f"{name} keeps the space for later runs of {found.shape.experiment}: "
                f"it could not be written anew ({reason[0]})."
            )


def _file(sizes: dict[str, TableSize], name: str) -> int:
    return sizes[name].file if name in sizes else 0


def _repeated(connection: Connection, statement: str, **values: int) -> int:
    removed = 0
    while count := connection.execute(text(statement), values).rowcount:
        connection.commit()
        removed += count
    connection.commit()
    return removed
