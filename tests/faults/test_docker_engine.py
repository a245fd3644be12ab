"""Servers in a real Docker engine: no data are lost, and nothing is left behind, whatever happens
to the record, the volume, the container or the folder."""

import os
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from vanishing_gradients.server import docker_server
from vanishing_gradients.server.docker_server import DockerServer
from vanishing_gradients.server.loopback import HOST, free_port
from vanishing_gradients.sql import accounts
from vanishing_gradients.sql.connection import connected
from vanishing_gradients.sql.errors import ServerError

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(
        not DockerServer(Path("nowhere")).answers(), reason="needs a Docker engine with compose"
    ),
]


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DockerServer]:
    """A running server in Docker, with a table of one row; removed completely afterwards."""
    monkeypatch.delenv("MYSQL_PORT", raising=False)
    made = DockerServer(tmp_path / "checkout/.server")
    made.start()
    with connected(made.url("owner")) as session:
        session.cursor().execute("CREATE TABLE kept (n INT)")
        session.cursor().execute("INSERT INTO kept VALUES (7)")
        session.commit()
    yield made
    made.stop(delete=True)


def kept(server: DockerServer) -> tuple:
    with connected(server.url("reader")) as session, session.cursor() as cursor:
        cursor.execute("SELECT n FROM kept")
        return cursor.fetchone()


def started_at(server: DockerServer) -> str:
    container = server.engine.container(server.project.claim())
    return server.engine.ask("inspect", "--format", "{{.State.StartedAt}}", container.name)


def test_lost_passwords_are_replaced_and_the_data_stay(server: DockerServer):
    before = server.url("owner")
    shutil.rmtree(server.folder)
    server.start()
    assert kept(server) == (7,)
    assert server.url("owner").password != before.password


def test_a_record_that_is_lost_is_found_by_stopping(server: DockerServer):
    project = server.project.claim()
    shutil.rmtree(server.folder)
    assert "its data stay" in server.stop()[0]
    assert "are deleted" in server.stop(delete=True)[0]
    assert not server.engine.volumes(project)
    assert server.engine.container(project) is None


def test_a_stopped_server_comes_back_with_its_data(server: DockerServer):
    server.stop()
    server.start()
    assert kept(server) == (7,)


def test_a_moved_folder_keeps_the_server_that_runs(server: DockerServer, tmp_path: Path):
    before = started_at(server)
    (tmp_path / "checkout").rename(tmp_path / "moved")
    moved = DockerServer(tmp_path / "moved/.server")
    moved.start()
    assert kept(moved) == (7,)
    assert started_at(moved) == before
    moved.stop(delete=True)


def test_a_folder_of_the_same_name_has_a_server_of_its_own(server: DockerServer, tmp_path: Path):
    before = started_at(server)
    other = DockerServer(tmp_path / "elsewhere/checkout/.server")
    other.start()
    assert other.url("owner").port != server.url("owner").port
    other.stop(delete=True)
    assert started_at(server) == before
    assert kept(server) == (7,)


def test_a_taken_port_is_refused_and_what_runs_goes_on(
    server: DockerServer, monkeypatch: pytest.MonkeyPatch
):
    before = started_at(server)
    with socket.create_server((HOST, 0)) as taken:
        monkeypatch.setenv("MYSQL_PORT", str(taken.getsockname()[1]))
        with pytest.raises(ServerError, match="is in use: set MYSQL_PORT to another"):
            server.start()
    assert started_at(server) == before


def test_a_port_that_is_asked_for_is_used(server: DockerServer, monkeypatch: pytest.MonkeyPatch):
    port = free_port()
    monkeypatch.setenv("MYSQL_PORT", str(port))
    server.start()
    assert server.url("owner").port == port
    assert kept(server) == (7,)


def test_a_first_start_that_was_killed_is_made_anew(tmp_path: Path):
    server = DockerServer(tmp_path / "checkout/.server")
    project = server.project.claim()
    passwords = accounts.keep_passwords(server.passwords)
    accounts.write_private(server.secret, passwords[accounts.ROOT])
    try:
        server._up(project, free_port())
        container = server.engine.container(project)
        while not server.engine.ask("logs", container.name):
            time.sleep(0.01)
        server.engine.ask("kill", container.name)
        server.start()
        with connected(server.url("reader")) as session:
            assert session.get_server_info()
    finally:
        server.stop(delete=True)


def test_data_that_are_broken_are_named_and_can_be_replaced(server: DockerServer):
    project = server.project.claim()
    server.stop()
    server.engine.ask(
        "run", "--rm", f"--volume={project}_data:/data", "--entrypoint=rm", "mysql:9.7",
        "/data/ibdata1", "/data/mysql.ibd",
    )  # fmt: skip
    with pytest.raises(ServerError, match="`make clean ALL=1` deletes them"):
        server.start()
    assert "docker logs" in server.log.read_text()
    assert server.engine.container(project) is None
    server.stop(delete=True)
    shutil.rmtree(server.folder)
    server.start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may kill a container's process")
def test_a_server_that_was_killed_comes_back_by_itself(server: DockerServer):
    container = server.engine.container(server.project.claim())
    pid = server.engine.ask("inspect", "--format", "{{.State.Pid}}", container.name)
    os.kill(int(pid), signal.SIGKILL)
    deadline = time.monotonic() + docker_server.TELL_EVERY
    while not server.project.opens(server.url("owner").port):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert kept(server) == (7,)
