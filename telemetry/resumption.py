"""Resumes a stopped run: removes its incomplete epochs, and restores its state."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from sqlalchemy import ColumnElement, Connection, Engine, delete, select, update

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
    telemetry_progress,
)
from vanishing_gradients.sql.leases import Lease
from vanishing_gradients.sql.registry import require_migrated
from vanishing_gradients.telemetry.checkpoints import unpack
from vanishing_gradients.telemetry.errors import ResumeError, RunFinishedError
from vanishing_gradients.telemetry.lock import RunLock, forget_pulse
from vanishing_gradients.telemetry.provenance import package_versions
from vanishing_gradients.telemetry.removal import remove_later_rows
from vanishing_gradients.telemetry.runs import (
    IDENTITY,
    IDENTITY_COLUMNS,
    TRAINER,
    Run,
    RunDescription,
    identity,
    prepared,
    register,
)

OF_EPOCHS = (
    telemetry_progress, epoch_metrics, step_statistics, neuron_statistics, epoch_layers,
    layer_histograms, recorded_steps, checkpoints,
)  # fmt: skip
STORED = ("run_id", "status", "dataset", "completed_epoch", "source")


@dataclass(frozen=True)
class StoredRun:
    """A row of `runs`: `values`, by IDENTITY, are what determines its numbers."""

    run_id: int
    status: str
    dataset: str | None
    completed_epoch: int
    source: str
    values: Mapping[str, Any]
    packages: Mapping[str, str]

    @property
    def identity(self) -> str:
        """The same as RunDescription.identity."""
        return identity(self.values)

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to do."""
        return self.status == "finished"


@dataclass(frozen=True)
class ResumePoint:
    """Where a run resumes: after `completed_epoch`, from `state` (none before the first epoch).

    `changed` names the packages whose versions have changed since the run began.
    """

    completed_epoch: int
    state: dict[str, np.ndarray] | None
    changed: tuple[str, ...]


START = ResumePoint(0, None, ())
"""Where a new run starts."""


def finished_runs(engine: Engine) -> dict[str, int]:
    """Return the trainer's finished runs by RunDescription.identity.

    Watched models are left out: nobody can tell whether two of them have the same numbers.
    Raises ObjectError if the database is not migrated.
    """
    finished = (runs.c.status == "finished") & (runs.c.source == TRAINER)
    with engine.connect() as connection:
        return {each.identity: each.run_id for each in _stored(connection, finished)}


def stored_run(engine: Engine, run_id: int) -> StoredRun:
    """Return a run; raises ResumeError if there is no such run."""
    with engine.connect() as connection:
        found = _stored(connection, runs.c.run_id == run_id)
    if not found:
        raise ResumeError(f"There is no run {run_id}: `make runs` lists those there are.")
    return found[0]


def same_run(engine: Engine, description: RunDescription) -> StoredRun | None:
    """Return the trainer's run that matches `description`: a finished one, else the newest."""
    with engine.connect() as connection:
        return _same(connection, description)


@dataclass(frozen=True)
class Standing:
    """How far a run is: finished, held by a process, or stopped."""

    run_id: int
    state: Literal["finished", "held", "stopped"]


def standing(engine: Engine, description: RunDescription) -> Standing | None:
    """Return how far the run that matches `description` is; None if there is none."""
    with engine.connect() as connection:
        found = _same(connection, description)
        if found is None:
            return None
        holder = Lease(runs, runs.c.run_id, found.run_id, "").holder(connection)
    if found.finished:
        return Standing(found.run_id, "finished")
    return Standing(found.run_id, "held" if holder and holder.valid else "stopped")


class _RegisteredError(Exception):
    """A run that matches the description is there already."""


def take_up(engine: Engine, description: RunDescription) -> tuple[Run, ResumePoint]:
    """Resume the trainer's run that matches `description`, or register it if there is none.

    Of several processes that call this at once, one registers the run. Raises RunFinishedError if
    it is finished, RunBusyError if another process has it, and what `register` and `resume` raise.
    """
    known: list[StoredRun] = []

    def check(connection: Connection) -> None:
        if found := _same(connection, description):
            known.append(found)
            raise _RegisteredError

    try:
        return register(engine, description, check), START
    except _RegisteredError:
        (found,) = known
        if found.finished:
            raise _finished(found) from None
        return resume(engine, description, found.run_id)


