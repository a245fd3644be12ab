"""The commands of the server: only results on standard output, errors in one sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.server.conftest import as_nobody
from vanishing_gradients.server import lifecycle, own_folder
from vanishing_gradients.server.client import arguments
from vanishing_gradients.server.private_server import PrivateServer
from vanishing_gradients.sql import address
from vanishing_gradients.sql.connection import connected
from vanishing_gradients.sql.errors import ServerError

ROOT = Path(__file__).parents[2]


def command(*arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess:
    names = ("DATABASE_URL", "READER_DATABASE_URL", "SERVER_DIR")
    inherited = {name: value for name, value in os.environ.items() if name not in names}
    return subprocess.run(
        [sys.executable, "-m", "vanishing_gradients", *arguments],
        cwd=ROOT,
        env=inherited | environment,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(scope="module")
def kept(private: PrivateServer) -> dict[str, str]:
    """The environment in which the private server is the current one."""
    private.start()
    environment = {"SERVER_DIR": str(private.folder)}
    done = command("up", "--server", "local", **environment)
    assert (done.returncode, done.stdout) == (0, "")
    return environment


@pytest.mark.parametrize("role", ["reader", "owner"])
def test_url_prints_an_address_that_works_and_nothing_else(kept: dict[str, str], role: str):
    done = command("url", "--role", role, **kept)
    assert done.stderr == ""
    assert done.stdout.count("\n") == 1
    url = make_url(done.stdout.strip())
    assert (url.drivername, url.username) == ("mysql", role)
    with connected(url) as session:
        assert session.get_server_info()


def test_up_a_second_time_finds_the_same_server(kept: dict[str, str], private: PrivateServer):
    before = private.pid()
    assert command("up", **kept).returncode == 0
    assert private.pid() == before


def test_up_says_where_the_server_is_and_no_password(kept: dict[str, str], private: PrivateServer):
    told = command("up", **kept).stderr
    assert address.public(private.url("owner")) in told
    assert private.url("owner").password not in told


def test_sql_that_is_piped_in_is_run_as_the_reader(kept: dict[str, str], tmp_path: Path):
    home = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    done = command("sql", stdin="SELECT CURRENT_USER() AS who, 1 + 1 AS two;\n", **kept, **home)
    assert (done.returncode, done.stdout) == (0, "who\ttwo\nreader@%\t2\n")


def test_piped_sql_that_fails_fails_the_command(kept: dict[str, str], tmp_path: Path):
    home = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    done = command("sql", stdin="DROP DATABASE gradients;\n", **kept, **home)
    assert done.returncode != 0
    assert "denied" in done.stderr


def test_the_client_is_shown_the_address_without_the_password():
    url = address.parse("mysql://me:the-secret-4711@host:3307/db?ssl_mode=required")
    shown = arguments(url)
    assert not [each for each in shown if "the-secret-4711" in each]
    assert {"--host=host", "--port=3307", "--user=me", "--database=db"} <= set(shown)


@pytest.mark.parametrize("name", ["url", "sql"])
def test_before_up_there_is_no_server(name: str, tmp_path: Path):
    done = command(name, SERVER_DIR=str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: No server has been set up yet: run `make up`")


@pytest.mark.parametrize("name", ["up", "url", "sql"])
def test_a_malformed_address_is_one_sentence(name: str, tmp_path: Path):
    done = command(name, DATABASE_URL="mysql://me:hush@:x/", SERVER_DIR=str(tmp_path))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("Error: DATABASE_URL is not the address of")
    assert "hush" not in done.stderr


def test_a_folder_of_another_user_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_addresses: None
):
    (tmp_path / "locked").mkdir(mode=0o500)
    monkeypatch.setenv("SERVER_DIR", str(tmp_path / "locked/server"))
    with as_nobody(), pytest.raises(ServerError, match="belongs to another user"):
        lifecycle.start("local")


def test_a_folder_on_a_full_disk_is_one_sentence(tmp_path: Path):
    folder = tmp_path / "server"
    own_folder.claim(folder)
    (folder / "root").symlink_to(lifecycle.folder() / "root")
    done = subprocess.run(
        ["env", "PYTHONDONTWRITEBYTECODE=1", "sh", "-c", 'ulimit -f 0; exec "$@"', "sh",
         sys.executable, "-m", "vanishing_gradients", "up", "--server=local"],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "SERVER_DIR": str(folder)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    *_, last = done.stderr.splitlines()
    assert last.startswith(f"Error: {folder} cannot be used (File too large): free some space")
    assert "Traceback" not in done.stderr


def test_an_unknown_kind_of_server_is_refused():
    done = command("up", "--server", "cloud")
    assert done.returncode == 2
    assert "'auto', 'docker', 'local'" in done.stderr
