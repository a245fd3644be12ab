"""TLS is as strict as the address asks for; if it is impossible, no password is sent."""

import ssl
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import URL, text

from tests.security.certificates import Authority
from tests.security.conftest import TlsServer
from tests.security.fake_server import OK, PASSWORD, Client, fake_server
from vanishing_gradients.sql import address
from vanishing_gradients.sql.connection import connect_arguments, connected, engine
from vanishing_gradients.sql.errors import AccessError, DatabaseError
from vanishing_gradients.telemetry.connection import BufferConnection

STRICT = ["required", "verify_ca", "verify_identity"]


def cipher(url: URL) -> str:
    """The cipher of a session at this address; empty if it is not encrypted."""
    with connected(url) as session:
        cursor = session.cursor()
        cursor.execute("SHOW SESSION STATUS LIKE 'Ssl_cipher'")
        return cursor.fetchone()[1]


def refusal(url: URL) -> str:
    """The sentence that refuses to connect, without the password and without a line break."""
    with pytest.raises(DatabaseError) as caught, connected(url):
        pass
    sentence = str(caught.value)
    assert PASSWORD not in sentence
    assert "\n" not in sentence
    return sentence


@pytest.fixture
def stranger(tmp_path: Path) -> Authority:
    """An authority that has signed no server's certificate."""
    return Authority(tmp_path, "stranger")


def test_required_encrypts(tls: TlsServer):
    assert cipher(tls.asked(ssl_mode="required")) != ""


def test_disabled_does_not_encrypt(tls: TlsServer):
    assert cipher(tls.asked(ssl_mode="disabled")) == ""


def test_the_servers_own_authority_is_accepted_and_encrypts(tls: TlsServer):
    assert cipher(tls.asked(ssl_mode="verify_ca", ssl_ca=str(tls.authority))) != ""


def test_another_authority_is_refused(tls: TlsServer, stranger: Authority):
    url = tls.asked(ssl_mode="verify_ca", ssl_ca=str(stranger.path))
    assert "give the server's authority with ssl_ca=FILE" in refusal(url)


def test_the_systems_authorities_do_not_know_a_server_that_signed_for_itself(tls: TlsServer):
    assert "give the server's authority" in refusal(tls.asked(ssl_mode="verify_ca"))


def test_an_authority_alone_is_verified_too(tls: TlsServer, stranger: Authority):
    assert "give the server's authority" in refusal(tls.asked(ssl_ca=str(stranger.path)))


def test_an_engine_encrypts_what_the_address_asks_for(tls: TlsServer):
    made = engine(tls.asked(ssl_mode="verify_ca", ssl_ca=str(tls.authority)))
    with made.connect() as session:
        found = session.execute(text("SHOW SESSION STATUS LIKE 'Ssl_cipher'")).one()[1]
    made.dispose()
    assert found != ""


def test_the_connection_that_loads_gradients_encrypts_too(tls: TlsServer):
    connection = BufferConnection(**connect_arguments(tls.asked(ssl_mode="required")))
    with connection, connection.cursor() as cursor:
        cursor.execute("SHOW SESSION STATUS LIKE 'Ssl_cipher'")
        assert cursor.fetchone()[1] != ""


def test_a_server_at_the_address_it_has_a_certificate_for_is_accepted(own_tls: TlsServer):
    assert cipher(own_tls.asked(ssl_mode="verify_identity", ssl_ca=str(own_tls.authority))) != ""


def test_a_server_by_a_name_it_has_no_certificate_for_is_refused(own_tls: TlsServer):
    strict = own_tls.asked(ssl_mode="verify_identity", ssl_ca=str(own_tls.authority))
    assert "give the server's authority" in refusal(strict.set(host="localhost"))


@pytest.mark.parametrize("mode", STRICT)
def test_a_server_without_tls_is_sent_nothing_at_all(mode: str):
    with fake_server(Client.greet) as fake:
        url = fake.url.update_query_dict({"ssl_mode": mode})
        assert "offers no TLS, which the address asks for" in refusal(url)
    assert fake.received() == b""


@pytest.mark.parametrize("mode", ["verify_ca", "verify_identity"])
def test_a_server_of_another_authority_is_sent_no_user_and_no_password(
    mode: str, tmp_path: Path, stranger: Authority
):
    (tmp_path / "impostor").mkdir()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*Authority(tmp_path / "impostor", "impostor").server("127.0.0.1"))
    encrypted: list[bytes] = []

    def behave(client: Client) -> None:
        client.greet(tls=True)
        client.read()
        with suppress(OSError), context.wrap_socket(client.socket, server_side=True) as wrapped:
            encrypted.append(wrapped.recv(1))

    with fake_server(behave) as fake:
        query = {"ssl_mode": mode, "ssl_ca": str(stranger.path)}
        assert "give the server's authority" in refusal(fake.url.update_query_dict(query))
    assert encrypted in ([], [b""])
    assert len(fake.received()) == 36  # the request for TLS, which names no user
    assert b"me" not in fake.received()


@pytest.mark.parametrize(
    "method",
    [b"mysql_clear_password\0", b"dialog\0\x04Password: ", b"mysql_old_password\0saltsalt"],
    ids=["clear", "dialog", "old"],
)
def test_a_server_without_tls_cannot_ask_for_the_password_in_a_readable_form(method: bytes):
    answers: list[bytes] = []

    def behave(client: Client) -> None:
        client.greet()
        client.read()
        client.send(b"\xfe" + method)
        answers.append(client.read())

    unknown = "logs in by a method this client does not know"
    with fake_server(behave) as fake, pytest.raises(AccessError, match=unknown):
        engine(fake.url).connect()
    assert answers == []
    assert PASSWORD.encode() not in fake.received()


def test_the_password_itself_is_never_what_is_sent():
    def behave(client: Client) -> None:
        client.log_in()
        client.agree_until(b"no such query")

    with fake_server(behave) as fake, connected(fake.url):
        pass
    assert b"me\0" in fake.received()
    assert PASSWORD.encode() not in fake.received()


def test_with_tls_a_server_may_have_the_password_as_it_is(tmp_path: Path):
    """Accounts kept by PAM or LDAP have no other way."""
    authority = Authority(tmp_path, "authority")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*authority.server("127.0.0.1"))
    answers: list[bytes] = []

    def behave(client: Client) -> None:
        client.greet(tls=True)
        client.read()
        with context.wrap_socket(client.socket, server_side=True) as client.socket:
            client.read()
            client.send(b"\xfemysql_clear_password\0")
            answers.append(client.read())
            client.send(OK)
            client.agree_until(b"no such query")

    with fake_server(behave) as fake:
        query = {"ssl_mode": "verify_identity", "ssl_ca": str(authority.path)}
        with connected(fake.url.update_query_dict(query)):
            pass
    assert answers == [PASSWORD.encode() + b"\0"]


def test_what_is_on_another_machine_uses_tls_where_the_server_offers_it():
    assert "ssl_disabled" not in address.connect_options(address.parse("mysql://me@host/db"))
