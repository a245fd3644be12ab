"""A run belongs to one process at a time, which holds a lease of it and renews that by a heartbeat.

A killed process leaves its lease behind: on the same machine that is seen at once, elsewhere the
lease runs out after half a minute. While the server is away no lease can be renewed; a process that
still finds itself as the owner afterwards goes on.
"""

import math
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self, cast

from sqlalchemy import ColumnElement, Connection, Engine, delete, select, update
from sqlalchemy.exc import DBAPIError

from vanishing_gradients.sql.catalogue import pulse_layers, run_pulse, runs
from vanishing_gradients.sql.connection import Session
from vanishing_gradients.sql.errors import DatabaseError
from vanishing_gradients.sql.leases import NOW, RENEWAL, Holder, Lease, holders, until
from vanishing_gradients.sql.owners import has_ended, new_owner, retire
from vanishing_gradients.sql.server_errors import passing
from vanishing_gradients.telemetry.errors import RunBusyError
from vanishing_gradients.words import Say

BEAT = 1.0
"""Seconds between two heartbeats, each of which may tell how far the run is."""
PATIENCE = 0.5
"""Seconds to wait for a heartbeat that may be waiting for the server."""

Tell = Callable[[Connection, str], None]
"""Writes how far a run is, for the owner of its lease."""


def new_lease() -> dict[str, Any]:
    """Return the columns of a row of `runs` that this process holds from its beginning."""
    return {"lease_owner": new_owner(), "lease_until": until()}


class RunLock:
    """A run's lease, taken and renewed through `connection` for all threads.

    With an `owner` the run was registered as held already (`new_lease`). The connection is used for
    nothing else, and `release` closes it. Raises RunBusyError if another process has the run. Also
    a context manager. A run that does not exist can be locked.
    """

    def __init__(self, connection: Connection, run_id: int, owner: str | None = None) -> None:
        self._connection = connection
        self._lease = Lease(runs, runs.c.run_id, run_id, owner or new_owner())
        self._guard, self._over = threading.Lock(), threading.Event()
        self._interrupted = False
        self._process = os.getpid()
        self._tell: Tell | None = None
        try:
            if owner is None:
                self._take()
        except BaseException:
            retire(self.owner)
            connection.close()
            raise
        self._heart = threading.Thread(target=self._live, name="heartbeat", daemon=True)
        self._heart.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    @property
    def owner(self) -> str:
        """The name under which this process holds the run."""
        return self._lease.owner

    def tell(self, tell: Tell) -> None:
        """Call `tell` with every heartbeat; its errors do not matter."""
        self._tell = tell

    def keep(self) -> None:
        """Renew the lease; raises RunBusyError if another process has the run now."""
        with self._guard:
            try:
                self._renew()
            except (DatabaseError, DBAPIError) as error:
                if not passing(error):
                    raise
                self._renew()  # on a new connection, which may work if the old one was cut

    def release(self) -> None:
        """Release the run."""
        if os.getpid() != self._process:  # the lease is the parent's
            return
        self._over.set()
        retire(self.owner)
        while not self._guard.acquire(timeout=PATIENCE):
            if self._interrupted:
                return  # the heartbeat, which waits for the server, ends by itself
        try:
            with self._connection:
                if not (self._interrupted or self._connection.closed):
                    self._give_back()
        finally:
            self._guard.release()

    def interrupt(self) -> None:
        """Wake whoever waits for an answer, and ask the server nothing more."""
        self._interrupted = True
        self._over.set()
        if session := self.session:
            session.interrupt()

    @property
    def session(self) -> Session | None:
        """The session through which the lease is renewed; None if it has ended."""
        with suppress(DBAPIError, DatabaseError):
            if not (self._connection.closed or self._connection.invalidated):
                return cast(Session, self._connection.connection.driver_connection)
        return None

    def _take(self) -> None:
        connection, lease = self._connection, self._lease
        taken = lease.take(connection)
        found = None if taken else lease.holder(connection)
        connection.commit()
        if found:
            raise busy(int(str(lease.value)), found)

    def _renew(self) -> None:
        connection, lease = self._connection, self._lease
        try:
            found = None if lease.renew(connection) else lease.holder(connection)
            connection.commit()
        except (DatabaseError, DBAPIError):
            self._reconnect()
            raise
        if found:
            raise busy(int(str(lease.value)), found)

    def _give_back(self) -> None:
        try:
            self._lease.give_back(self._connection)
            self._connection.commit()
        except (DatabaseError, DBAPIError) as error:
            if not passing(error):
                raise

    def _reconnect(self) -> None:
        """Make the next statement use a new connection."""
        self._connection.invalidate()
        self._connection.rollback()

    def _live(self) -> None:
        """Beat until the end; after an interruption nobody else may have closed the connection."""
        self._beat()
        if self._interrupted:
            with self._guard, suppress(Exception):
                self._connection.invalidate()
                self._connection.close()

    def _beat(self) -> None:
        """Renew the lease every few seconds, and tell in between how far the run is.

        After an error nothing is told until the lease has been renewed: of an account's few
        connections this takes none from those who store gradients.
        """
        due, well = time.monotonic() + RENEWAL, True
        while not self._over.wait(BEAT):
            with self._guard:
                if self._over.is_set():
                    return
                try:
                    if time.monotonic() >= due:
                        due, well = time.monotonic() + RENEWAL, False
                        self._renew()
                        well = True
                    if self._tell and well:
                        self._tell(self._connection, self.owner)
                except RunBusyError:
                    return  # whoever stores something next gets the same error
                except Exception:  # whatever it is, it is not the run's end
                    well = False
                    with suppress(Exception):
                        self._reconnect()


