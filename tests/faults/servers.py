"""A test server to be killed, suspended and starved."""

import os
import secrets
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pymysql
import pytest
from sqlalchemy import URL

from vanishing_gradients.migrations import history
from vanishing_gradients.server import lifecycle, processes
from vanishing_gradients.server.loopback import is_free
from vanishing_gradients.server.private_server import PrivateServer
from vanishing_gradients.server.programs import Program
from vanishing_gradients.server.settings import MIB, Size
from vanishing_gradients.sql import accounts
from vanishing_gradients.sql.connection import Session, connect_arguments, engine
from vanishing_gradients.sql.errors import ServerError

SMALL = Size(buffer_pool=64 * MIB, redo_log=64 * MIB)


class FaultyServer(PrivateServer):
    """A private server that tests may do anything to, from programs installed here.

    It keeps its port and its data from start to start.
    """

    def __init__(self, folder: Path, size: Size = SMALL) -> None:
        super().__init__(folder, packages=lifecycle.folder(), size=size)

    def start(self) -> None:
        """Start it, at the port it had.

        The port is outside the range for clients, so none of them can occupy it while the server is
        away.
        """
        if not self._kept().get("port"):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._keep(port=next(port for port in _lots() if is_free(port)))
        before = self._kept()["port"]
        super().start()
        assert self._kept()["port"] == before, "something else has taken the server's port"

    def kill(self) -> None:
        """End it like a power cut."""
        pid = self.pid()
        os.kill(pid, signal.SIGKILL)
        assert processes.wait_for_end(pid, 30)
        # A process whose first thread has ended may have others that still hold the port.
        deadline = time.monotonic() + 30
        while not is_free(self._kept()["port"]):
            assert time.monotonic() < deadline
            time.sleep(0.005)

    def restart(self) -> None:
        """Kill it and start it again."""
        self.kill()
        self.start()

    def suspend(self) -> None:
        """Suspend it, its connections open, until `wake`."""
        os.kill(self.pid(), signal.SIGSTOP)

    def wake(self) -> None:
        """Resume it."""
        if pid := self.pid():
            os.kill(pid, signal.SIGCONT)

    @contextmanager
    def root(self) -> Iterator[pymysql.connections.Connection]:
        """A session with all privileges, closed at the end if it is still open."""
        session = Session(**connect_arguments(self.url(accounts.ROOT)), autocommit=True)
        try:
            yield session
        finally:
            if session.open:
                session.close()

    def ask(self, statement: str) -> list[tuple]:
        """Run one statement as root and return its rows."""
        with self.root() as session, session.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())

    def new_database(self, migrated: bool = True) -> URL:
        """The owner's address of a new database with catalogue and views."""
        name = f"gradients_{secrets.token_hex(4)}"
        self.ask(accounts.create_database(name))
        self.ask(f"GRANT ALL ON `{name}`.* TO 'owner'@'%'")
        url = self.url(accounts.OWNER, name)
        if migrated:
            made = engine(url)
            history.upgrade(made)
            made.dispose()
        return url

    def _fetch(self) -> Program:
        """Never download anything for a test."""
        raise ServerError("no server program is here")


def _lots() -> Iterator[int]:
    while True:
        yield 12_000 + secrets.randbelow(20_000)


@contextmanager
def running(folder: Path, size: Size = SMALL) -> Iterator[FaultyServer]:
    """A server in `folder` that is stopped at the end, in whatever state it then is."""
    made = FaultyServer(folder, size)
    try:
        made.start()
    except ServerError as error:
        pytest.skip(f"needs a private server: {error}")
    try:
        yield made
    finally:
        made.wake()
        made.stop()
