"""Messages if a server cannot be used: one sentence, with the cure, without a password."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from sqlalchemy import URL, text

from vanishing_gradients.server.given_server import prepare
from vanishing_gradients.server.loopback import free_port
from vanishing_gradients.server.private_server import PrivateServer
from vanishing_gradients.sql import accounts, address
from vanishing_gradients.sql.connection import connect_arguments, connected, engine
from vanishing_gradients.sql.errors import AccessError, DatabaseError, ObjectError, ServerError

SECRET = "the-secret-4711"


@contextmanager
def answering(greeting: bytes) -> Iterator[int]:
    """A server on loopback that greets one client and waits for it to leave; yields its port."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def greet() -> None:
            client, _ = listener.accept()
            with client:
                client.sendall(greeting)
                while client.recv(1024):
                    pass

        thread = threading.Thread(target=greet, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(10)


def handshake(version: str) -> bytes:
    """The initial handshake of protocol version 10, as a server of `version` sends it."""
    capabilities = 0x81FF_F7DF & ~0x0800  # all the usual ones, without TLS
    body = b"\x0a" + version.encode() + b"\0" + struct.pack("<I", 1) + b"saltsalt" + b"\0"
    body += struct.pack("<HBHHB", capabilities & 0xFFFF, 45, 2, capabilities >> 16, 21)
    body += b"\0" * 10 + b"saltsaltsalt\0" + b"mysql_native_password\0"
    return struct.pack("<I", len(body))[:3] + b"\0" + body


def ok(sequence: int) -> bytes:
    """An OK packet."""
    return b"\x07\0\0" + bytes([sequence]) + b"\0\0\0\x02\0\0\0"


def loopback(port: int, **parts: str) -> URL:
    return URL.create(
        "mysql+pymysql", "me", SECRET, "127.0.0.1", port, parts.get("database", "gradients")
    )


def refusal(url: URL) -> DatabaseError:
    """The error of an engine at `url`, with the checks that apply to all of them."""
    with pytest.raises(DatabaseError) as raised:
        engine(url).connect()
    sentence = str(raised.value)
    assert SECRET not in sentence
    assert "\n" not in sentence
    return raised.value


def test_a_server_that_is_down():
    error = refusal(loopback(free_port()))
    assert isinstance(error, ServerError)
    assert "run `make up`" in str(error)


def test_a_host_that_does_not_exist():
    error = refusal(loopback(3306).set(host="no-such-host.invalid"))
    assert "no host 'no-such-host.invalid'" in str(error)


def test_a_port_where_something_else_answers():
    with answering(b"SSH-2.0-OpenSSH_9.2p1\r\n") as port:
        url = loopback(port).update_query_dict({"read_timeout": "1"})
        assert "is not a MySQL or MariaDB server" in str(refusal(url))


def test_a_server_that_says_nothing():
    with answering(b"") as port:
        url = loopback(port).update_query_dict({"read_timeout": "1"})
        assert f"127.0.0.1:{port}" in str(refusal(url))


@pytest.mark.parametrize(
    ("version", "name"),
    [
        ("5.7.44-log", "MySQL 5.7.44, too old"),
        ("8.0.36", "MySQL 8.0.36, too old"),
        ("5.5.5-10.6.16-MariaDB-1:10.6.16", "MariaDB 10.6.16, too old"),
    ],
)
def test_a_server_that_is_too_old(version: str, name: str):
    packets = handshake(version) + ok(2) + 8 * ok(1)  # each of its first statements
    with answering(packets) as port:
        assert name in str(refusal(loopback(port)))


def test_a_wrong_password(private: PrivateServer):
    private.start()
    error = refusal(private.url("owner").set(password=SECRET))
    assert isinstance(error, AccessError)
    assert "does not accept this password for user 'owner'" in str(error)


def test_a_database_that_is_missing(private: PrivateServer):
    private.start()
    error = refusal(private.url("root", "gradients_missing"))
    assert isinstance(error, ObjectError)
    assert "has no database 'gradients_missing'" in str(error)


def test_tls_that_the_server_does_not_offer(private: PrivateServer):
    private.start()
    url = private.url("owner").update_query_dict({"ssl_mode": "required"})
    assert "offers no TLS" in str(refusal(url))


def test_a_read_only_server(private: PrivateServer, tmp_path):
    private.start()
    with connected(private.url("root")) as session:
        session.cursor().execute("SET GLOBAL read_only = 1")
        try:
            with pytest.raises(ServerError, match=r"is read-only: write to its primary"):
                prepare(private.url("owner"), tmp_path, print)
        finally:
            session.cursor().execute("SET GLOBAL read_only = 0")


def test_a_session_that_only_reads(database: URL):
    with (
        engine(database, read_only=True).connect() as session,
        pytest.raises(AccessError, match=r"this session at .* only reads"),
    ):
        session.execute(text("CREATE TABLE a (b INT)"))


@pytest.mark.not_on_oceanbase("it tells the others once CREATE and DROP are granted")
def test_missing_privileges_are_listed_with_the_statement_that_grants_them(
    server_url: URL, database: URL, reader_url: URL, tmp_path
):
    with pytest.raises(AccessError) as raised:
        prepare(reader_url, tmp_path, print)
    wanted = "INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, REFERENCES, CREATE VIEW"
    pattern = accounts.grant_pattern(database.database)
    assert f"lacks {wanted} on" in str(raised.value)
    grant = f"GRANT {wanted} ON {pattern}.* TO '{reader_url.username}'@'%'"
    assert grant in str(raised.value)
    with connected(address.without_database(server_url)) as session:
        session.cursor().execute(grant)  # the statement works, and is enough
    prepare(reader_url, tmp_path, print)


def test_a_statement_that_is_denied_names_the_privilege(reader_url: URL):
    with (
        engine(reader_url).connect() as session,
        pytest.raises(AccessError, match=r"lacks the privilege CREATE: .* run GRANT CREATE ON"),
    ):
        session.execute(text("CREATE TABLE a (b INT)"))


def test_an_error_without_a_cure_stays_what_it_is(database: URL):
    with (
        engine(database).connect() as session,
        pytest.raises(Exception, match="syntax") as raised,
    ):
        session.execute(text("SELEKT 1"))
    assert not isinstance(raised.value, DatabaseError)


def test_every_session_is_strict_and_in_utc(database: URL):
    with engine(database).connect() as session:
        modes, zone, collation = session.execute(
            text("SELECT @@sql_mode, @@time_zone, @@collation_connection")
        ).one()
    assert {"STRICT_ALL_TABLES", "ONLY_FULL_GROUP_BY"} <= set(modes.split(","))
    assert (zone, collation) == ("+00:00", "utf8mb4_general_ci")


def test_a_connection_of_ones_own_has_the_same_session(database: URL):
    assert connect_arguments(database)["sql_mode"]
    with connected(database) as session:
        cursor = session.cursor()
        cursor.execute("SELECT @@time_zone, @@collation_connection, @@autocommit")
        assert cursor.fetchone() == ("+00:00", "utf8mb4_general_ci", 1)
