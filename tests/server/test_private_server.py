"""A private server: found again, restarted, recovered; reachable only from this machine."""

import os
import shutil
import signal
import socket
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.server.conftest import as_nobody, make_private
from vanishing_gradients.server import processes, programs
from vanishing_gradients.server.loopback import HOST
from vanishing_gradients.server.private_server import PrivateServer
from vanishing_gradients.sql import accounts
from vanishing_gradients.sql.connection import connected, engine
from vanishing_gradients.sql.errors import AccessError, ServerError


@pytest.fixture
def running(private: PrivateServer) -> PrivateServer:
    private.start()
    return private


def variable(private: PrivateServer, name: str) -> str:
    with engine(private.url("owner")).connect() as session:
        return session.execute(text("SHOW VARIABLES WHERE variable_name = :n"), {"n": name}).one()[
            1
        ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("local_infile", "ON"),
        ("innodb_flush_log_at_trx_commit", "1"),
        ("innodb_doublewrite", "ON"),
        ("log_bin", "OFF"),
        ("bind_address", "127.0.0.1"),
        ("max_allowed_packet", str(64 * 1024**2)),
        ("character_set_server", "utf8mb4"),
        ("collation_server", "utf8mb4_general_ci"),
    ],
)
def test_the_server_is_set_for_durable_loading(running: PrivateServer, name: str, value: str):
    assert variable(running, name) == value


def test_no_other_address_of_this_machine_reaches_the_server(running: PrivateServer):
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", running.url("owner").port), timeout=5)


def test_only_its_user_reads_the_passwords(running: PrivateServer):
    assert stat.S_IMODE(running.passwords.stat().st_mode) == 0o600
    assert stat.S_IMODE(running.folder.stat().st_mode) == 0o700


def test_the_passwords_are_in_no_other_file_and_no_argument(running: PrivateServer):
    process = Path(f"/proc/{running.pid()}")
    files = [path for path in running.folder.iterdir() if path.is_file()]
    files += [process / "cmdline", process / "environ"]
    passwords = accounts.load_passwords(running.passwords).values()
    telling = [
        path for path in files if any(word.encode() in path.read_bytes() for word in passwords)
    ]
    assert telling == [running.passwords]


def test_each_account_has_a_password_of_its_own(running: PrivateServer):
    assert len(set(accounts.load_passwords(running.passwords).values())) == 3


@pytest.mark.parametrize("way", ["network", "socket"])
def test_root_does_not_get_in_without_a_password(running: PrivateServer, way: str):
    url = running.url("root", "mysql").set(password="")
    if way == "socket":
        url = url.update_query_dict({"unix_socket": str(running.folder / "server.sock")})
    with pytest.raises(AccessError), connected(url):
        pass


def test_starting_again_changes_nothing(running: PrivateServer):
    before = running.pid(), running.url("owner")
    running.start()
    assert (running.pid(), running.url("owner")) == before


def test_two_starts_at_once_make_one_server(tmp_path: Path):
    twins = [make_private(tmp_path / "server") for _ in range(2)]
    try:
        with ThreadPoolExecutor(2) as both:
            list(both.map(PrivateServer.start, twins))
        assert twins[0].pid() == twins[1].pid() is not None
    finally:
        twins[0].stop()


def test_two_servers_that_share_a_folder_of_programs_fetch_theirs_once(tmp_path, monkeypatch):
    program = programs.Program(Path("/usr/sbin/mariadbd"), "mariadb", (10, 11, 19), tmp_path)
    fetched, looked, together = [], threading.local(), threading.Barrier(2, timeout=60)

    def unpacked(_):
        if hasattr(looked, "before"):
            return list(fetched)
        looked.before = together.wait()
        return []

    def fetch(*_):
        fetched.append(program)
        return program

    monkeypatch.setattr(programs, "installed", list)
    monkeypatch.setattr(programs, "unpacked", unpacked)
    monkeypatch.setattr(programs, "fetch", fetch)
    servers = [
        PrivateServer(tmp_path / name, packages=tmp_path / "packages", say=lambda _: None)
        for name in ("one", "other")
    ]
    with ThreadPoolExecutor(2) as both:
        assert list(both.map(PrivateServer._program, servers)) == [program] * 2
    assert len(fetched) == 1


def test_a_stopped_server_comes_back_at_its_port_with_its_data(running: PrivateServer):
    port = running.url("owner").port
    with engine(running.url("owner")).begin() as session:
        session.execute(text("CREATE TABLE kept (n INT)"))
        session.execute(text("INSERT INTO kept VALUES (7)"))
    assert running.stop()
    running.start()
    assert running.url("owner").port == port
    with engine(running.url("owner")).begin() as session:
        assert session.scalar(text("SELECT n FROM kept")) == 7
        session.execute(text("DROP TABLE kept"))


def test_room_is_looked_up_before_anything_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: type("Usage", (), {"free": 100e6}))
    private = make_private(tmp_path / "server")
    with pytest.raises(ServerError, match=r"about 0\.3 GB to start with, and 0\.1 GB are free in"):
        private.start()
    assert not private.data.exists()


def test_stopping_twice_is_no_error(tmp_path: Path):
    assert not make_private(tmp_path / "never").stop()


def test_a_killed_server_recovers_what_was_committed(running: PrivateServer):
    with engine(running.url("owner")).begin() as session:
        session.execute(text("CREATE TABLE committed (n INT)"))
        session.execute(text("INSERT INTO committed VALUES (7)"))
    killed = running.pid()
    os.kill(killed, signal.SIGKILL)
    assert processes.wait_for_end(killed, 10)
    assert running.pid() is None
    running.start()
    assert running.pid() != killed
    with engine(running.url("owner")).begin() as session:
        assert session.scalar(text("SELECT n FROM committed")) == 7
        session.execute(text("DROP TABLE committed"))


def test_an_engine_finds_the_restarted_server_by_itself(running: PrivateServer):
    pooled = engine(running.url("owner"))
    with pooled.connect() as session:
        assert session.scalar(text("SELECT 1")) == 1
    running.stop()
    running.start()
    with pooled.connect() as session:
        assert session.scalar(text("SELECT 1")) == 1


def test_a_port_that_was_taken_meanwhile_is_given_up(running: PrivateServer):
    taken = running.url("owner").port
    running.stop()
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind((HOST, taken))
        other.listen()
        running.start()
        assert running.url("owner").port != taken


def test_a_process_that_inherited_the_number_is_not_taken_for_the_server(running: PrivateServer):
    running.stop()
    (running.folder / "server.pid").write_text(f"{os.getpid()}\n")
    assert running.pid() is None
    assert not running.stop()


def test_a_changed_password_file_is_what_counts_after_a_restart(running: PrivateServer):
    running.stop()
    running.passwords.unlink()
    running.start()
    with connected(running.url("owner")), connected(running.url("reader")):
        assert running.pid() is not None


def test_a_folder_with_spaces_and_a_long_name_is_no_trouble(tmp_path: Path):
    private = make_private(tmp_path / ("a long # name " * 10).strip())
    try:
        private.start()
        with connected(private.url("reader")) as session:
            assert session.get_server_info()
    finally:
        private.stop()


def test_a_folder_of_path_that_may_not_be_read_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "locked").mkdir(mode=0o000)
    monkeypatch.setenv("PATH", str(tmp_path / "locked"))
    with as_nobody():
        assert programs.installed() is not None
