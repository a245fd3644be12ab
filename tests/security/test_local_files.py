"""What a server gets of this machine's files through LOAD DATA LOCAL: nothing, ever."""

from pathlib import Path

import pytest
from sqlalchemy import text

from tests.security.fake_server import OK, OK_AND_MORE, Client, Fake, fake_server
from vanishing_gradients.sql import accounts
from vanishing_gradients.sql.connection import connect_arguments, connected, engine, explained
from vanishing_gradients.sql.errors import ServerError
from vanishing_gradients.telemetry.connection import BufferConnection

LOAD = "LOAD DATA LOCAL INFILE 'memory' INTO TABLE t"
BUFFER = b"1,0,0.5\n" * 100_000
REFUSAL = "asked for a file of this machine, and was sent none: name a server that you trust"


@pytest.fixture(params=["/etc/passwd", "settings"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A file that a server would like to have."""
    if request.param != "settings":
        return Path(request.param)
    accounts.keep_passwords(tmp_path / "accounts.json", ("root", "owner"))
    return tmp_path / "accounts.json"


def nothing_of(file: Path, fake: Fake) -> bool:
    """Whether the server received no line of the file."""
    lines = [line for line in file.read_bytes().splitlines() if len(line) > 3]
    assert lines
    return not any(line in fake.received() for line in lines)


def loading(fake: Fake) -> BufferConnection:
    return BufferConnection(**connect_arguments(fake.url))


def test_the_server_gets_the_buffer_and_not_the_file_it_names(file: Path):
    sent: list[bytes] = []

    def behave(client: Client) -> None:
        client.log_in()
        client.agree_until(b"LOAD DATA")
        sent.append(client.ask_for(str(file)))
        client.send(OK)

    with fake_server(behave) as fake:
        connection = loading(fake)
        connection.load(LOAD, BUFFER)
        connection.close()
    assert sent == [BUFFER]
    assert nothing_of(file, fake)


def test_a_second_request_after_the_buffer_gets_nothing(file: Path):
    sent: list[bytes] = []

    def behave(client: Client) -> None:
        client.log_in()
        client.agree_until(b"LOAD DATA")
        sent.append(client.ask_for(str(file)))
        sent.append(client.ask_for(str(file)))

    with fake_server(behave) as fake:
        connection = loading(fake)
        with pytest.raises(ServerError, match=REFUSAL), explained(fake.url):
            connection.load(LOAD, BUFFER)
        assert not connection.open
    assert sent == [BUFFER]
    assert nothing_of(file, fake)


def test_a_request_in_a_second_result_gets_nothing(file: Path):
    sent: list[bytes] = []

    def behave(client: Client) -> None:
        client.log_in()
        client.agree_until(b"LOAD DATA")
        sent.append(client.ask_for(str(file)))
        client.send(OK_AND_MORE)
        sent.append(client.ask_for(str(file)))
        client.send(OK)

    with fake_server(behave) as fake:
        connection = loading(fake)
        connection.load(LOAD, BUFFER)
        with pytest.raises(ServerError, match=REFUSAL), explained(fake.url):
            connection.query("SELECT 1")
        connection.close()
    assert sent == [BUFFER, b""]
    assert nothing_of(file, fake)


def test_a_request_in_answer_to_a_later_query_gets_nothing(file: Path):
    sent: list[bytes] = []

    def behave(client: Client) -> None:
        client.log_in()
        client.agree_until(b"LOAD DATA")
        sent.append(client.ask_for(str(file)))
        client.send(OK)
        client.agree_until(b"SELECT")
        sent.append(client.ask_for(str(file)))
        client.send(OK)

    with fake_server(behave) as fake:
        connection = loading(fake)
        connection.load(LOAD, BUFFER)
        with pytest.raises(ServerError, match=REFUSAL), explained(fake.url):
            connection.query("SELECT 1")
        connection.close()
    assert sent == [BUFFER, b""]
    assert nothing_of(file, fake)


def test_a_request_before_anything_was_asked_gets_nothing(file: Path):
    sent: list[bytes] = []

    def behave(client: Client) -> None:
        client.log_in()
        client.agree_until(b"sql_mode")
        sent.append(client.ask_for(str(file)))
        client.send(OK)

    with (
        fake_server(behave) as fake,
        pytest.raises(ServerError, match=REFUSAL),
        explained(fake.url),
    ):
        loading(fake)
    assert sent == [b""]
    assert nothing_of(file, fake)


def test_a_request_in_place_of_letting_the_client_in_gets_nothing(file: Path):
    sent: list[bytes] = []

    def behave(client: Client) -> None:
        client.greet()
        client.read()
        sent.append(client.ask_for(str(file)))

    with fake_server(behave) as fake, pytest.raises(Exception, match="unexpected packet"):
        loading(fake)
    assert sent == []
    assert nothing_of(file, fake)


def ask_on_select(file: Path):
    def behave(client: Client) -> None:
        client.log_in()
        client.agree_until(b"SELECT")
        client.ask_for(str(file))
        client.send(OK)

    return behave


def test_an_engine_sends_nothing(file: Path):
    with fake_server(ask_on_select(file)) as fake:
        made = engine(fake.url)
        with pytest.raises(ServerError, match=REFUSAL), made.connect() as session:
            session.execute(text("SELECT 1"))
        made.dispose()
    assert nothing_of(file, fake)


def test_a_connection_that_loads_nothing_sends_nothing(file: Path):
    with (
        fake_server(ask_on_select(file)) as fake,
        pytest.raises(ServerError, match=REFUSAL),
        connected(fake.url) as session,
    ):
        session.cursor().execute("SELECT 1")
    assert nothing_of(file, fake)
