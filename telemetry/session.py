"""A recording session: one run, from its registration to its end, for any trainer."""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from functools import cache
from threading import Event
from typing import Any, Self

from pymysql.constants import ER
from pymysql.err import OperationalError
from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError

from vanishing_gradients.server.given_server import require_privileges
from vanishing_gradients.sql.connection import (
    connect_arguments,
    connected,
    engine,
    explained,
    free_connections,
)
from vanishing_gradients.sql.errors import DatabaseError, ServerError
from vanishing_gradients.sql.registry import layers_without_small_norm
from vanishing_gradients.sql.requirements import (
    hazard,
    require_able,
    require_connections,
    require_width,
)
from vanishing_gradients.sql.server_errors import passing
from vanishing_gradients.telemetry.connection import BufferConnection
from vanishing_gradients.telemetry.errors import OutageError, RunBusyError, StoppedEarlyError
from vanishing_gradients.telemetry.loader import Loader
from vanishing_gradients.telemetry.lock import wait_for_lease
from vanishing_gradients.telemetry.pulse import Pulse
from vanishing_gradients.telemetry.recorder import GradientRecorder
from vanishing_gradients.telemetry.recording import EpochMetrics, State
from vanishing_gradients.telemetry.resumption import START, ResumePoint, resume, take_up
from vanishing_gradients.telemetry.retry import SECONDS, Retry
from vanishing_gradients.telemetry.roads import AUTO, Choice, choose, facts
from vanishing_gradients.telemetry.runs import (
    DTYPES,
    TABLE_DTYPES,
    Run,
    RunDescription,
    Status,
    register,
)
from vanishing_gradients.telemetry.sink import Sink, Traffic
from vanishing_gradients.telemetry.statistics import EpochStatistics
from vanishing_gradients.telemetry.timeouts import (
    SessionRegistry,
    limit_silence,
    shutdown_deadline,
)
from vanishing_gradients.words import Say

WRITERS = 4
"""Connections that load in parallel. Two would keep two cores busy if they never waited for the
disk; the others fill these waits."""
RUN_CONNECTIONS = 2
"""A run's connections besides its writers': for its heartbeat, and for closing epochs."""
SILENCE = 120
"""Seconds of silence after which a writer considers its connection lost."""
GREETING = 10
"""Seconds to wait for a server's greeting to a writer."""


@dataclass(frozen=True)
class RunOptions:
    """How a run is carried out; its numbers do not depend on these.

    `resumed` is the number of a stopped run to resume after its last completed epoch. A server that
    is away is waited for up to `patience` seconds. Rows use `road`, one of ROADS, or the fastest
    that the server allows.
    """

    resumed: int | None = None
    patience: float = SECONDS
    road: str = AUTO
    pending: int = 1
    """How many epochs may wait to be closed before training has to wait."""
    seconds_for_room: float | None = None
    """How long a chunk waits for room before it is accepted anyway; None: forever."""
    first_epoch: int | None = None
    """The epoch that a watched run continues with; None: the one after the last completed."""
    once: bool = False
    """Whether the run that matches the description is taken up, if there is one."""


class RunListener:
    """Receives a run's events; this one ignores them. `epoch` and `warn` may come from any thread.

    An exception in a listener ends the run; `console.say` is safe to print with.
    """

    def registered(
        self,
        run_id: int,
        description: RunDescription,
        traffic: Callable[[], Traffic],
        completed_epoch: int,
    ) -> None:
        """The run has its number, and continues after `completed_epoch`, 0 for a new one.

        `traffic` returns the writers' progress at any time.
        """

    def epoch(self, metrics: EpochMetrics) -> None:
        """An epoch is closed: all of it is in the server."""

    def ended(self, run_id: int, status: Status) -> None:
        """The run is over, and its status is recorded."""

    def note(self, sentence: str) -> None:
        """Something that is good to know, reported once."""

    def warn(self, sentence: str) -> None:
        """Something works, but not as well as it could."""


