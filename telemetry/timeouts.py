"""Timeouts for a server that does not answer; shortest while a run is being stopped."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, event

from vanishing_gradients.sql.connection import Session, opened_from_now_on
from vanishing_gradients.telemetry.lock import RunLock

STALLED = 5.0
"""Seconds without progress after which a run that is to stop no longer waits for answers."""
INTERVAL = 0.05
"""Seconds between two checks of that progress."""
SILENT_SESSION = "SET SESSION wait_timeout = {seconds:d}"
"""How long the server keeps a silent session with everything it holds."""


def limit_silence(session: Session, seconds: float) -> None:
    """Consider a session lost after `seconds` without an answer, on both ends.

    The server then also releases what a lost client's session holds, such as row locks. A limit set
    in the address is kept.
    """
    session._read_timeout = min(seconds, session._read_timeout or seconds)
    session._write_timeout = min(seconds, session._write_timeout or seconds)
    with session.cursor() as cursor:
        cursor.execute(SILENT_SESSION.format(seconds=max(1, int(seconds))))


class SessionRegistry:
    """The sessions that an engine opens for a run from now on, and that of its lock.

    None of them waits forever. Before this point answers may take long: columns are widened, rows
    removed.
    """

    def __init__(self, database: Engine, lock: RunLock, seconds: float) -> None:
        self._lock = lock

        @event.listens_for(database, "connect")
        def limit(session: Session, _record: object) -> None:
            limit_silence(session, seconds)

        self._sessions = opened_from_now_on(database)

        database.dispose()  # the earlier sessions
        if session := lock.session:
            session._read_timeout = session._write_timeout = seconds

    def interrupt(self) -> None:
        """Wake everyone who waits for an answer."""
        self._lock.interrupt()
        for each in self._sessions:
            each.interrupt()


@contextmanager
def shutdown_deadline(
    stored: Callable[[], int], interrupt: Callable[[], None]
) -> Iterator[threading.Event]:
    """Call `interrupt` during the block, which ends a run, if `stored` stops growing.

    The event passed to the block says whether that has happened.
    """
    over, silent = threading.Event(), threading.Event()

    def watch() -> None:
        rows, since = stored(), time.monotonic()
        while not over.wait(INTERVAL):
            now = stored()
            if now != rows:
                rows, since = now, time.monotonic()
            if time.monotonic() > since + STALLED:
                silent.set()
                interrupt()
                return

    thread = threading.Thread(target=watch, name="shutdown", daemon=True)
    thread.start()
    try:
        yield silent
    finally:
        over.set()
        thread.join()
