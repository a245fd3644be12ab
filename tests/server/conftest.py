"""A separate private server, for tests that stop, break or reconfigure it."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.server.docker_stand_in import StandIn, made
from vanishing_gradients.server import docker_server, lifecycle, own_folder
from vanishing_gradients.server.docker_server import DockerServer
from vanishing_gradients.server.private_server import PrivateServer
from vanishing_gradients.server.settings import MIB, Size

SMALL = Size(buffer_pool=256 * MIB, redo_log=64 * MIB)


def make_private(folder: Path) -> PrivateServer:
    """A small private server in `folder`, from the packages that are already unpacked."""
    return PrivateServer(folder, packages=lifecycle.folder(), size=SMALL)


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may read and write everywhere, so drop privileges for a moment."""
    became = os.geteuid() == 0
    if became:
        os.seteuid(65534)
    try:
        yield
    finally:
        if became:
            os.seteuid(0)


@pytest.fixture
def tmp_path(servers_folder: Path) -> Iterator[Path]:
    """A test's own folder where servers start quickly."""
    made = Path(tempfile.mkdtemp(dir=servers_folder))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="session")
def private(servers_folder: Path) -> Iterator[PrivateServer]:
    """A running private server that a test may disturb, as long as it can be started again."""
    made = make_private(servers_folder / "private" / "server")
    made.start()
    yield made
    made.stop()


@pytest.fixture
def no_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parallel tests have servers of this checkout, too: hide them."""
    found = own_folder.running_elsewhere

    def own(folder: Path) -> list[Path]:
        return [each for each in found(folder) if each.is_relative_to(tmp_path)]

    monkeypatch.setattr(own_folder, "running_elsewhere", own)


@pytest.fixture
def no_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """No server named in the environment."""
    for name in ("DATABASE_URL", "READER_DATABASE_URL", "SERVER_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def docker(
    tmp_path: Path, private: PrivateServer, monkeypatch: pytest.MonkeyPatch, no_addresses: None
) -> StandIn:
    """A stand-in for docker, whose containers' port is a private server's."""
    private.start()
    monkeypatch.delenv("MYSQL_PORT", raising=False)
    monkeypatch.setattr(docker_server, "PORT", private.url("root").port)
    monkeypatch.setattr(docker_server, "is_free", lambda port: True)
    monkeypatch.setattr(docker_server, "LOOK_EVERY", 0)
    return StandIn(tmp_path / "docker", monkeypatch)


@pytest.fixture
def told() -> list[str]:
    """The messages."""
    return []


@pytest.fixture
def server(
    docker: StandIn, tmp_path: Path, private: PrivateServer, told: list[str]
) -> DockerServer:
    """A server in Docker that has not been started."""
    return made(tmp_path / "checkout/.server", private, told)
