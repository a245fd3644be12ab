"""Whatever goes wrong with an address, no printed text contains its password."""

import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import URL, text

from tests.security.fake_server import PASSWORD, Client, fake_server
from vanishing_gradients.server import loopback
from vanishing_gradients.server.lifecycle import Server
from vanishing_gradients.sql import address
from vanishing_gradients.sql.connection import connect_arguments, connected, engine
from vanishing_gradients.telemetry.connection import BufferConnection

ROOT = Path(__file__).parents[2]
COMMANDS = {
    "strange": [("migrate",), ("report",)],
    "refusing": [("up",), ("train", "--exp", "relu_sgd", "--dataset", "sample")],
}
"""Each kind of trouble, with commands that meet it: every command takes a second to start."""
UNKNOWN = b"\xff\x51\x04#HY000Something unheard of"
"""An error for which we have no message."""


def strange(client: Client) -> None:
    """Let the client in, and answer its first SELECT with an unknown error."""
    client.log_in()
    client.agree_until(b"SELECT")
    client.send(UNKNOWN)


def garbled(client: Client) -> None:
    """Let the client in, and answer its first SELECT with invalid bytes."""
    client.log_in()
    client.agree_until(b"SELECT")
    client.send(b"\x01\xff\xff\xff")
    client.socket.close()


def refusing(client: Client) -> None:
    """Do not accept the password."""
    client.greet()
    client.read()
    client.send(b"\xff\x15\x04#28000Access denied for user 'me'@'here' (using password: YES)")


@contextmanager
def closed(_: object = None) -> Iterator[URL]:
    """The address of a port where nobody listens."""
    yield URL.create(address.DRIVER, "me", PASSWORD, "127.0.0.1", loopback.free_port(), "gradients")


@contextmanager
def fake(behave: Callable[[Client], None]) -> Iterator[URL]:
    with fake_server(behave) as made:
        yield made.url


TROUBLES = {
    "down": closed,
    "strange": lambda: fake(strange),
    "garbled": lambda: fake(garbled),
    "refusing": lambda: fake(refusing),
}


@pytest.fixture(params=TROUBLES)
def troubled(request: pytest.FixtureRequest) -> Iterator[URL]:
    """The address of a server with one kind of trouble; its password is PASSWORD."""
    with TROUBLES[request.param]() as url:
        yield url


def by_engine(url: URL) -> None:
    made = engine(url)
    try:
        with made.connect() as session:
            session.execute(text("SELECT 1"))
    finally:
        made.dispose()


def by_connection(url: URL) -> None:
    with connected(url) as session:
        session.cursor().execute("SELECT 1")


def by_loading(url: URL) -> None:
    connection = BufferConnection(**connect_arguments(url))
    with connection:
        connection.query("SELECT 1")


@pytest.mark.parametrize("connect", [by_engine, by_connection, by_loading])
def test_no_error_and_no_traceback_of_a_connection_holds_the_password(troubled: URL, connect):
    with pytest.raises(Exception, match=r".") as caught:
        connect(troubled)
    told = "".join(traceback.format_exception(caught.value))
    assert told.count("\n") > 3
    assert PASSWORD not in told
    link: BaseException | None = caught.value
    while link is not None:
        assert PASSWORD not in f"{link} {link!r} {link.args}"
        link = link.__cause__ or link.__context__


@pytest.mark.parametrize(("troubled", "commands"), COMMANDS.items(), indirect=["troubled"])
def test_no_command_prints_the_password_however_it_ends(
    troubled: URL, commands: list[tuple[str, ...]], tmp_path: Path
):
    environment = os.environ | {
        "DATABASE_URL": troubled.render_as_string(hide_password=False),
        "SERVER_DIR": str(tmp_path / "server"),
        "HOME": str(tmp_path),
    }
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "vanishing_gradients", *command],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for command in commands
    ]
    for process in running:
        told, _ = process.communicate(timeout=60)
        assert process.returncode != 0, told
        assert told
        assert PASSWORD not in told


@pytest.mark.parametrize("show", [str, repr, "{}".format, "{!r}".format])
def test_an_engine_an_address_and_a_server_do_not_show_the_password(show):
    url = address.parse(f"mysql://me:{PASSWORD}@host/db")
    made = engine(url)
    server = Server("url", url, url.set(username="reader"), "the server at host")
    shown = " ".join(map(show, [url, made, made.url, made.pool, server, [url], {"url": url}]))
    made.dispose()
    assert "me" in shown
    assert PASSWORD not in shown
