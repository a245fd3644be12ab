"""One run from start to end: experiment, data, network, server, loop."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from pymysql.constants import ER
from pymysql.err import OperationalError
from sqlalchemy import URL, Engine
from threadpoolctl import threadpool_limits

from vanishing_gradients.interruption import postponed
from vanishing_gradients.server.given_server import require_privileges
from vanishing_gradients.sql import address
from vanishing_gradients.sql.connection import connect_arguments, connected, engine, explained
from vanishing_gradients.sql.errors import ServerError
from vanishing_gradients.telemetry.connection import BufferConnection
from vanishing_gradients.telemetry.epoch_statistics import EpochStatistics
from vanishing_gradients.telemetry.errors import OutageError
from vanishing_gradients.telemetry.loader import Loader
from vanishing_gradients.telemetry.loading import (
    local_infile_allowed,
    packet_limit,
    session_packet_limit,
)
from vanishing_gradients.telemetry.recorder import CloseEpoch, GradientRecorder
from vanishing_gradients.telemetry.recording import EpochMetrics, State
from vanishing_gradients.telemetry.resumption import START, resume
from vanishing_gradients.telemetry.retry import SECONDS, Patience
from vanishing_gradients.telemetry.runs import Run, RunDescription, RunLayer, Status, register
from vanishing_gradients.telemetry.sink import Sink, Traffic
from vanishing_gradients.telemetry.timeouts import Lines, grace, leave, limit_silence
from vanishing_gradients.trainer.assembly import build_clipping, build_network, build_optimizer
from vanishing_gradients.trainer.datasets import Dataset
from vanishing_gradients.trainer.experiments import Experiment
from vanishing_gradients.trainer.loop import Progress, restore_training, train

WRITERS = 4
"""Connections that load at once. Two would keep two cores busy but for their waits for the disk,
which the others fill."""
CLASSES = 10
SMALLEST_PACKET = 4 << 20
"""Bytes that a server must take in one packet: a part of a checkpoint as text, and room."""
SILENCE = 120
"""Seconds without a word after which a writer takes its connection for lost."""
GREETING = 10
"""Seconds that a server may take to say its first words to a writer."""
DTYPES = {"double": np.dtype(np.float64), "single": np.dtype(np.float32)}
TABLE_DTYPES = {"DOUBLE": DTYPES["double"], "FLOAT": DTYPES["single"]}


@dataclass(frozen=True)
class Settings:
    """What a user may choose about a run beyond its experiment."""

    seed: int = 1
    precision: Literal["double", "single"] = "double"
    telemetry: Literal["full", "statistics"] = "full"
    record_every: int = 1
    limit: int | None = None


@dataclass(frozen=True)
class Going:
    """How a run is carried out, which its numbers do not depend on.

    `resumed` is the number of a run that was begun with the same and stopped: it goes on behind its
    last completed epoch. A server that is away is waited for up to `patience` seconds.
    """

    resumed: int | None = None
    patience: float = SECONDS


class Watcher:
    """Is told how a run goes; this one does not listen."""

    def registered(
        self,
        run_id: int,
        description: RunDescription,
        traffic: Callable[[], Traffic],
        completed_epoch: int,
    ) -> None:
        """The run has its number, and goes on behind `completed_epoch`, 0 for a new one.

        `traffic` tells at any time how far the writers are.
        """

    def progress(self, progress: Progress) -> None:
        """A step is done."""

    def epoch(self, metrics: EpochMetrics) -> None:
        """An epoch is closed: all of it is in the server."""

    def ended(self, run_id: int, status: Status) -> None:
        """The run is over, and the registry says how it ended."""

    def warn(self, sentence: str) -> None:
        """Something works, but not as well as it could."""


def carry_out(
    experiment: Experiment,
    dataset: Dataset,
    settings: Settings,
    url: URL,
    watcher: Watcher | None = None,
    going: Going | None = None,
) -> int:
    """Train one experiment, everything recorded in the database at `url`, and return its run id.

    Whatever ends the run early is written into `runs.status` (interrupted for Ctrl-C and for a
    server that stays away, else failed) and raised again. Raises DatabaseError or DatasetError, and
    makes nothing, where the database or the data cannot be used.
    """
    watcher, going = watcher or Watcher(), going or Going()
    patience = Patience(going.patience, watcher.warn)
    generator = np.random.default_rng(settings.seed)
    dtype = DTYPES[settings.precision]
    data = (dataset.limited(settings.limit) if settings.limit else dataset).shuffled(generator)
    network = build_network(experiment, data.train_images.shape[1], CLASSES, dtype, generator)
    optimizer = build_optimizer(experiment, len(data.train_images))
    description = describe(experiment, data, settings)
    with connected(url) as session:
        require_privileges(session, url)
    database = engine(url)
    require_packets(database, url)
    run, sink, recorder, lines = None, None, None, None
    status: Status = "failed"
    try:
        with postponed():
            if going.resumed is None:
                run, point = register(database, description), START
            else:
                run, point = resume(database, description, going.resumed)
        if point.state:
            restore_training(point.state, network, optimizer, generator)
        if point.changed:
            watcher.warn(
                "Other versions than when the run began may give other bits: "
                f"{', '.join(point.changed)}."
            )
        lines = Lines(database, run.lock, SILENCE)
        connect = _connector(url, database, run, settings, watcher, patience)
        sink = Sink(connect, WRITERS, patience)
        watcher.registered(run.run_id, description, sink.traffic, point.completed_epoch)
        close = _close(run, watcher, patience)
        recorder = GradientRecorder(run.shape, dtype, sink, close, settings.record_every)
        with threadpool_limits(1), explained(url):
            train(
                network, optimizer, data, experiment.batch_size, experiment.epochs, generator,
                recorder, watcher.progress, point.completed_epoch + 1, build_clipping(experiment),
            )  # fmt: skip
        patience.outlast(lambda again: run.finish("finished"))
        status = "finished"
    except (KeyboardInterrupt, OutageError):
        status = "interrupted"
        raise
    finally:
        with postponed():
            patience.end()
            with grace(sink, lines) as silent:
                if recorder:
                    recorder.close()
                if sink:
                    sink.close()
                if run and leave(run, status, silent, watcher.warn):
                    watcher.ended(run.run_id, status)
            database.dispose()
    return run.run_id


def require_packets(database: Engine, url: URL) -> None:
    """Raise ServerError where the server takes packets too small for what a run sends."""
    limit = packet_limit(database)
    if limit < SMALLEST_PACKET:
        database.dispose()
        raise ServerError(_packets_needed(url, limit))


def _packets_needed(url: URL, limit: int) -> str:
    return (
        f"the server at {address.public(url)} takes packets of {limit:,} bytes at most: run "
        f"SET GLOBAL max_allowed_packet = {SMALLEST_PACKET} on it, or more"
    )


def describe(experiment: Experiment, dataset: Dataset, settings: Settings) -> RunDescription:
    """Return what the run is registered with."""
    rows = min(experiment.batch_size, len(dataset.train_images))
    features = dataset.train_images.shape[1]
    return RunDescription(
        experiment=experiment.name,
        seed=settings.seed,
        dataset=dataset.name,
        dataset_sha256=dataset.sha256,
        precision=settings.precision,
        telemetry=settings.telemetry,
        record_every=settings.record_every,
        training_images=len(dataset.train_images),
        epochs=experiment.epochs,
        config=experiment.model_dump(mode="json") | {"limit": settings.limit},
        layers=tuple(
            RunLayer(spec.number, spec.name, spec.kind, spec.rows or rows, spec.width)
            for spec in experiment.layer_specs(features, CLASSES)
        ),
    )


def begun_with(values: Mapping[str, Any]) -> tuple[Experiment, Settings]:
    """Return the experiment and the settings that a run's registered `values` were made of."""
    config = dict(values["config"])
    limit = config.pop("limit")
    names = ("seed", "precision", "telemetry", "record_every")
    settings = Settings(**{name: values[name] for name in names}, limit=limit)
    return Experiment.model_validate(config), settings


