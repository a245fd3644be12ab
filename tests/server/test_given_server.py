"""A server of the user's own: prepared without touching anything that is not ours."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, text

from vanishing_gradients.server import lifecycle
from vanishing_gradients.server.lifecycle import reader_engine
from vanishing_gradients.server.private_server import PrivateServer
from vanishing_gradients.sql import accounts
from vanishing_gradients.sql.connection import connected, engine
from vanishing_gradients.sql.errors import AccessError, ObjectError, ServerError

DATABASE = "given"


@pytest.fixture
def given(
    private: PrivateServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, no_addresses: None
) -> Iterator[URL]:
    """DATABASE_URL names a server with no reader and no database; the address is its root's."""
    private.start()
    url = private.url("root", DATABASE)
    monkeypatch.setenv("DATABASE_URL", url.render_as_string(hide_password=False))
    monkeypatch.setenv("SERVER_DIR", str(tmp_path / "kept"))
    as_root(private, "DROP USER 'reader'@'%'")
    yield url
    as_root(
        private,
        f"DROP DATABASE IF EXISTS {DATABASE}",
        "DROP USER IF EXISTS 'reader'@'%', 'scribe'@'%'",
    )
    private.stop()
    private.start()  # creates the private server's own reader again


def as_root(private: PrivateServer, *statements: str) -> None:
    with connected(private.url("root", "mysql")) as session:
        for statement in statements:
            session.cursor().execute(statement)


def scribe(private: PrivateServer, monkeypatch: pytest.MonkeyPatch, grant: str) -> None:
    """Let DATABASE_URL name an account with no privilege but `grant`."""
    password = accounts.new_password()
    as_root(private, *accounts.account("scribe", password), grant)
    url = private.url("root", DATABASE).set(username="scribe", password=password)
    monkeypatch.setenv("DATABASE_URL", url.render_as_string(hide_password=False))


def test_the_database_is_made_and_then_found(given: URL):
    told: list[str] = []
    found = lifecycle.start("auto", told.append)
    assert (found.kind, found.owner.database) == ("url", DATABASE)
    assert f"Made the database '{DATABASE}'." in told
    told.clear()
    assert lifecycle.start("auto", told.append) == found
    assert not [line for line in told if "Made" in line]


def test_a_reader_is_made_whose_password_is_kept(given: URL, tmp_path: Path):
    reader = lifecycle.start().reader
    assert reader.username == "reader"
    assert stat.S_IMODE((tmp_path / "kept/readers.json").stat().st_mode) == 0o600
    with engine(reader).connect() as session, pytest.raises(AccessError):
        session.execute(text("CREATE TABLE a (b INT)"))
    assert lifecycle.current().reader == reader


def test_a_reader_that_was_dropped_is_made_again(given: URL, private: PrivateServer):
    lifecycle.start()
    as_root(private, "DROP USER 'reader'@'%'")
    with connected(lifecycle.start().reader):
        pass


def test_somebody_elses_reader_is_left_alone(given: URL, private: PrivateServer):
    as_root(private, *accounts.account("reader", "somebody-elses-1A"))
    told: list[str] = []
    assert lifecycle.start("auto", told.append).reader is None
    assert [line for line in told if "set READER_DATABASE_URL" in line]
    with connected(given.set(username="reader", password="somebody-elses-1A", database="")):
        pass


def test_without_a_reader_reading_is_done_in_read_only_sessions(
    given: URL, private: PrivateServer, monkeypatch: pytest.MonkeyPatch
):
    lifecycle.start()
    as_root(private, "DROP USER 'reader'@'%'")
    monkeypatch.setenv("SERVER_DIR", str(private.folder / "elsewhere"))
    scribe(private, monkeypatch, f"GRANT ALL PRIVILEGES ON {DATABASE}.* TO 'scribe'@'%'")
    assert lifecycle.start().reader is None
    with reader_engine().connect() as session, pytest.raises(AccessError, match="only reads"):
        session.execute(text("CREATE TABLE a (b INT)"))


def test_a_reader_that_the_user_names_is_the_reader(given: URL, monkeypatch: pytest.MonkeyPatch):
    made = lifecycle.start().reader.render_as_string(hide_password=False)
    monkeypatch.setenv("READER_DATABASE_URL", made)
    assert lifecycle.start().reader.render_as_string(hide_password=False) == made


def test_a_reader_of_another_database_is_refused(given: URL, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("READER_DATABASE_URL", "mysql://reader:secret@127.0.0.1/other")
    with pytest.raises(ObjectError, match="use the same one in both"):
        lifecycle.start()


def test_an_account_that_may_not_make_the_database_is_told_the_statements(
    given: URL, private: PrivateServer, monkeypatch: pytest.MonkeyPatch
):
    scribe(private, monkeypatch, "GRANT SELECT ON mysql.db TO 'scribe'@'%'")
    with pytest.raises(AccessError, match="no database 'given'") as raised:
        lifecycle.start()
    statements = str(raised.value).partition("run ")[2].split("; ")
    as_root(private, *statements)
    assert lifecycle.start().owner.username == "scribe"


def test_a_preference_and_an_address_contradict_each_other(given: URL):
    with pytest.raises(ServerError, match="contradict each other"):
        lifecycle.start("local")


def test_stopping_leaves_a_given_server_running(given: URL, private: PrivateServer):
    lifecycle.start()
    lifecycle.stop(delete=True)
    with connected(given):
        assert private.pid() is not None
