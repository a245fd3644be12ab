"""Find, start and stop the server: DATABASE_URL, else Docker, else a private one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, Engine

from vanishing_gradients.server import given_server, own_folder
from vanishing_gradients.server.docker_server import DockerServer
from vanishing_gradients.server.private_server import PrivateServer
from vanishing_gradients.server.processes import one_at_a_time
from vanishing_gradients.sql import accounts, address, server_errors
from vanishing_gradients.sql.connection import engine
from vanishing_gradients.sql.errors import ServerError
from vanishing_gradients.words import Say

PREFERENCES = ("auto", "docker", "local")


@dataclass(frozen=True)
class Server:
    """A server in use.

    `kind` is url, docker or local; `owner` and `reader` are the addresses of the database for the
    two accounts. If there can be no reader account, `reader` is None, and reading uses read-only
    sessions of the owner.
    """

    kind: str
    owner: URL
    reader: URL | None
    description: str


def folder() -> Path:
    """Return the folder of the private server and all passwords.

    SERVER_DIR, else the default of server/own_folder.py.
    """
    named = os.environ.get("SERVER_DIR")
    return Path(named).absolute() if named else own_folder.default()


@contextmanager
def _own_folder() -> Iterator[None]:
    """Explain in one sentence that the folder is another user's, or that the disk is full."""
    try:
        yield
    except PermissionError as error:
        if not Path(error.filename or "/").is_relative_to(folder()):
            raise
        raise ServerError(
            f"{error.filename} belongs to another user: run this as that user, or set SERVER_DIR "
            "to a folder of your own"
        ) from None
    except OSError as error:
        error.filename = error.filename or str(folder())
        raise


@_own_folder()
def current() -> Server:
    """Return the server in use, without starting or contacting anything.

    Raises ServerError if `make up` has not been run, or DATABASE_URL is not an address.
    """
    if text := os.environ.get("DATABASE_URL"):
        owner = address.parse(text)
        return Server(
            "url",
            owner,
            given_server.kept_reader(owner, folder()),
            f"the server at {address.public(owner)} (DATABASE_URL)",
        )
    if kind := _chosen():
        return _server(_made(kind))
    raise ServerError("no server has been set up yet: run `make up`, or set DATABASE_URL")


@_own_folder()
def start(preference: str = "auto", say: Say = lambda line: None) -> Server:
    """Find or start the server, create the database and accounts, and return it; idempotent.

    With `auto`, DATABASE_URL comes first, then the server that already holds the data, then Docker
    if available, then a private server. `docker` and `local` allow only that one. `say` gets a line
    for every decision. Raises DatabaseError.
    """
    if preference not in PREFERENCES:
        raise ServerError(f"there is no server {preference!r}: choose {', '.join(PREFERENCES)}")
    if text := os.environ.get("DATABASE_URL"):
        if preference != "auto":
            raise ServerError(
                f"SERVER={preference} and DATABASE_URL contradict each other: unset one of them"
            )
        owner = address.parse(text)
        say(f"Using the server at {address.public(owner)}, as DATABASE_URL says.")
        given_server.prepare(owner, folder(), say)
        return current()
    own_folder.check(folder())
    with one_at_a_time(folder(), say):
        own_folder.claim(folder())
        kind = preference if preference != "auto" else _chosen()
        docker = DockerServer(folder(), say=say)
        if kind is None and (lack := docker.engine.lack()):
            say(f"DATABASE_URL is not set and {lack.reason}: using a private server.")
        elif kind != "local":
            try:
                return _started("docker", say)
            except ServerError as error:
                if kind == "docker" or docker.has_begun():
                    raise
                say(
                    f"Docker answers but cannot be used: {error}. Starting a private server "
                    "instead, which stays in use unless `make up SERVER=docker` is run."
                )
        return _started("local", say)


@_own_folder()
def stop(say: Say = lambda line: None, delete: bool = False) -> None:
    """Stop every server that `start` started here; with `delete` also remove their data, passwords
    and programs, but nothing else in the folder.

    If SERVER_DIR is not set, this includes private servers that run in other folders. A server
    named by DATABASE_URL is left alone, data and all. Raises ServerError if something could not be
    stopped or removed; what a second attempt needs is kept.
    """
    if os.environ.get("DATABASE_URL"):
        say("The server that DATABASE_URL names is not ours to stop: left running.")
    others = own_folder.running_elsewhere(folder())
    if os.environ.get("SERVER_DIR"):
        _stop(folder(), say, delete)
        for each in others:
            say(f"A private server of this checkout runs in {each}, which SERVER_DIR={each} stops.")
        return
    for each in others:
        _stop(each, say, delete)
    _stop(folder(), say, delete, quiet=bool(others))


def _stop(place: Path, say: Say, delete: bool, quiet: bool = False) -> None:
    ours = place.exists() and own_folder.is_ours(place)
    with one_at_a_time(place, say) if ours else nullcontext():
        private = PrivateServer(place, say=say)
        held = ours and private.data.exists()
        stopped = private.stop()
        if stopped:
            rest = "; its data stay" if held else "; its data had been deleted"
            where = "" if place == folder() else f" in {place}"
            say(f"The private server{where} is stopped{'' if delete else rest}.")
        done = DockerServer(place, say=say).stop(delete)
        for sentence in done:
            say(sentence)
        if not (stopped or done or quiet):
            say("No server was running.")
        if delete and place.exists():
            _delete(place, held, say)


def _delete(place: Path, held: bool, say: Say) -> None:
    ours, left = own_folder.is_ours(place), own_folder.remove(place)
    if ours:
        contents = "the private server's data, programs and" if held else "programs and"
        say(f"Deleted {'from ' if place.exists() else ''}{place}: {contents} passwords.")
    for sentence in left:
        say(sentence)


def owner_engine() -> Engine:
    """Return an engine for the account that writes, on the server in use.

    Raises ServerError if none is in use.
    """
    return engine(current().owner)


def reader_engine() -> Engine:
    """Return an engine that only reads: as `reader`, or as the owner in read-only sessions.

    Raises ServerError if no server is in use.
    """
    found = current()
    return engine(found.owner, read_only=True) if found.reader is None else engine(found.reader)


def _made(kind: str, say: Say = lambda line: None) -> DockerServer | PrivateServer:
    return (DockerServer if kind == "docker" else PrivateServer)(folder(), say=say)


def _started(kind: str, say: Say) -> Server:
    made = _made(kind, say)
    made.start()
    accounts.remember(folder() / "chosen.json", kind=kind)
    found = _server(made)
    say(f"Ready: {found.description}.")
    return found


def _server(made: DockerServer | PrivateServer) -> Server:
    owner, reader = made.url(accounts.OWNER), made.url(accounts.READER)
    server_errors.revivals[address.public(owner)] = made.revival
    if isinstance(made, DockerServer):
        return Server("docker", owner, reader, "MySQL in Docker")
    return Server("local", owner, reader, f"the private server at {address.public(owner)}")


def _chosen() -> str | None:
    return accounts.remembered(folder() / "chosen.json").get("kind")
