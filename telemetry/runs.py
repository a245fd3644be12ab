"""The registry of runs: what is trained, its progress, and how it ended."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Any, Literal

import numpy as np
from sqlalchemy import ColumnElement, Connection, Engine, delete, func, insert, select, update

from vanishing_gradients.sql.catalogue import (
    checkpoints,
    epoch_layers,
    epoch_metrics,
    layer_histograms,
    layers,
    neuron_statistics,
    recorded_steps,
    runs,
    step_statistics,
)
from vanishing_gradients.sql.errors import ObjectError
from vanishing_gradients.sql.leases import until
from vanishing_gradients.sql.names import LONGEST_EXPERIMENT
from vanishing_gradients.sql.objects import ExperimentSchema, Layer
from vanishing_gradients.sql.registration import registration_lock
from vanishing_gradients.sql.registry import (
    add_partitions,
    apply_views,
    create_gradient_tables,
    drop_objects,
    drop_partitions,
    gradient_column_types,
    require_migrated,
)
from vanishing_gradients.telemetry.checkpoints import pack, parts
from vanishing_gradients.telemetry.errors import RunBusyError
from vanishing_gradients.telemetry.lock import RunLock, forget_pulse, mark_orphans, new_lease
from vanishing_gradients.telemetry.many_rows import insert_rows
from vanishing_gradients.telemetry.noise import batch_size
from vanishing_gradients.telemetry.provenance import git_commit, package_versions
from vanishing_gradients.telemetry.recording import EpochMetrics, State
from vanishing_gradients.telemetry.statistics import (
    HISTOGRAM_COLUMNS,
    NEURON_COLUMNS,
    STEP_COLUMNS,
    EpochStatistics,
)
from vanishing_gradients.telemetry.summaries import epoch_layers as summed_up
from vanishing_gradients.words import counted

Status = Literal["finished", "failed", "interrupted"]
TRAINER = "trainer"
"""The source of the trainer's own runs; any other is a watched model."""
IDENTITY = (
    "experiment", "seed", "dataset_sha256", "precision", "telemetry", "record_every",
    "training_images", "epochs", "config",
)  # fmt: skip
IDENTITY_COLUMNS = tuple(
    runs.c.float_type.label(name) if name == "precision" else runs.c[name] for name in IDENTITY
)
COLUMN_TYPES = {"double": "DOUBLE", "single": "FLOAT"}
DTYPES: dict[str, np.dtype] = {"double": np.dtype(np.float64), "single": np.dtype(np.float32)}
TABLE_DTYPES = {kind: DTYPES[precision] for precision, kind in COLUMN_TYPES.items()}


@dataclass(frozen=True)
class RunLayer:
    """A layer as `layers` lists it.

    `row_count` is the number of rows of its gradient in a full batch, `width` the number of
    neurons. `row_meaning` is 'input' if a row belongs to an input of its weights, and 'sample' if
    it belongs to a sample. For an activation, `gain` is the factor for initial weights, and `flat`
    the side ('below' or 'both') on which its slope goes to 0. For a watched model, `source_name` is
    the path of the parameter or module, `tensor` describes the tensor (its shape, type and other
    names), and `frozen` says that it was not trained at first. `kept` is 'full' or 'statistics'.
    """

    layer: int
    layer_name: str
    kind: str
    row_count: int
    width: int
    row_meaning: str
    gain: float | None = None
    flat: str | None = None
    kept: str = "full"
    parameters: int | None = None
    source_name: str | None = None
    tensor: dict[str, Any] | None = None
    frozen: bool = False

    @property
    def has_weights(self) -> bool:
        """Whether its gradient has a row per input, not per sample."""
        return self.row_meaning == "input"


@dataclass(frozen=True)
class RunDescription:
    """All that a run is registered with; `config` is the experiment's, ready for JSON.

    `training_images` counts those that the run uses, after LIMIT. `source` is 'trainer', or the
    library of a watched model, for which unknown values are None. `recorded_at` is
    'before_clipping', or 'as_stepped' if gradients are recorded as the optimizer gets them.
    `remedy_of` is the run that this one tries a remedy of.
    """

    experiment: str
    seed: int | None
    dataset: str | None
    dataset_sha256: str | None
    precision: Literal["double", "single"]
    telemetry: Literal["full", "statistics"]
    record_every: int
    training_images: int | None
    epochs: int | None
    config: dict[str, Any]
    layers: tuple[RunLayer, ...]
    source: str = TRAINER
    recorded_at: str = "before_clipping"
    remedy_of: int | None = None

    @property
    def identity(self) -> str:
        """All that determines a run's numbers; two runs with the same identity have the same."""
        return identity(vars(self))

    @property
    def batch_size(self) -> int | None:
        """Samples of a full batch; None if the configuration does not say."""
        if self.source != TRAINER:
            found: int | None = self.config.get("watch", {}).get("batch_size")
            return found
        return batch_size(self.config, self.training_images)

    @property
    def shape(self) -> ExperimentSchema:
        """All layers, as an experiment's tables and views would have them."""
        return self._shape(self.layers)

    @property
    def stored(self) -> ExperimentSchema:
        """The layers whose gradient rows are stored: what the tables and views depend on."""
        full = self.telemetry == "full"
        return self._shape(tuple(each for each in self.layers if full and each.kept == "full"))

    def _shape(self, members: tuple[RunLayer, ...]) -> ExperimentSchema:
        return ExperimentSchema(
            self.experiment,
            tuple(
                Layer(each.layer, each.layer_name, each.width, each.row_meaning) for each in members
            ),
        )


