"""A web server in a thread, and plain requests to it."""

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn
from sqlalchemy import URL
from starlette.types import ASGIApp

from vanishing_gradients.analysis.live.guard import LOOPBACK
from vanishing_gradients.analysis.live.server import application
from vanishing_gradients.sql.connection import engine


@dataclass(frozen=True)
class Answer:
    """What came back: status, headers by lower-case name, and the body's text."""

    status: int
    headers: dict[str, str]
    text: str

    def json(self) -> dict:
        return json.loads(self.text)


@dataclass(frozen=True)
class Served:
    """An application at a port of loopback."""

    port: int

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """Send a request, whose headers have underscores for dashes."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, headers=sent)
            response = connection.getresponse()
            text = response.read().decode()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, text)
        finally:
            connection.close()


@contextmanager
def served(app: ASGIApp, port: int = 0) -> Iterator[Served]:
    """Serve an application until the end of the block, at any port or at this one."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()  # the socket takes connections from here on
        listener.listen()
        try:
            yield Served(listener.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join(30)


@contextmanager
def page_of(url: URL, port: int = 0) -> Iterator[Served]:
    """Serve the live page of a database until the end of the block."""
    reading = engine(url, read_only=True)
    try:
        with served(application(reading, {*LOOPBACK}), port) as found:
            yield found
    finally:
        reading.dispose()
