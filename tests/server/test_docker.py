"""The Docker way, as far as it goes without an engine: a stand-in notes what `docker` is asked.

The stand-in publishes the port of a private server, so that the accounts are made for real.
"""

import json
import os
import re
import stat
from pathlib import Path

import pytest

from vanishing_gradients.server import docker_server
from vanishing_gradients.server.docker_server import COMPOSE_FILE, DockerServer
from vanishing_gradients.server.private_server import PrivateServer
from vanishing_gradients.sql import accounts
from vanishing_gradients.sql.connection import connected
from vanishing_gradients.sql.errors import ServerError

STAND_IN = """\
#!/bin/sh
echo "$MYSQL_PORT|$MYSQL_ROOT_PASSWORD_FILE|$*" >>"{calls}"
case "$*" in
  info*) {info} ;;
  "compose version"*) echo 2 ;;
  *" up "*) {up} ;;
  *" port "*) echo 127.0.0.1:{port} ;;
esac
"""


@pytest.fixture
def docker(tmp_path: Path, private: PrivateServer, monkeypatch: pytest.MonkeyPatch):
    """Put a stand-in for docker on PATH; returns a function that says how it behaves."""
    private.start()
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("MYSQL_PORT", raising=False)
    monkeypatch.delenv("DATABASE_URL", raising=False)

    def behave(info: str = "echo 28.0", up: str = ":") -> DockerServer:
        program = tmp_path / "bin/docker"
        port = private.url("root").port
        calls = tmp_path / "calls"
        program.write_text(STAND_IN.format(calls=calls, info=info, up=up, port=port))
        program.chmod(0o755)
        made = DockerServer(tmp_path / "kept")
        root = accounts.load_passwords(private.passwords)
        accounts.write_private(made.passwords, json.dumps(root))
        return made

    return behave


def calls(tmp_path: Path) -> list[str]:
    return (tmp_path / "calls").read_text().splitlines()


def test_an_engine_that_answers_is_noticed(docker):
    assert docker().answers()


@pytest.mark.parametrize("info", ["exit 1", "echo", "exec sleep 60"])
def test_an_engine_that_does_not_answer_is_none(docker, info, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(docker_server, "ENGINE_LIMIT", 0.3)
    assert not docker(info=info).answers()


def test_a_machine_without_docker_has_no_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not DockerServer(tmp_path).answers()


def test_starting_waits_for_health_and_makes_the_accounts(docker, tmp_path: Path):
    server = docker()
    server.start()
    (up,) = [line for line in calls(tmp_path) if " up " in line]
    assert "--detach --wait" in up
    assert f"|{server.secret}|" in up
    for role in ("owner", "reader"):
        with connected(server.url(role)) as session:
            assert session.get_server_info()


def test_the_root_password_lies_in_a_private_file_and_in_no_argument(docker, tmp_path: Path):
    server = docker()
    server.start()
    assert stat.S_IMODE(server.secret.stat().st_mode) == 0o600
    assert server.secret.read_text() not in (tmp_path / "calls").read_text()


def test_a_port_in_use_is_replaced_by_a_free_one(docker, tmp_path: Path):
    taken = 'test -n "$MYSQL_PORT" || { echo "port is already allocated" >&2; exit 1; }'
    docker(up=taken).start()
    ports = [line.partition("|")[0] for line in calls(tmp_path) if " up " in line]
    assert ports[0] == ""
    assert int(ports[1]) > 0


def test_a_port_in_use_that_the_user_chose_is_an_error(docker, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MYSQL_PORT", "4711")
    server = docker(up='echo "Bind for 127.0.0.1:4711: port is already allocated" >&2; exit 1')
    with pytest.raises(ServerError, match="port 4711 is in use: set MYSQL_PORT to another"):
        server.start()


def test_an_image_that_cannot_be_pulled_is_an_error_that_names_the_log(docker):
    server = docker(up="echo no such host >&2; exit 1")
    with pytest.raises(ServerError, match=re.escape(str(server.log))):
        server.start()
    assert "no such host" in server.log.read_text()


def test_stopping_keeps_the_volume_unless_told(docker, tmp_path: Path):
    server = docker()
    server.start()
    server.stop()
    server.stop(delete=True)
    downs = [line.split("down")[1].strip() for line in calls(tmp_path) if " down" in line]
    assert downs == ["", "--volumes"]


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


def test_health_is_asked_over_the_network():
    # The image's temporary first server answers on the socket only.
    assert '"-h", "127.0.0.1"' in setting("test")[0]


def test_the_password_comes_from_a_secret():
    assert setting("MYSQL_ROOT_PASSWORD_FILE") == ["/run/secrets/mysql_root_password"]
    assert not re.search(r"MYSQL_ROOT_PASSWORD:", COMPOSE_FILE.read_text())