@dataclass(frozen=True)
class Run:
    """One registered run, whose `lock` this process holds.

    `stored` has the layers that have tables, and `table_types` DOUBLE or FLOAT by layer; empty for
    a run that keeps statistics only.
    """

    engine: Engine
    run_id: int
    shape: ExperimentSchema
    stored: ExperimentSchema
    table_types: dict[int, str]
    lock: RunLock
    batch_size: int | None = None

    def close_epoch(
        self, metrics: EpochMetrics, statistics: EpochStatistics, state: State | None
    ) -> None:
        """Store metrics, statistics, summaries and checkpoint of an epoch, which completes it.

        All or nothing. Does nothing if the epoch is stored already: the answer to a commit may have
        been lost. Raises RunBusyError if another process took the run while the server was away.
        """
        numbers = (
            (step_statistics, STEP_COLUMNS, statistics.steps),
            (neuron_statistics, NEURON_COLUMNS, statistics.neurons),
            (layer_histograms, HISTOGRAM_COLUMNS, statistics.histograms),
            (
                recorded_steps,
                ("epoch", "step", "samples"),
                [(metrics.epoch, *step) for step in metrics.recorded_steps],
            ),
        )
        summaries = [
            {"run_id": self.run_id, **row} for row in summed_up(statistics, self.batch_size)
        ]
        with self.engine.begin() as connection:
            if self._own(connection) >= metrics.epoch:
                return
            connection.execute(insert(epoch_metrics).values(run_id=self.run_id, **metrics.row()))
            for table, columns, rows in numbers:
                own = [(self.run_id, *row) for row in rows]
                insert_rows(connection, table, ("run_id", *columns), own)
            if summaries:
                connection.execute(insert(epoch_layers), summaries)
            connection.execute(delete(checkpoints).where(checkpoints.c.run_id == self.run_id))
            key = {"run_id": self.run_id, "epoch": metrics.epoch, "created_at": _now()}
            for number, part in enumerate(parts(pack(state)) if state else ()):
                connection.execute(insert(checkpoints).values(part=number, state=part, **key))
            forget_pulse(connection, self.run_id, metrics.epoch)
            done = {"completed_epoch": metrics.epoch, "status": "running"}
            held = {"lease_owner": self.lock.owner, "lease_until": until()}
            connection.execute(update(runs).where(self._mine).values(done | held))

    def finish(self, status: Status) -> None:
        """Record how the run ended; raises RunBusyError if another process has it by now."""
        with self.engine.begin() as connection:
            self._own(connection)
            forget_pulse(connection, self.run_id)
            ended = {"status": status, "finished_at": _now()}
            connection.execute(update(runs).where(self._mine).values(ended))

    def take_road(self, road: str) -> None:
        """Record the road that its rows use from now on."""
        with self.engine.begin() as connection:
            connection.execute(update(runs).where(runs.c.run_id == self.run_id).values(road=road))

    def close(self) -> None:
        """Release the run."""
        self.lock.release()

    @property
    def _mine(self) -> ColumnElement[bool]:
        return runs.c.run_id == self.run_id

    def _own(self, connection: Connection) -> int:
        """Lock the run's row until the transaction ends; return the last completed epoch.

        Raises RunBusyError if another process has it.
        """
        found = select(runs.c.completed_epoch, runs.c.lease_owner).where(self._mine)
        completed, owner = connection.execute(found.with_for_update()).one()
        if owner not in (None, self.lock.owner):
            raise RunBusyError(f"Run {self.run_id} belongs to another process by now.")
        return int(completed)


def identity(values: Mapping[str, Any]) -> str:
    """Return all of `values` that determines a run's numbers, as text."""
    return json.dumps([values[name] for name in IDENTITY], sort_keys=True)


