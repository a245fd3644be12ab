"""The Docker server, as far as it can be tested without an engine."""

import re
import shutil
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.server.docker_stand_in import made, record
from vanishing_gradients.server import docker_engine, docker_server
from vanishing_gradients.server.docker_engine import COMPOSE_FILE
from vanishing_gradients.server.docker_server import DockerServer, StillStartingError
from vanishing_gradients.sql.connection import connected
from vanishing_gradients.sql.errors import ServerError

# Whether there is an engine.


def test_an_engine_that_answers_is_noticed(server):
    assert server.answers()


@pytest.mark.parametrize("state", [{"info": "gone"}, {"version": ""}, {"hangs": 60}])
def test_an_engine_that_does_not_answer_is_none(server, docker, state, monkeypatch):
    monkeypatch.setattr(docker_engine, "ENGINE_LIMIT", 0.5)
    docker.be(**state)
    with pytest.raises(ServerError, match=r"no Docker engine answers: .* `make up SERVER=local`"):
        server.start()


def test_a_machine_without_docker_has_no_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert DockerServer(tmp_path).engine.lack() == docker_engine.NO_ENGINE


def test_an_engine_without_compose_is_told_apart(server, docker):
    docker.be(no_compose="docker: 'compose' is not a docker command.")
    with pytest.raises(ServerError, match="its compose plugin is missing: install it"):
        server.start()


def test_an_engine_that_this_user_may_not_ask_is_told_apart(server, docker):
    docker.be(info="permission denied while trying to connect to the Docker daemon socket")
    with pytest.raises(ServerError, match="this user may not use the Docker engine: add yourself"):
        server.start()


def test_an_engine_on_another_machine_is_told_apart(server, docker):
    docker.be(host="ssh://me@elsewhere")
    with pytest.raises(ServerError, match="on another machine: set DATABASE_URL"):
        server.start()


# Starting.


def test_starting_makes_the_accounts(server):
    server.start()
    for role in ("owner", "reader"):
        with connected(server.url(role)) as session:
            assert session.get_server_info()


def test_the_root_password_lies_in_a_private_file_and_in_no_argument(server, docker):
    server.start()
    assert stat.S_IMODE(server.secret.stat().st_mode) == 0o600
    (up,) = docker.calls("up")
    assert f"|{server.secret}|" in up
    assert not [line for line in docker.calls() if server.secret.read_text() in line]


def test_what_runs_is_not_started_again(server, docker, told):
    server.start()
    told.clear()
    server.start()
    assert len(docker.calls("up")) == 1
    assert told == []


def test_one_that_is_paused_goes_on(server, docker):
    server.start()
    state = docker.now()
    state["containers"][record(server)["project"]]["Status"] = "paused"
    docker.be(**state)
    server.start()
    assert len(docker.calls("unpause")) == len(docker.calls("up")) == 1


def test_a_log_that_cannot_be_written_is_named(server):
    server.folder.mkdir(parents=True, exist_ok=True)
    server.log.symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left") as raised:
        server.start()
    assert raised.value.filename == str(server.log)


def test_two_starts_at_once_take_turns(server, docker, tmp_path, private):
    twins = server, made(server.folder, private, [])
    with ThreadPoolExecutor(2) as both:
        list(both.map(DockerServer.start, twins))
    assert len(docker.calls("up")) == 1


def test_pulling_is_said_where_the_image_is_not_here_and_only_there(server, docker, told):
    docker.be(image=False)
    server.start()
    assert told == [
        "Pulling the image mysql:9.7, which is not here yet ...",
        "Starting MySQL in Docker ...",
    ]
    docker.be(**docker.now() | {"image": True})
    server.stop()
    told.clear()
    server.start()
    assert told == ["Starting MySQL in Docker ..."]


def test_an_image_that_cannot_be_pulled_is_an_error_and_nothing_is_left(server, docker):
    docker.be(image=False, pull="Error: no such host")
    with pytest.raises(ServerError, match=r"mysql:9.7 cannot be pulled \(Error: no such host\)"):
        server.start()
    assert "no such host" in server.log.read_text()
    assert not server.has_begun()


def test_room_is_looked_up_before_anything_is_made(server, docker, monkeypatch):
    docker.be(image=False)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: type("Usage", (), {"free": 470e6}))
    with pytest.raises(ServerError, match=r"about 3\.2 GB to start with, and 0\.5 GB are free in"):
        server.start()
    assert not docker.calls("pull") + docker.calls("up")


def test_a_start_over_needs_no_room_for_data_that_are_there(server, docker, monkeypatch):
    server.start()
    server.stop()
    monkeypatch.setattr(shutil, "disk_usage", lambda path: type("Usage", (), {"free": 470e6}))
    server.start()


def test_a_slow_start_is_waited_for_as_long_as_it_shows_signs_of_life(server, monkeypatch):
    answers = iter([False] * 8)
    monkeypatch.setattr(DockerServer, "_listens", lambda self: next(answers, True))
    monkeypatch.setattr(docker_server, "SIGN_EVERY", 0)
    monkeypatch.setattr(docker_server, "STILL_LIMIT", 1e-9)
    server.start()
    assert next(answers, None) is None


