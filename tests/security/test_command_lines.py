"""Every started process, as others on the machine see it: no password in its arguments.

An audit hook records all processes that Python starts, so none is forgotten.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.conftest import SMALL
from tests.server.docker_stand_in import StandIn
from vanishing_gradients.server import docker_server, lifecycle
from vanishing_gradients.server.apt import Apt, AptError
from vanishing_gradients.server.docker_server import DockerServer
from vanishing_gradients.server.private_server import PrivateServer
from vanishing_gradients.sql import accounts

ROOT = Path(__file__).parents[2]
SECRET = "the-secret-4711"
SECRETS = ("DATABASE_URL", "READER_DATABASE_URL", "TEST_DATABASE_URL", "MYSQL_PWD")
URL = f"mysql://me:{SECRET}@127.0.0.1:1/gradients"

# Prints its arguments and its environment.
STAND_IN = """\
#!/bin/sh
{{ printf '%s\\n' "$@"; env; }} >>"{notes}"
"""

CLIENT = """
import os, sys
sys.argv[0] = "sql"
def note(program, arguments):
    print(*arguments, sep="\\0")
os.execv = note
import vanishing_gradients.server.cli as command
command.reader_engine = lambda: type("Engine", (), {"connect": lambda self: open(os.devnull)})()
command.sql([])
"""


class Starts:
    """The processes started while it listened: arguments, and the environment if given."""

    def __init__(self) -> None:
        self.listening = False
        self.seen: list[tuple[list[str], dict[str, str]]] = []
        sys.addaudithook(self._hook)

    def _hook(self, event: str, arguments: tuple) -> None:
        if self.listening and event == "subprocess.Popen":
            _, command, _, environment = arguments
            self.seen.append(([os.fsdecode(part) for part in command], dict(environment or {})))
        elif self.listening and event in ("os.system", "os.exec", "os.posix_spawn", "pty.spawn"):
            self.seen.append(([event, *map(str, arguments)], {}))


@pytest.fixture(scope="session")
def audit() -> Starts:
    """The one hook, which Python keeps until it exits."""
    return Starts()


@pytest.fixture
def starts(audit: Starts) -> Iterator[Starts]:
    audit.seen.clear()
    audit.listening = True
    yield audit
    audit.listening = False


@pytest.fixture(scope="module")
def started(audit: Starts, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateServer]:
    """A new private server, started while the environment names another server's password."""
    folder = tmp_path_factory.mktemp("commands") / "server"
    private = PrivateServer(folder, packages=lifecycle.folder(), size=SMALL)
    audit.seen.clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", URL)
        patch.setenv("MYSQL_PWD", SECRET)
        audit.listening = True
        try:
            private.start()
        finally:
            audit.listening = False
    private.seen = list(audit.seen)
    yield private
    private.stop()


def test_no_process_of_a_new_private_server_is_given_a_password(started):
    passwords = {SECRET, *accounts.load_passwords(started.passwords).values()}
    assert len(passwords) == 4
    assert [command for command, _ in started.seen if started._defaults() in command]
    for command, environment in started.seen:
        told = "\0".join([*command, *environment.values()])
        assert not [word for word in passwords if word in told], command[0]


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="only Linux has /proc")
def test_the_servers_process_is_told_nothing_of_another_servers_password(started):
    process = Path(f"/proc/{started.pid()}")
    assert SECRET.encode() not in (process / "environ").read_bytes()
    assert SECRET.encode() not in (process / "cmdline").read_bytes()


def stand_in(folder: Path, names: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Put stand-ins for programs on PATH."""
    notes = folder / "notes"
    (folder / "bin").mkdir()
    for name in names:
        program = folder / "bin" / name
        program.write_text(STAND_IN.format(notes=notes))
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}")


def test_docker_is_given_no_password_in_arguments_or_environment(
    private: PrivateServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    private.start()
    for name in ("DATABASE_URL", "MYSQL_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MYSQL_PWD", SECRET)
    docker = StandIn(tmp_path / "docker", monkeypatch)
    monkeypatch.setattr(docker_server, "PORT", private.url("root").port)
    monkeypatch.setattr(docker_server, "is_free", lambda port: True)
    made = DockerServer(tmp_path / "kept")
    passwords = accounts.load_passwords(private.passwords)
    accounts.write_private(made.passwords, json.dumps(passwords))
    made.start()
    made.stop(delete=True)
    told = "\n".join([*docker.calls(), (docker.folder / "environment").read_text()])
    assert "compose" in told
    assert not [word for word in (SECRET, *passwords.values()) if word in told]
    logged = made.log.read_text()
    assert not [word for word in passwords.values() if word in logged]


def test_apt_is_given_no_password_in_arguments_or_environment_and_logs_none(
    starts: Starts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for name in SECRETS:
        monkeypatch.setenv(name, URL)
    monkeypatch.setenv("http_proxy", "http://proxy.invalid:3128")
    stand_in(tmp_path, ["apt-get", "apt-cache", "dpkg"], monkeypatch)
    apt = Apt(tmp_path / "apt")
    with pytest.raises(AptError):
        apt.unpack(["mysql-server-core"], tmp_path / "root")
    assert [command[0] for command, _ in starts.seen] == ["apt-get"]
    for command, environment in starts.seen:
        assert SECRET not in "\0".join([*command, *environment.values()])
        assert environment["http_proxy"] == "http://proxy.invalid:3128"
    assert SECRET not in apt.log.read_text()


def test_the_client_is_given_no_password_on_its_command_line():
    done = subprocess.run(
        [sys.executable, "-c", CLIENT],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": URL, "READER_DATABASE_URL": URL},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "vanishing_gradients.server.client" in done.stdout
    assert SECRET not in done.stdout + done.stderr


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="only Linux has /proc")
def test_nobody_else_on_the_machine_reads_the_environment_of_a_process():
    """Which is why DATABASE_URL may be there."""
    assert Path("/proc/self/environ").stat().st_mode & 0o077 == 0


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
@pytest.mark.parametrize("target", ["up", "train", "figures", "report", "audit", "sql", "url"])
def test_make_writes_no_password_into_the_commands_it_runs(target: str):
    done = subprocess.run(
        ["make", "--dry-run", "-o", ".venv/requirements.sha256", target, f"DATABASE_URL={URL}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ".venv/bin/python" in done.stdout
    assert SECRET not in done.stdout + done.stderr
