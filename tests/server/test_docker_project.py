"""Docker's contents belong to one server folder: found again, stopped, deleted, never confused."""

import json
import re
import shutil

import pytest

from tests.server.docker_stand_in import StandIn, made, record
from vanishing_gradients.server import docker_server
from vanishing_gradients.server.docker_server import DockerServer
from vanishing_gradients.sql import accounts
from vanishing_gradients.sql.errors import ServerError


def refused(server: DockerServer) -> None:
    """Save passwords that open nothing."""
    words = dict.fromkeys(("root", "owner", "reader"), "wrong")
    accounts.write_private(server.passwords, json.dumps(words))


def test_every_call_of_compose_that_makes_something_names_the_project(server, docker):
    server.start()
    server.stop(delete=True)
    project = record(server)["project"]
    made_or_removed = docker.calls("up") + docker.calls("down")
    assert len(made_or_removed) == len(docker.calls("--project-name", project)) == 2


def test_the_project_is_on_record_before_anything_is_made(server, docker):
    docker.be(ups=[{"reason": "killed in the middle"}])
    noted = []
    server.engine.compose = lambda *words, **more: noted.append(record(server)) or 1 / 0
    with pytest.raises(ZeroDivisionError):
        server.start()
    assert noted[0]["project"]
    assert noted[0]["ready"] is False


def test_two_checkouts_of_one_name_share_nothing(tmp_path, docker, private):
    projects = {
        made(tmp_path / place / "checkout/.server", private, []).project.claim()
        for place in ("here", "there")
    }
    assert len(projects) == 2
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9_-]*", project) for project in projects)


def test_a_moved_folder_keeps_its_project_and_what_runs(server, docker, tmp_path):
    server.start()
    (tmp_path / "checkout").rename(tmp_path / "moved")
    moved = DockerServer(tmp_path / "moved/.server")
    moved.start()
    assert len(docker.calls("up")) == 1
    assert record(moved)["folder"] == str(moved.folder)


def test_a_moved_folder_whose_record_is_lost_finds_its_server(server, docker, tmp_path):
    server.start()
    (tmp_path / "checkout").rename(tmp_path / "moved")
    moved = DockerServer(tmp_path / "moved/.server")
    moved.start()
    shutil.rmtree(moved.folder)
    assert len(moved.stop(delete=True)) == 1
    assert docker.now()["volumes"] == {}
    assert docker.now()["marks"] == []


def test_a_clone_at_the_place_of_a_moved_folder_is_another(server, docker, tmp_path):
    server.start()
    (tmp_path / "checkout").rename(tmp_path / "moved")
    (tmp_path / "checkout").mkdir()
    clone = DockerServer(server.folder)
    assert clone.stop(delete=True) == []
    assert docker.now()["containers"]


def test_a_copy_neither_uses_nor_stops_the_server_of_its_original(server, docker, tmp_path):
    server.start()
    shutil.copytree(tmp_path / "checkout", tmp_path / "copy")
    told = []
    copy = DockerServer(tmp_path / "copy/.server", say=told.append)
    with pytest.raises(ServerError, match="no server has been set up yet"):
        copy.url("owner")
    assert copy.stop(delete=True) == []
    assert copy.project.claim() != record(server)["project"]
    assert told == [f"This is a copy of {server.folder}, which keeps its server in Docker."]


def test_what_docker_holds_is_found_without_a_record(server, docker, told):
    server.start()
    project = record(server)["project"]
    (server.folder / "docker-server.json").unlink()
    server.start()
    assert record(server)["project"] == project
    assert f"Docker holds data of this folder already (volume {project}_data)." in told


def test_data_that_another_engine_has_are_not_begun_afresh(server, docker):
    server.start()
    docker.be()
    with pytest.raises(ServerError, match="which the current engine does not have"):
        server.start()
    assert len(docker.calls("up")) == 1


# Older versions named the project after the checkout's folder.


def older(server: DockerServer, docker: StandIn, status: str, used: bool = True) -> None:
    found = {"Status": status, "port": str(docker_server.PORT)}
    containers = {"checkout": found} if status else {}
    docker.be(containers=containers, volumes={"checkout": ["checkout_data"]})
    accounts.remember(server.folder / "docker-port.json", port=docker_server.PORT)
    if used:
        accounts.remember(server.folder / "chosen.json", kind="docker")


@pytest.mark.parametrize(("status", "used"), [("running", True), ("running", False), ("", True)])
def test_an_older_versions_project_is_kept(server, docker, status, used):
    older(server, docker, status, used)
    server.start()
    assert record(server)["project"] == "checkout"


def test_an_older_versions_server_is_found_where_it_runs_after_a_move(server, docker):
    older(server, docker, "running")
    docker.be(**docker.now() | {"name": "another"})
    server.start()
    assert record(server)["project"] == "checkout"


def test_an_older_versions_project_of_another_checkout_is_left_alone(server, docker):
    older(server, docker, "running", used=False)
    refused(server)
    assert server.project.claim() != "checkout"
    assert server.stop(delete=True) == []
    assert docker.now()["volumes"] == {"checkout": ["checkout_data"]}


def test_an_older_versions_data_that_are_gone_are_not_begun_afresh(server, docker):
    older(server, docker, "")
    docker.be()
    with pytest.raises(ServerError, match="give that its old name for one `make up`"):
        server.start()


def test_an_older_versions_project_is_found_after_its_record_is_lost(server, docker):
    older(server, docker, "running")
    server.start()
    shutil.rmtree(server.folder)
    assert len(server.stop(delete=True)) == 1
    assert docker.now()["volumes"] == {}


# Stopping.


def test_stopping_says_what_was_done_and_keeps_the_volume_unless_told(server, docker):
    server.start()
    volume = f"{record(server)['project']}_data"
    assert server.stop() == [f"The server in Docker is stopped; its data stay (volume {volume})."]
    assert server.stop() == []
    assert server.stop(delete=True) == [
        f"The server in Docker and its data are deleted (volume {volume})."
    ]
    assert docker.now()["volumes"] == {}


def test_what_the_record_lost_is_stopped_and_deleted_as_well(server, docker):
    server.start()
    shutil.rmtree(server.folder)
    assert len(server.stop()) == 1
    assert len(server.stop(delete=True)) == 1
    assert not server.folder.exists()


def test_without_an_engine_what_it_holds_is_not_said_to_be_deleted(server, docker):
    server.start()
    docker.be(**docker.now() | {"info": "gone"})
    with pytest.raises(ServerError, match=r"what this folder has in Docker stays .* start Docker"):
        server.stop(delete=True)
    assert record(server)
