"""Which server is used, the messages about it, and what is stopped."""

import re
import shutil
from pathlib import Path
from threading import Event, Thread

import pytest

from tests.server.conftest import SMALL
from tests.server.docker_stand_in import StandIn
from vanishing_gradients.server import docker_server, lifecycle, processes
from vanishing_gradients.server.docker_server import DockerServer, StillStartingError
from vanishing_gradients.server.private_server import PrivateServer
from vanishing_gradients.sql import accounts
from vanishing_gradients.sql.connection import engine
from vanishing_gradients.sql.errors import ServerError


@pytest.fixture
def docker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_addresses: None, no_others: None
) -> StandIn:
    """A stand-in for docker, and a folder for servers in which none has been started."""
    packages = lifecycle.folder()
    monkeypatch.setenv("SERVER_DIR", str(tmp_path / "servers"))
    monkeypatch.delenv("MYSQL_PORT", raising=False)

    def private(folder: Path, **more) -> PrivateServer:
        return PrivateServer(folder, packages=packages, size=SMALL, **more)

    monkeypatch.setattr(lifecycle, "PrivateServer", private)
    yield StandIn(tmp_path / "docker", monkeypatch)
    private(tmp_path / "servers").stop()


def test_an_engine_that_cannot_be_used_gives_way_and_it_is_said(docker, told):
    docker.be(image=False, pull="Error: no such host")
    assert lifecycle.start("auto", told.append).kind == "local"
    assert any(
        re.search("Docker answers but cannot be used: .* unless `make up SERVER=docker`", line)
        for line in told
    )


def test_without_compose_it_is_said_that_compose_is_missing(docker, told):
    docker.be(no_compose="no such command")
    assert lifecycle.start("auto", told.append).kind == "local"
    assert told[0] == (
        "DATABASE_URL is not set and the Docker engine answers, but its compose plugin is "
        "missing: using a private server."
    )


def test_a_first_start_in_docker_that_goes_on_does_not_give_way(docker, monkeypatch):
    docker.be(works=0)
    monkeypatch.setattr(DockerServer, "_listens", lambda self: False)
    monkeypatch.setattr(docker_server, "SIGN_EVERY", 0)
    monkeypatch.setattr(docker_server, "STILL_LIMIT", 0.1)
    with pytest.raises(StillStartingError):
        lifecycle.start("auto")


def test_where_the_data_are_in_docker_no_private_server_is_offered(docker):
    accounts.remember(lifecycle.folder() / "chosen.json", kind="docker")
    accounts.keep_passwords(lifecycle.folder() / "docker.json")
    docker.be(info="gone")
    with pytest.raises(ServerError) as raised:
        lifecycle.start("auto")
    sentence = "no Docker engine answers, where this folder's data are: start Docker"
    assert str(raised.value) == sentence


def test_stopping_where_nothing_was_started_says_so_and_makes_nothing(docker, told):
    lifecycle.stop(told.append, delete=True)
    assert told == ["No server was running."]
    assert not lifecycle.folder().exists()


def test_both_kinds_of_servers_are_stopped_and_deleted(docker, told):
    lifecycle.start("local")
    project = DockerServer(lifecycle.folder()).project.claim()
    docker.be(containers={project: {"Status": "running", "port": "1"}}, volumes={project: ["data"]})
    lifecycle.stop(told.append)
    assert told == [
        "The private server is stopped; its data stay.",
        "The server in Docker is stopped; its data stay (volume data).",
    ]
    told.clear()
    lifecycle.stop(told.append, delete=True)
    assert told == [
        "The server in Docker and its data are deleted (volume data).",
        f"Deleted {lifecycle.folder()}: the private server's data, programs and passwords.",
    ]


def test_nothing_is_deleted_while_docker_does_not_answer(docker):
    DockerServer(lifecycle.folder()).project.claim()
    docker.be(info="gone")
    with pytest.raises(ServerError, match="start Docker and run this again"):
        lifecycle.stop(delete=True)
    assert lifecycle.folder().exists()


def test_a_server_that_an_address_names_is_left_and_ours_is_stopped(docker, told, monkeypatch):
    pid = lifecycle.start("local") and lifecycle.PrivateServer(lifecycle.folder()).pid()
    monkeypatch.setenv("DATABASE_URL", "mysql://me:secret@example.invalid/db")
    lifecycle.stop(told.append)
    assert told == [
        "The server that DATABASE_URL names is not ours to stop: left running.",
        "The private server is stopped; its data stay.",
    ]
    assert not processes.is_alive(pid)


def test_a_private_server_that_is_away_is_told_with_its_own_cure(docker):
    url = lifecycle.start("local").owner
    lifecycle.stop()
    with pytest.raises(ServerError, match=r"it is a private one, which `make up` starts again"):
        engine(url).connect()


def test_a_server_in_docker_that_is_away_is_told_with_its_own_cure(docker):
    made = DockerServer(lifecycle.folder())
    project = made.project.claim()
    made.project.keep(port=1)
    accounts.keep_passwords(made.passwords)
    accounts.remember(lifecycle.folder() / "chosen.json", kind="docker")
    with pytest.raises(ServerError, match=f"it runs in Docker, .* `docker logs {project}-mysql-1`"):
        engine(lifecycle.current().owner).connect()


def test_a_private_server_whose_folder_was_deleted_is_stopped_by_down(docker, told):
    lifecycle.start("local")
    pid = lifecycle.PrivateServer(lifecycle.folder()).pid()
    shutil.rmtree(lifecycle.folder())
    lifecycle.stop(told.append)
    assert told == ["The private server is stopped; its data had been deleted."]
    assert not processes.is_alive(pid)


def test_a_private_server_whose_folder_was_moved_is_started_again_at_its_port(
    docker, told, tmp_path, monkeypatch
):
    before = lifecycle.start("local").owner
    lifecycle.folder().rename(tmp_path / "moved")
    monkeypatch.setenv("SERVER_DIR", str(tmp_path / "moved"))
    assert lifecycle.start("auto", told.append).owner == before
    assert told[0] == "The private server was started before its folder was moved: restarting it."
    lifecycle.stop()


def test_who_waits_for_another_command_is_told_so(tmp_path: Path):
    waits, told = Event(), []

    def second() -> None:
        with processes.one_at_a_time(tmp_path, lambda line: (told.append(line), waits.set())):
            told.append("has it")

    with processes.one_at_a_time(tmp_path):
        thread = Thread(target=second)
        thread.start()
        assert waits.wait(10)
        assert told == ["Another command is starting or stopping the server: waiting for it ..."]
    thread.join(10)
    assert told[1:] == ["has it"]


def test_a_lock_whose_folder_was_deleted_meanwhile_is_taken_anew(tmp_path: Path):
    waits, held = Event(), []

    def second() -> None:
        with processes.one_at_a_time(tmp_path / "folder", lambda line: waits.set()):
            held.append((tmp_path / "folder/lock").exists())

    with processes.one_at_a_time(tmp_path / "folder"):
        thread = Thread(target=second)
        thread.start()
        assert waits.wait(10)
        shutil.rmtree(tmp_path / "folder")
    thread.join(10)
    assert held == [True]
