"""Removes a run: its rows, its place in the catalogue, and the space that it took."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, delete, func, inspect, select, update

from vanishing_gradients.sql.catalogue import (
    checkpoints,
    epoch_metrics,
    layers,
    runs,
    telemetry_progress,
)
from vanishing_gradients.sql.objects import ExperimentSchema, Layer
from vanishing_gradients.sql.registry import registration_lock, require_migrated, withdraw
from vanishing_gradients.telemetry.errors import RemovalError
from vanishing_gradients.telemetry.lock import run_lock
from vanishing_gradients.telemetry.row_removal import (
    rebuild,
    remove_layer,
    remove_statistics,
    rows_of_others,
)
from vanishing_gradients.telemetry.storage import (
    TableSize,
    in_words,
    measure,
    place,
    run_sizes,
    table_sizes,
)

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Candidate:
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
def candidate(engine: Engine, run_id: int) -> Iterator[Candidate]:
    """Give a run that nobody else trains or removes meanwhile.

    Raises RemovalError where there is none of that number, and RunBusyError where another process
    has it.
    """
    with engine.connect() as lock:
        require_migrated(lock)
        lock.commit()
        with run_lock(lock, run_id):
            with engine.connect() as connection:
                found = _candidate(connection, run_id)
            yield found


def remove(engine: Engine, found: Candidate, tell: Tell) -> int:
    """Remove the run and return how many bytes the gradient tables' files have lost.

    The last run of an experiment takes its tables and views along. Else its rows are taken out in
    small transactions and the tables are written anew, beside whatever else happens to them. Where
    this ends half-way, the run stays `interrupted`, without any epoch, and can be removed again.
    """
    with engine.connect() as connection:
        before = table_sizes(connection)
        _forget_progress(connection, found)
        remove_statistics(connection, found.run_id)
        tell("Taken out of the catalogue: epochs, statistics and checkpoint.")
        if not _remove_if_last(connection, found, tell):
            if found.telemetry == "full" or found.rows:
                left = {}
                for layer in found.shape.layers:
                    left[layer] = _remove_rows(connection, found, layer, before, tell)
                _rebuild(connection, engine, found, left, tell)
            # The others may have been removed meanwhile, too.
            if not _remove_if_last(connection, found, tell):
                connection.execute(delete(runs).where(runs.c.run_id == found.run_id))
                connection.commit()
        after = table_sizes(connection)
    return sum(_file(before, name) - _file(after, name) for name in found.tables)


def _candidate(connection: Connection, run_id: int) -> Candidate:
    run = connection.execute(select(runs).where(runs.c.run_id == run_id)).one_or_none()
    if run is None:
        raise RemovalError(f"There is no run {run_id}: `make runs` lists those there are.")
    columns = select(layers.c.layer, layers.c.layer_name, layers.c.width, layers.c.row_meaning)
    members = connection.execute(columns.where(layers.c.run_id == run_id).order_by("layer"))
    shape = ExperimentSchema(run.experiment, tuple(Layer(*each) for each in members))
    if run.telemetry == "full":
        measure(connection, [shape.table(layer) for layer in shape.layers])
    rows = select(func.coalesce(func.sum(telemetry_progress.c.row_count), 0))
    return Candidate(
        run_id,
        run.dataset,
        run.seed,
        run.status,
        run.telemetry,
        shape,
        int(connection.scalar(rows.where(telemetry_progress.c.run_id == run_id))),
        run_sizes(connection).get(run_id, 0),
    )


def _forget_progress(connection: Connection, found: Candidate) -> None:
    """Leave of the run what one would find that was stopped in its first epoch.

    Were the removal to end here, the run would neither pass for finished nor go on behind epochs
    whose rows are gone.
    """
    mine = runs.c.run_id == found.run_id
    connection.execute(update(runs).where(mine).values(status="interrupted", completed_epoch=0))
    for table in (checkpoints, epoch_metrics):
        connection.execute(delete(table).where(table.c.run_id == found.run_id))
    connection.commit()


def _remove_if_last(connection: Connection, found: Candidate, tell: Tell) -> bool:
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
            tell(f"The last run of {found.shape.experiment}: its tables and views go, too.")
            withdraw(connection, found.shape, found.tables)
        connection.execute(delete(runs).where(mine))
        connection.commit()
    return True


def _remove_rows(
    connection: Connection,
    found: Candidate,
    layer: Layer,
    before: dict[str, TableSize],
    tell: Tell,
) -> int:
    """Take the run's rows out of one table; return an estimate of the bytes of those left."""
    name = found.shape.table(layer)
    removed = remove_layer(connection, found.shape, layer, found.run_id)
    others = rows_of_others(connection, found.shape.experiment, layer, found.run_id)
    connection.commit()
    tell(f"{name}: {removed:,} rows taken out.")
    used = before[name].used if name in before else 0
    return round(used * others / max(1, others + removed))


def _rebuild(
    connection: Connection, engine: Engine, found: Candidate, left: dict[Layer, int], tell: Tell
) -> None:
    """Write the tables anew, the smallest first, since each gives room for the next."""
    for layer, size in sorted(left.items(), key=lambda item: item[1]):
        name = found.shape.table(layer)
        free = place(connection, engine.url).free
        if free is not None and size > free:
            reason = [
                f"{in_words(size)} would have to be free for a while, and {in_words(free)} are"
            ]
        else:
            reason = rebuild(connection, name)
        if reason:
            tell(
                f"{name} keeps the space for later runs of {found.shape.experiment}: "
                f"it could not be written anew ({reason[0]})."
            )


def _file(sizes: dict[str, TableSize], name: str) -> int:
    return sizes[name].file if name in sizes else 0