def register(
    engine: Engine,
    description: RunDescription,
    check: Callable[[Connection], None] = lambda connection: None,
) -> Run:
    """Create the experiment's missing tables and views, and a row in `runs`.

    `check` is called before, while nobody else can register a run; its errors prevent this one.
    Raises ObjectError if the database is not migrated, or if the experiment's name belongs to a
    network of another shape. On any error neither a run nor a new table is left.
    """
    with engine.connect() as connection:
        require_migrated(connection)
        with registration_lock(connection):
            check(connection)
            mark_orphans(connection)
            if description.source == TRAINER:
                _check_shape(connection, description.shape)
            else:
                description = _named_apart(connection, description)
            shape, stored = description.shape, description.stored
            kind = COLUMN_TYPES[description.precision]
            made = create_gradient_tables(connection, stored, kind) if stored.layers else []
            run_id, lock = None, None
            try:
                types = _table_types(connection, stored)
                held = new_lease()
                run_id = _insert(connection, description, held)
                connection.commit()
                lock = RunLock(engine.connect(), run_id, held["lease_owner"])
                add_partitions(connection, stored, run_id)
                apply_views(connection, stored if stored.layers else None)
                connection.commit()
            except BaseException:
                connection.rollback()
                if run_id is not None:
                    connection.execute(delete(runs).where(runs.c.run_id == run_id))
                    connection.commit()
                    drop_partitions(connection, stored, run_id)
                drop_objects(connection, stored, made)
                if lock:
                    lock.release()
                raise
    return Run(engine, run_id, shape, stored, types, lock, description.batch_size)


def prepared(connection: Connection, description: RunDescription, run_id: int) -> dict[int, str]:
    """Create what an existing run lacks in the database; return Run's `table_types`."""
    stored = description.stored
    with registration_lock(connection):
        if stored.layers:
            create_gradient_tables(connection, stored, COLUMN_TYPES[description.precision])
            add_partitions(connection, stored, run_id)
        apply_views(connection, stored if stored.layers else None)
        connection.commit()
    return _table_types(connection, stored)


def _table_types(connection: Connection, shape: ExperimentSchema) -> dict[int, str]:
    return {
        layer.number: gradient_column_types(connection, shape.table(layer))["Gradient1"]
        for layer in shape.layers
    }


def _named_apart(connection: Connection, description: RunDescription) -> RunDescription:
    """Give a watched model that has changed another name: its own, with a number from 2 on."""
    name, number = description.experiment, 1
    while True:
        try:
            _check_shape(connection, description.shape)
            return description
        except ObjectError:
            number += 1
            suffix = f"_{number}"
            apart = name[: LONGEST_EXPERIMENT - len(suffix)] + suffix
            description = replace(description, experiment=apart)


def _check_shape(connection: Connection, shape: ExperimentSchema) -> None:
    earlier = select(func.min(runs.c.run_id)).where(runs.c.experiment == shape.experiment)
    rows = connection.execute(
        select(layers.c.layer_name, layers.c.width)
        .join(runs, runs.c.run_id == layers.c.run_id)
        .where(runs.c.run_id == earlier.scalar_subquery())
        .order_by(layers.c.layer)
    ).all()
    known = [tuple(row) for row in rows]
    wanted = [(layer.name, layer.width) for layer in shape.layers]
    if known and known != wanted:
        raise ObjectError(
            f"Earlier runs of {shape.experiment} had other layers ({_difference(known, wanted)}): "
            "give the new experiment another name."
        )


def _difference(known: list[tuple[str, int]], wanted: list[tuple[str, int]]) -> str:
    """Describe the first layer that differs: what it was, and what it is now."""
    pairs = enumerate(zip_longest(known, wanted), 1)
    number, found = next((number, pair) for number, pair in pairs if pair[0] != pair[1])
    was, now = (f"{each[0]} of {counted(each[1], 'neuron')}" if each else "none" for each in found)
    same = len(known) == len(wanted)
    counts = "" if same else f"{counted(len(known), 'layer')}, now {len(wanted)}; "
    return f"{counts}layer {number} was {was}, and is now {now}"


def _insert(connection: Connection, description: RunDescription, held: dict[str, Any]) -> int:
    values = asdict(description)
    del values["layers"], values["precision"]
    result = connection.execute(
        insert(runs).values(
            **values,
            float_type=description.precision,
            git_commit=git_commit(),
            package_versions=package_versions(),
            status="running",
            started_at=_now(),
            completed_epoch=0,
            **held,
        )
    )
    run_id: int = result.lastrowid
    stored = {layer.number for layer in description.stored.layers}
    members = [
        asdict(each) | {"kept": "full" if each.layer in stored else "statistics"}
        for each in description.layers
    ]
    connection.execute(insert(layers), [{"run_id": run_id, **each} for each in members])
    return run_id


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