class RecordingSession:
    """Records one run in the database at `url`; a context manager around its training.

    Entering registers the run, or resumes the one that `options` names; `recorder` then takes its
    gradients, `pulse` the place that training has reached, and `start` is where it resumes.
    `finish` ends it. If an exception ends the block, it is recorded in `runs.status` (interrupted
    for Ctrl-C and a server that stays away, else failed) and raised. `uninterrupted` returns a
    context in which Ctrl-C waits: the session starts and ends in one.

    Raises DatabaseError, before creating anything, if the database cannot be used; RunBusyError and
    ResumeError as `resume` does.
    """

    run: Run
    start: ResumePoint
    pulse: Pulse
    sink: Sink
    recorder: GradientRecorder

    def __init__(
        self,
        url: URL,
        description: RunDescription,
        listener: RunListener | None = None,
        options: RunOptions | None = None,
        uninterrupted: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._url, self._description = url, description
        self._listener, self._options = listener or RunListener(), options or RunOptions()
        self._uninterrupted = uninterrupted
        self._retry = Retry(self._options.patience, self._listener.warn)
        self._status: Status = "failed"
        self._stored: Callable[[], int] = lambda: 0
        self._interrupts: list[Callable[[], None]] = []
        self._threads, self._ends = ExitStack(), ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as ends:
            self._open(ends)
            self._ends = ends.pop_all()
        return self

    def __exit__(self, *error: Any) -> bool | None:
        return self._ends.__exit__(*error)

    @property
    def status(self) -> Status:
        """How the run ended; before its end, how it would end by default."""
        return self._status

    def finish(self, seconds: float | None = None) -> bool:
        """Wait until all epochs are stored, and mark the run finished.

        Returns False if that takes longer than `seconds`.
        """
        if not self.recorder.finish(seconds):
            return False
        self._retry.call(lambda again: self.run.finish("finished"))
        self._status = "finished"
        return True

    def _open(self, ends: ExitStack) -> None:
        description, listener = self._description, self._listener
        with connected(self._url) as session:
            require_privileges(session, self._url)
            require_able(session, self._url)
            stored = description.stored.layers
            require_connections(session, self._url, RUN_CONNECTIONS + bool(stored))
            if stored:
                widest = max(layer.width for layer in stored)
                cell = DTYPES[description.precision].itemsize
                require_width(session, self._url, widest, cell)
            road = choose(facts(session, self._url), self._options.road, description.precision)
            writers = max(1, min(WRITERS, free_connections(session) - RUN_CONNECTIONS))
            if warning := hazard(session):
                listener.warn(warning)
        database = engine(self._url)
        ends.callback(database.dispose)
        if self._options.resumed is not None:
            wait_for_lease(database, self._options.resumed, listener.note)
        with self._uninterrupted():
            if self._options.once:
                self.run, self.start = take_up(database, description)
            elif self._options.resumed is None:
                self.run, self.start = register(database, description), START
            else:
                self.run, self.start = resume(
                    database, description, self._options.resumed, self._options.first_epoch
                )
            ends.push(self._end)
        if self.start.changed:
            listener.warn(
                "Package versions have changed since the run began, so results may differ in the "
                f"last bits: {', '.join(self.start.changed)}."
            )
        sessions = SessionRegistry(database, self.run.lock, SILENCE)
        pulse = self.pulse = Pulse(self.run.run_id, lambda: self.sink.traffic().waiting_rows)
        sink = self.sink = Sink(
            self._connector(road), writers, self._retry, self.run.table_types, pulse.seen
        )
        self.run.lock.tell(pulse.tell)
        self._threads.callback(sink.close)
        self._interrupts = [sink.interrupt, sessions.interrupt]
        self._stored = lambda: sink.traffic().rows
        listener.registered(self.run.run_id, description, sink.traffic, self.start.completed_epoch)
        if self.run.table_types:
            told = f"Rows go by the {road.road} road: {road.why}."
            (listener.warn if road.slow else listener.note)(told)
        self.recorder = GradientRecorder(
            self.run.shape,
            DTYPES[description.precision],
            sink,
            self._close_epoch,
            description.record_every,
            self._options.pending,
            self._options.seconds_for_room,
        )
        pulse.glance = self.recorder.glance
        self._threads.callback(self.recorder.close)
        ends.enter_context(explained(self._url))

    def _close_epoch(
        self, metrics: EpochMetrics, statistics: EpochStatistics, state: State | None
    ) -> None:
        self._retry.call(lambda again: self.run.close_epoch(metrics, statistics, state))
        self._listener.epoch(metrics)

    def _connector(self, road: Choice) -> Callable[[], Loader] | None:
        """Return what connects a writer; None for a run that keeps statistics only."""
        if not self.run.table_types:
            return None
        self.run.take_road(road.road)
        dtypes = {number: TABLE_DTYPES[kind] for number, kind in self.run.table_types.items()}
        with self.run.engine.connect() as session:
            without = layers_without_small_norm(session, self.run.stored)
        warn_once = cache(self._listener.warn)

        def connect() -> Loader:
            self.run.lock.keep()  # a run that another process has taken is left alone
            limits = {"read_timeout": GREETING, "write_timeout": SILENCE}
            connection = BufferConnection(**limits | connect_arguments(self._url))
            limit_silence(connection, SILENCE)
            try:
                require_able(connection, self._url)
            except ServerError as error:  # a setting changed during the run, perhaps only for now
                connection.close()
                raise OperationalError(ER.NET_PACKET_TOO_LARGE, str(error)) from error
            return Loader(
                connection, self.run.shape, self.run.run_id, dtypes, road.road, without, warn_once,
                self.run.lock.owner,
            )  # fmt: skip

        return connect

    def _end(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Stop the threads and record how the run ended, with a deadline if nothing moves."""
        if isinstance(error, KeyboardInterrupt | OutageError | StoppedEarlyError):
            self._status = "interrupted"
        with self._uninterrupted():
            self._retry.stop()
            with shutdown_deadline(self._stored, self._interrupt) as silent:
                self._threads.close()
                if record_exit(self.run, self._status, silent, self._listener.warn):
                    self._listener.ended(self.run.run_id, self._status)

    def _interrupt(self) -> None:
        for each in self._interrupts:
            each()


def record_exit(run: Run, status: Status, silent: Event, warn: Say) -> bool:
    """Record how a run ended, or warn that the server, still away, does not know.

    Returns False for a run that another process has taken meanwhile: it is left alone.
    """
    known = status == "finished"
    try:
        if not (known or silent.is_set()):
            run.finish(status)
            known = True
    except RunBusyError:
        return False
    except (DatabaseError, DBAPIError) as error:
        if not (silent.is_set() or passing(error)):
            raise
    finally:
        run.close()
    if not known:
        warn(
            f"The server does not know yet that run {run.run_id} has stopped: the next "
            "trainer will record it."
        )
    return True
