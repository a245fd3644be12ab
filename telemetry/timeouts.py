"""A server that says nothing: waited for, but not for ever, and least when a run is to stop."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from weakref import WeakSet

from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError

from vanishing_gradients.sql.connection import Session
from vanishing_gradients.sql.errors import DatabaseError
from vanishing_gradients.sql.outage import passing
from vanishing_gradients.telemetry.connection import hang_up
from vanishing_gradients.telemetry.errors import RunBusyError
from vanishing_gradients.telemetry.lock import END_SILENT_SESSION, Hold
from vanishing_gradients.telemetry.runs import Run, Status
from vanishing_gradients.telemetry.sink import Sink

GRACE = 5.0
"""Seconds without progress after which a run that is to stop waits for no answer any longer."""
LOOK = 0.05


def limit_silence(session: Session, seconds: float) -> None:
    """Take a session for lost after so many seconds without an answer, on both ends.

    What a session whose client was lost still holds, rows it has locked, goes with it. A limit that
    the address sets stays.
    """
    session._read_timeout = min(seconds, session._read_timeout or seconds)
    session._write_timeout = min(seconds, session._write_timeout or seconds)
    with session.cursor() as cursor:
        cursor.execute(END_SILENT_SESSION.format(seconds=max(1, int(seconds))))


class Lines:
    """The sessions that an engine makes for a run from now on, and that of its lock.

    None of them waits for ever. Until here an answer may take its time: columns are widened, rows
    removed.
    """

    def __init__(self, database: Engine, lock: Hold, seconds: float) -> None:
        self._lock = lock
        self._sessions: WeakSet[Session] = WeakSet()

        @event.listens_for(database, "connect")
        def limit(session: Session, _record: object) -> None:
            limit_silence(session, seconds)
            self._sessions.add(session)

        database.dispose()  # the sessions of before
        lock.limit_silence(seconds)

    def hang_up(self) -> None:
        """Let nobody wait for an answer any longer."""
        self._lock.hang_up()
        for each in list(self._sessions):
            hang_up(each)


@contextmanager
def grace(sink: Sink | None, lines: Lines | None) -> Iterator[threading.Event]:
    """Hang up, while the block ends a run, where the server stores nothing for some seconds.

    The event says that this has happened.
    """
    over, silent = threading.Event(), threading.Event()

    def watch() -> None:
        rows, since = sink.traffic().rows, time.monotonic()
        while not over.wait(LOOK):
            now = sink.traffic().rows
            if now != rows:
                rows, since = now, time.monotonic()
            if time.monotonic() > since + GRACE:
                silent.set()
                sink.hang_up()
                lines.hang_up()
                return

    if sink is None or lines is None:
        yield silent
        return
    thread = threading.Thread(target=watch, name="grace", daemon=True)
    thread.start()
    try:
        yield silent
    finally:
        over.set()
        thread.join()


def leave(run: Run, status: Status, silent: threading.Event, warn: Callable[[str], None]) -> bool:
    """Say how the run ended, or where the server is still away, that it does not know.

    A run that came into other hands is left alone: False.
    """
    known = status == "finished"
    try:
        if not (known or silent.is_set()):
            run.finish(status)
            known = True
    except RunBusyError:
        run.close()
        return False
    except (DatabaseError, DBAPIError) as error:
        if not (silent.is_set() or passing(error)):
            raise
    if not known:
        warn(
            f"The server does not know yet that run {run.run_id} has stopped: the next trainer "
            "tells it."
        )
    run.close()
    return True