def test_a_start_without_a_sign_of_life_is_given_up_and_kept(server, docker, monkeypatch):
    docker.be(works=0)
    monkeypatch.setattr(DockerServer, "_listens", lambda self: False)
    monkeypatch.setattr(docker_server, "SIGN_EVERY", 0)
    monkeypatch.setattr(docker_server, "STILL_LIMIT", 0.2)
    with pytest.raises(StillStartingError, match="run `make up` again to continue waiting"):
        server.start()
    assert server.has_begun()
    assert docker.now()["containers"]


def test_of_a_first_start_that_fails_the_log_stays_and_nothing_else(server, docker, monkeypatch):
    docker.be(ups=[{"Status": "exited", "ExitCode": 3}])
    monkeypatch.setattr(DockerServer, "_listens", lambda self: False)
    with pytest.raises(ServerError, match=f"ended with status 3 .*{re.escape(str(server.log))}"):
        server.start()
    assert "the container's own words" in server.log.read_text()
    assert docker.now()["containers"] == docker.now()["volumes"] == {}
    assert not server.has_begun()


def test_data_that_were_in_use_outlive_a_start_that_fails(server, docker, monkeypatch):
    server.start()
    server.stop()
    docker.be(**docker.now() | {"ups": [{"Status": "exited"}]})
    monkeypatch.setattr(DockerServer, "_listens", lambda self: False)
    with pytest.raises(ServerError, match="if its data are broken, `make clean ALL=1`"):
        server.start()
    assert docker.now()["containers"] == {}
    assert record(server)["project"] in docker.now()["volumes"]


def test_a_first_start_that_was_broken_off_is_made_anew(server, docker, told, monkeypatch):
    project = server.project.claim()
    docker.be(volumes={project: [f"{project}_data"]}, ups=[{"Status": "exited"}])
    answers = iter([False])
    monkeypatch.setattr(DockerServer, "_listens", lambda self: next(answers, True))
    server.start()
    assert len(docker.calls("down", "--volumes")) == 1
    assert "An interrupted first start in Docker left incomplete data: starting over." in told


# Ports.


@pytest.mark.parametrize("chosen", ["abc", "0", "65536", "-1"])
def test_a_port_that_is_no_port_is_one_sentence(server, docker, chosen, monkeypatch):
    monkeypatch.setenv("MYSQL_PORT", chosen)
    with pytest.raises(ServerError, match=f"MYSQL_PORT is '{chosen}': set it to a number"):
        server.start()
    assert not docker.calls("up")


def test_a_taken_port_is_refused_before_anything_that_runs_is_stopped(server, docker, monkeypatch):
    server.start()
    monkeypatch.setenv("MYSQL_PORT", "4711")
    monkeypatch.setattr(docker_server, "is_free", lambda port: False)
    with pytest.raises(ServerError, match="port 4711 is in use: set MYSQL_PORT to another"):
        server.start()
    assert len(docker.calls("up")) == 1
    assert not docker.calls("down")


def test_a_port_that_another_container_publishes_is_taken(server, docker, monkeypatch):
    docker.be(containers={"other": {"Status": "running", "port": "4711"}})
    monkeypatch.setenv("MYSQL_PORT", "4711")
    with pytest.raises(ServerError, match="port 4711 is in use"):
        server.start()


def test_a_port_that_the_user_did_not_choose_gives_way(server, docker):
    taken = {"Status": "running", "port": str(docker_server.PORT)}
    docker.be(containers={"other": taken})
    assert server._port("mine", None) != docker_server.PORT


def test_a_port_taken_in_the_last_moment_is_replaced(server, docker, monkeypatch, private):
    docker.be(ups=[{"reason": "Bind for 127.0.0.1:1 failed: port is already allocated"}])
    monkeypatch.setattr(docker_server, "PORT", 1)
    monkeypatch.setattr(docker_server, "free_port", lambda: private.url("root").port)
    server.start()
    ports = [line.partition("|")[0] for line in docker.calls("up")]
    assert ports == ["1", str(private.url("root").port)]


# The compose file.


def setting(name: str) -> list[str]:
    """The values of `name:` in the compose file, and of `name` in its lists of options."""
    text = COMPOSE_FILE.read_text()
    return re.findall(rf"^\s*(?:- --)?{re.escape(name)}[:=] *(.+)$", text, re.MULTILINE)


def test_the_image_is_pinned_to_the_long_term_release():
    assert setting("image") == ["mysql:9.7"]


def test_the_container_loads_local_files_and_listens_on_loopback_alone():
    assert setting("local-infile") == ["ON"]
    ports = re.search(r"ports:\n((?:\s+- .*\n)+)", COMPOSE_FILE.read_text())[1].split()
    assert [port for port in ports if port != "-"] == ['"127.0.0.1:${MYSQL_PORT:-33306}:3306"']


def test_health_is_asked_over_the_network_and_rarely():
    # The image's temporary first server answers on the socket only.
    assert '"-h", "127.0.0.1"' in setting("test")[0]
    assert setting("interval") == ["1m"]


def test_the_server_comes_back_after_a_crash_of_the_engine():
    assert setting("restart") == ["always"]


def test_the_password_comes_from_a_secret():
    assert setting("MYSQL_ROOT_PASSWORD_FILE") == ["/run/secrets/mysql_root_password"]
    assert not re.search(r"MYSQL_ROOT_PASSWORD:", COMPOSE_FILE.read_text())