def _close(run: Run, watcher: Watcher, patience: Patience) -> CloseEpoch:
    def close(metrics: EpochMetrics, statistics: EpochStatistics, state: State) -> None:
        patience.outlast(lambda again: run.close_epoch(metrics, statistics, state))
        watcher.epoch(metrics)

    return close


def _connector(
    url: URL, database: Engine, run: Run, settings: Settings, watcher: Watcher, patience: Patience
) -> Callable[[], Loader] | None:
    if settings.telemetry != "full":
        return None
    allowed = patience.outlast(lambda again: local_infile_allowed(database))
    if not allowed:
        watcher.warn(
            "The server forbids LOAD DATA LOCAL, so batched INSERTs take its place, at a fraction "
            "of the speed (`make bench` measures both): SET GLOBAL local_infile = ON lets it in."
        )
    dtypes = {number: TABLE_DTYPES[kind] for number, kind in run.table_types.items()}

    def connect() -> Loader:
        run.lock.keep()  # what comes into other hands while the server is away is left alone
        limits = {"read_timeout": GREETING, "write_timeout": SILENCE}
        connection = BufferConnection(**limits | connect_arguments(url))
        limit_silence(connection, SILENCE)
        if (limit := session_packet_limit(connection)) < SMALLEST_PACKET:
            connection.close()
            raise OperationalError(ER.NET_PACKET_TOO_LARGE, _packets_needed(url, limit))
        return Loader(connection, run.shape, run.run_id, dtypes, allowed)

    return connect
