"""Server requirements are checked before anything is created, and reported with the cure."""

import shutil
from contextlib import contextmanager

import pytest

from tests.faults.conftest import experiment
from tests.server.conftest import make_private
from vanishing_gradients.errors import UserError
from vanishing_gradients.migrations import history
from vanishing_gradients.server import settings
from vanishing_gradients.server.given_server import prepare
from vanishing_gradients.sql import address
from vanishing_gradients.sql.connection import connected, engine
from vanishing_gradients.sql.errors import ServerError
from vanishing_gradients.sql.requirements import _complaints
from vanishing_gradients.trainer.datasets import load
from vanishing_gradients.trainer.run import RunOptions, Settings, run_experiment

OPTIONS = [
    ("log-bin\nbinlog-format=STATEMENT\nserver-id=1", "SET GLOBAL binlog_format = ROW"),
    ("max-allowed-packet=1M", "SET GLOBAL max_allowed_packet = 4194304"),
    ("innodb-read-only=1", "is read-only: write to its primary"),
    ("thread-stack=128K", "start it with thread_stack = 1M"),
]


@contextmanager
def started(folder, monkeypatch, options: str):
    """A private server with additional options, stopped at the end."""
    own = settings.render
    monkeypatch.setattr(settings, "render", lambda *args: own(*args) + options + "\n")
    made = make_private(folder)
    made.start()
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def stopped(servers_folder):
    """A folder with the data of a private server in it."""
    folder = servers_folder / "stopped" / "server"
    made = make_private(folder)
    made.start()
    made.stop()
    return folder


@pytest.fixture
def prepared(stopped, tmp_path):
    """A test's own copy of it."""
    return shutil.copytree(stopped, tmp_path / "server")


@pytest.mark.parametrize(("options", "cure"), OPTIONS)
def test_a_server_that_cannot_do_it_is_refused_before_anything_is_made(
    prepared, tmp_path, monkeypatch, options, cure
):
    with started(prepared, monkeypatch, options) as server:
        url = server.url("root")
        for move in (
            lambda: prepare(url, tmp_path, print),
            lambda: history.upgrade(engine(url)),
        ):
            with pytest.raises(ServerError, match=cure):
                move()
        with connected(url) as session, session.cursor() as cursor:
            assert cursor.execute("SHOW TABLES") == 0


def test_rows_that_no_page_holds_are_refused_before_the_run(tmp_path, monkeypatch):
    with started(tmp_path / "server", monkeypatch, "innodb-page-size=4K") as server:
        url = server.url("root")
        history.upgrade(engine(url))
        data = load("sample", announce=lambda _: None)
        wide = experiment("wide", epochs=1, hidden_widths=[300])
        with pytest.raises(ServerError, match=r"rows of 2.. neurons at most, and a layer has 300"):
            run_experiment(wide, data, Settings(limit=128), url)
        run_experiment(
            experiment("narrow", epochs=1, hidden_widths=[220]), data, Settings(limit=128), url
        )


@pytest.mark.parametrize(
    ("found", "cure"),
    [
        ({"enforce_storage_engine": "Aria"}, "SET GLOBAL enforce_storage_engine = InnoDB"),
        ({"disabled_storage_engines": "MyISAM,InnoDB"}, "start it with InnoDB"),
        ({"super_read_only": "ON"}, "is read-only"),
        ({"innodb_force_recovery": "1"}, "without innodb_force_recovery"),
    ],
)
def test_what_one_of_the_two_servers_alone_has_is_named_too(found, cure):
    (complaint,) = _complaints(found, innodb=True)
    assert cure in complaint


def test_the_server_of_the_tests_can_do_it(server_url, database):
    with connected(address.without_database(server_url)) as session, session.cursor() as cursor:
        cursor.execute("SELECT @@GLOBAL.max_allowed_packet")
        (before,) = cursor.fetchone()
        cursor.execute("SET GLOBAL max_allowed_packet = 1048576")
        try:
            with pytest.raises(ServerError, match="SET GLOBAL max_allowed_packet = 4194304"):
                history.upgrade(engine(database))
        finally:
            cursor.execute(f"SET GLOBAL max_allowed_packet = {before}")
    history.upgrade(engine(database))


def test_a_database_that_is_to_be_encrypted_without_a_key_is_told_with_the_cure(database):
    with connected(database) as session, session.cursor() as cursor:
        if session.brand.flavour != "mysql":
            pytest.skip("only MySQL encrypts databases")
        cursor.execute(f"ALTER DATABASE {database.database} ENCRYPTION = 'Y'")
        cure = f"ALTER DATABASE {database.database} ENCRYPTION = 'N'"
        with pytest.raises(ServerError, match=f"set up a keyring .* run {cure}"):
            history.upgrade(engine(database))
        cursor.execute(cure)
    history.upgrade(engine(database))


@pytest.mark.parametrize(
    ("option", "cure"),
    [
        ("read-only=1", "is read-only: write to its primary, or set read_only to OFF on it"),
        ("lower-case-table-names=1", ""),
        ("local-infile=0", "ROAD=text needs LOAD DATA LOCAL: SET GLOBAL local_infile = ON"),
    ],
    ids=["read-only", "lower case", "no local infile"],
)
def test_started_with_an_option_a_server_works_or_says_the_cure(
    prepared, tmp_path, monkeypatch, option, cure
):
    """As the owner, to whom read_only applies."""
    with started(prepared, monkeypatch, option) as server:
        url = server.url("owner")

        def work() -> None:
            prepare(url, tmp_path, print)
            history.upgrade(engine(url))
            data = load("sample", announce=lambda _: None)
            small = experiment("optional", epochs=1)
            run_experiment(small, data, Settings(limit=100), url, options=RunOptions(road="text"))

        if cure:
            with pytest.raises(UserError, match=cure):
                work()
            with connected(url) as session, session.cursor() as cursor:
                assert cursor.execute("SHOW TABLES LIKE 'optional%'") == 0
        else:
            work()
