"""A run belongs to one process at a time: it holds a named lock of the server, tied to its session.

The server releases the lock however the trainer ends; if a run says `running` but nobody holds its
lock, it has been abandoned.
"""

import threading
from contextlib import suppress
from typing import Self, cast

from sqlalchemy import Connection, select, text, update
from sqlalchemy.exc import DBAPIError

from vanishing_gradients.sql.catalogue import runs
from vanishing_gradients.sql.connection import Session
from vanishing_gradients.sql.errors import DatabaseError
from vanishing_gradients.sql.server_errors import passing
from vanishing_gradients.telemetry.errors import RunBusyError

ENDING = 10
"""Seconds to wait for a session to end."""
A_YEAR = 31_536_000  # seconds, the longest silence that a server allows

A_SESSION = "SELECT id, host FROM information_schema.processlist WHERE id = "
"""`host` is the client's address with its port: no two sessions share number and host, not even
across a restart of the server."""
SILENT_SESSION = "SET SESSION wait_timeout = {seconds:d}"
"""How long the server keeps a silent session with everything it holds."""
LONGEST_NAME = 64


class RunLock:
    """A run's lock, held through `connection` for all threads; it is taken again if lost.

    The connection is used for nothing else, and `release` closes it. Raises RunBusyError if another
    process holds the lock. Also a context manager.
    """

    def __init__(self, connection: Connection, run_id: int) -> None:
        self._connection, self._run_id = connection, run_id
        self._guard = threading.Lock()
        try:
            self._name = {"name": _name(connection, run_id)}
            self._take()
        except BaseException:
            connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def keep(self) -> None:
        """Take the lock again if the server has ended the session that held it.

        Raises RunBusyError if another process has it now.
        """
        with self._guard:
            try:
                self._keep()
            except (DatabaseError, DBAPIError) as error:
                if not passing(error):
                    raise
                self._keep()  # on a new connection, which may work if the old one was cut

    def release(self) -> None:
        """Release the run."""
        connection = self._connection
        with self._guard, connection:
            if connection.closed or connection.invalidated:
                return  # the server has ended the session, and with it the lock
            try:
                connection.execute(text("DO RELEASE_LOCK(:name)"), self._name)
                connection.commit()
            except (DatabaseError, DBAPIError) as error:
                if not passing(error):
                    raise

    @property
    def session(self) -> Session | None:
        """The session that holds the lock; None if it has ended."""
        with suppress(DBAPIError, DatabaseError):
            if not (self._connection.closed or self._connection.invalidated):
                return cast(Session, self._connection.connection.driver_connection)
        return None

    def _take(self, seconds: int = 0) -> None:
        """Take the lock, waiting for it for up to `seconds`."""
        take = text("SELECT GET_LOCK(:name, :seconds)")
        got = self._connection.scalar(take, self._name | {"seconds": seconds})
        # A session that only holds a lock is silent for hours.
        self._connection.exec_driver_sql(SILENT_SESSION.format(seconds=A_YEAR))
        self._connection.commit()
        if not got:
            raise RunBusyError(
                f"Run {self._run_id} belongs to another process: wait until it has ended, "
                "or stop it, and try again."
            )
        self._session = tuple(
            self._connection.exec_driver_sql(f"{A_SESSION} CONNECTION_ID()").one()
        )
        self._connection.commit()

    def _keep(self) -> None:
        try:
            mine = text("SELECT IS_USED_LOCK(:name) = CONNECTION_ID()")
            held = self._connection.scalar(mine, self._name)
            self._connection.commit()
            if not held:
                self._take(ENDING if self._end_lost_session() else 0)
        except (DatabaseError, DBAPIError):
            self._connection.invalidate()  # the next attempt then reconnects
            self._connection.rollback()
            raise

    def _end_lost_session(self) -> bool:
        """Kill our own former session if the server has not noticed that its client is gone."""
        holder = text(f"{A_SESSION} IS_USED_LOCK(:name)")
        found = self._connection.execute(holder, self._name).first()
        # Without a port (on a Unix socket) a session of before a restart could be taken for ours.
        if not found or tuple(found) != self._session or ":" not in found.host:
            return False
        try:
            self._connection.exec_driver_sql(f"KILL {found.id:d}")
        except DBAPIError as error:  # it may have ended by itself
            if passing(error):
                raise
        return True


def mark_orphans(connection: Connection) -> list[int]:
    """Mark as `interrupted` every `running` run whose lock nobody holds; return them."""
    found = connection.scalars(select(runs.c.run_id).where(runs.c.status == "running")).all()
    free = text("SELECT IS_FREE_LOCK(:name)")
    orphans = [
        run_id for run_id in found if connection.scalar(free, {"name": _name(connection, run_id)})
    ]
    if orphans:
        connection.execute(
            update(runs).where(runs.c.run_id.in_(orphans)).values(status="interrupted")
        )
    connection.commit()
    return orphans


def _name(connection: Connection, run_id: int) -> str:
    database = connection.scalar(text("SELECT DATABASE()"))
    return f"run.{run_id}.{database}"[:LONGEST_NAME]