def busy(run_id: int, holder: Holder) -> RunBusyError:
    """Return the error for a run that another process has."""
    left = math.ceil(max(holder.seconds, 0))
    killed = "" if holder.here else f" If it was killed, the run is free in {left} s."
    return RunBusyError(
        f"Run {run_id} belongs to another process: wait until it has ended, or stop it, and try "
        f"again.{killed}"
    )


def wait_for_lease(engine: Engine, run_id: int, say: Say) -> None:
    """Wait until the lease of a run has run out or been renewed, if only that can tell whether its
    process, on another machine, was killed; `say` is told so once."""
    lease, first = Lease(runs, runs.c.run_id, run_id, ""), None
    while True:
        with engine.connect() as connection:
            found = lease.holder(connection)
        if found is None or found.here or found.seconds <= 0:
            return
        if first is None:
            say(
                f"Run {run_id} belongs to a process of another machine, or did until that was "
                f"killed: waiting up to {math.ceil(found.seconds)} s to see."
            )
            first = found
        if (found.owner, found.until) != (first.owner, first.until):
            return
        time.sleep(min(BEAT, found.seconds))


def forget_pulse(connection: Connection, run_id: int, epoch: int | None = None) -> None:
    """Delete what a run has told of its epochs up to `epoch`, or of all."""
    for table in (run_pulse, pulse_layers):
        told = table.c.run_id == run_id
        if epoch is not None:
            told &= table.c.epoch <= epoch
        connection.execute(delete(table).where(told))


def mark_orphans(connection: Connection) -> list[int]:
    """Mark as `interrupted` every `running` run that no process has any more; return them."""
    running = runs.c.status == "running"
    held = holders(connection, runs, runs.c.run_id, running)
    orphans = []
    for run_id in connection.scalars(select(runs.c.run_id).where(running)).all():
        owner, found = runs.c.lease_owner, held.get(run_id)
        free: ColumnElement[bool]
        if found is None:
            free = owner.is_(None)
        elif has_ended(found.owner):
            free = owner == found.owner
        else:
            free = runs.c.lease_until <= NOW
        mine = (runs.c.run_id == run_id) & running & free
        if connection.execute(update(runs).where(mine).values(status="interrupted")).rowcount:
            forget_pulse(connection, run_id)
            orphans.append(run_id)
        connection.commit()
    return orphans