def resume(
    engine: Engine, description: RunDescription, run_id: int, first_epoch: int | None = None
) -> tuple[Run, ResumePoint]:
    """Take up a run again: delete its rows after the last completed epoch, and hold its lock.

    A watched run may also continue from an earlier epoch, `first_epoch`, or after it was finished,
    since its state is the user's. Its status is `running` afterwards.

    Raises RunBusyError if another process has it, and ResumeError if it is finished or does not
    match `description`.
    """
    lock = RunLock(engine.connect(), run_id)
    try:
        found = stored_run(engine, run_id)
        watched = description.source != TRAINER
        with engine.connect() as connection:
            completed = found.completed_epoch
            if not watched:
                _check(found, description)
            else:
                description = _check_watched(connection, run_id, description)
                if first_epoch is not None:
                    completed = min(completed, first_epoch - 1)
            types = prepared(connection, description, found.run_id)
            run = Run(
                engine, run_id, description.shape, description.stored, types, lock,
                description.batch_size,
            )  # fmt: skip
            _remove_after(connection, run, completed)
            point = ResumePoint(completed, None, ()) if watched else _point(connection, found)
            connection.execute(
                update(runs)
                .where(runs.c.run_id == run_id)
                .values(status="running", finished_at=None, completed_epoch=completed)
            )
            connection.commit()
    except BaseException:
        lock.release()
        raise
    return run, point


def _check_watched(
    connection: Connection, run_id: int, description: RunDescription
) -> RunDescription:
    """Return the description under the run's own name.

    Raises ResumeError if its layers, or how they are kept, differ from those of `description`.
    """
    columns = (layers.c.layer_name, layers.c.width, layers.c.kept)
    rows = connection.execute(
        select(*columns).where(layers.c.run_id == run_id).order_by(layers.c.layer)
    ).all()
    run = connection.execute(select(runs).where(runs.c.run_id == run_id)).one()
    wanted = [(each.layer_name, each.width, each.kept) for each in description.layers]
    if run.float_type != description.precision or [tuple(row) for row in rows] != wanted:
        raise ResumeError(
            f"Run {run_id} cannot be resumed with this model: it had other layers, another "
            "precision, or kept other rows; watch it as a new run, without run=."
        )
    return replace(description, experiment=run.experiment)


def _same(connection: Connection, description: RunDescription) -> StoredRun | None:
    own = runs.c.experiment == description.experiment
    own &= (runs.c.seed == description.seed) & (runs.c.source == TRAINER)
    same = [each for each in _stored(connection, own) if each.identity == description.identity]
    return max(same, key=lambda each: (each.finished, each.run_id), default=None)


def _stored(connection: Connection, condition: ColumnElement[bool]) -> list[StoredRun]:
    columns = [runs.c[name] for name in STORED]
    found = select(*columns, runs.c.package_versions, *IDENTITY_COLUMNS).where(condition)
    require_migrated(connection)
    rows = connection.execute(found.order_by(runs.c.run_id)).all()
    return [
        StoredRun(
            **{name: getattr(row, name) for name in STORED},
            values={name: getattr(row, name) for name in IDENTITY},
            packages=row.package_versions,
        )
        for row in rows
    ]


def _check(found: StoredRun, description: RunDescription) -> None:
    if found.finished:
        raise _finished(found)
    own, wanted = json.loads(found.identity), json.loads(description.identity)
    pairs = zip(IDENTITY, own, wanted, strict=True)
    if differing := [_differing(*pair) for pair in pairs if pair[1] != pair[2]]:
        raise ResumeError(
            f"Run {found.run_id} cannot be resumed, because it was started with another "
            f"{' and another '.join(differing)}: use the settings it was started with, or "
            "start a new run without RESUME and RUN."
        )


def _finished(found: StoredRun) -> RunFinishedError:
    return RunFinishedError(f"Run {found.run_id} is finished: there is nothing left to do.")


def _differing(name: str, kept: Any, given: Any) -> str:
    """Return the name, and for a configuration the differing keys in brackets."""
    if not (isinstance(kept, dict) and isinstance(given, dict)):
        return name
    keys = [key for key in kept | given if kept.get(key) != given.get(key)]
    return f"{name} ({', '.join(keys)})"


def _remove_after(connection: Connection, run: Run, epoch: int) -> None:
    """Remove what the run stored of epochs that it did not complete."""
    for layer in run.stored.layers:
        remove_later_rows(connection, run.stored, layer, run.run_id, epoch)
    for table in OF_EPOCHS:
        connection.execute(delete(table).where(table.c.run_id == run.run_id, table.c.epoch > epoch))
    forget_pulse(connection, run.run_id)
    connection.commit()


def _point(connection: Connection, found: StoredRun) -> ResumePoint:
    now = package_versions()
    changed = tuple(
        f"{name} {version} (now {now.get(name)})"
        for name, version in found.packages.items()
        if now.get(name) != version
    )
    if not found.completed_epoch:
        return ResumePoint(0, None, changed)
    packed = connection.scalars(
        select(checkpoints.c.state)
        .where(checkpoints.c.run_id == found.run_id, checkpoints.c.epoch == found.completed_epoch)
        .order_by(checkpoints.c.part)
    ).all()
    if not packed:
        raise ResumeError(
            f"Run {found.run_id} has no checkpoint of epoch {found.completed_epoch}, so it "
            "cannot be resumed: start a new run without RESUME and RUN."
        )
    return ResumePoint(found.completed_epoch, unpack(b"".join(packed)), changed)
