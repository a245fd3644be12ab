"""Bulk execution: offered by MariaDB, used if it is offered, and exact."""

import struct
from contextlib import closing

import numpy as np
import pymysql
import pytest
from pymysql.constants import ER

from tests.server.test_errors import handshake
from vanishing_gradients.server import bulk
from vanishing_gradients.server.bulk import BulkConnection, BulkInsert
from vanishing_gradients.sql.connection import connect_arguments

RECORD = np.dtype([("key", "<u4"), ("cells", "<f8", (2,))])
HEAD = "INSERT INTO numbers (id, a, b) VALUES "
COLUMNS = "id INT UNSIGNED, a DOUBLE, b DOUBLE"
OFFERED, BEFORE_10_2 = 1 << 2, 0


@pytest.fixture
def connection(migrated):
    """A connection with its own table, whose server accepts rows in bulk."""
    with closing(BulkConnection(**connect_arguments(migrated))) as opened:
        if not opened.takes_bulk:
            pytest.skip("this server has no bulk execution")
        opened.query(f"CREATE TEMPORARY TABLE numbers ({COLUMNS}, PRIMARY KEY (id))")
        yield opened


def some(count: int, first: int = 1) -> np.ndarray:
    rows = np.empty(count, RECORD)
    rows["key"] = np.arange(first, first + count)
    rows["cells"] = np.random.default_rng(first).normal(size=(count, 2))
    return rows


def stored(connection: BulkConnection) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, a + 0e0, b + 0e0 FROM numbers ORDER BY id")
        return list(cursor.fetchall())


def given(rows: np.ndarray) -> list[tuple]:
    return [(key, *cells) for key, cells in rows.tolist()]


def greeting(version: str, own: int, shared_bit: int) -> bytes:
    """A server's greeting without its header, with MariaDB's own capabilities."""
    body = bytearray(handshake(version)[4:])
    offset = body.index(0) + 1
    body[offset + 13] = body[offset + 13] & ~1 | shared_bit
    body[offset + 27 : offset + 31] = struct.pack("<I", own)
    return bytes(body)


def test_mariadb_takes_rows_in_bulk_and_mysql_does_not(migrated):
    with closing(BulkConnection(**connect_arguments(migrated))) as opened:
        assert opened.takes_bulk == ("mariadb" in opened.get_server_info().lower())


@pytest.mark.parametrize(
    ("version", "own", "shared_bit", "offered"),
    [
        ("10.11.19-MariaDB", OFFERED, 0, True),
        ("10.11.19-MariaDB", OFFERED | 1 | 8, 0, True),
        ("10.11.19-MariaDB", 1 | 8, 0, False),
        ("10.1.48-MariaDB", BEFORE_10_2, 0, False),
        ("9.7.0", OFFERED, 1, False),  # MySQL's filler is not looked at
    ],
)
def test_bulk_is_taken_where_a_server_offers_it(version, own, shared_bit, offered):
    found = bulk._own_capabilities(greeting(version, own, shared_bit))
    assert bool(found & bulk.BULK_OPERATIONS) == offered


@pytest.mark.parametrize("length", [0, 1, 12, 40])
def test_a_greeting_that_is_cut_offers_nothing(length):
    assert bulk._own_capabilities(greeting("10.11.19-MariaDB", OFFERED, 0)[:length]) == 0


def test_rows_arrive_to_the_bit(connection):
    rows = some(1000)
    assert BulkInsert(connection, HEAD, RECORD).execute(rows) == (1000, 0)
    assert stored(connection) == given(rows)


def test_a_statement_is_executed_again_with_another_number_of_rows(connection):
    insert = BulkInsert(connection, HEAD, RECORD)
    first, second = some(3), some(500, first=4)
    assert insert.execute(first).rows + insert.execute(second).rows == 503
    assert stored(connection) == given(first) + given(second)


def test_rows_of_more_than_a_packet_are_sent_in_several(connection, monkeypatch):
    monkeypatch.setattr(bulk, "PACKET", 100)
    rows = some(50)
    assert BulkInsert(connection, HEAD, RECORD).execute(rows) == (50, 0)
    assert stored(connection) == given(rows)


@pytest.mark.parametrize("packet", [1 << 20, 100])
def test_null_cells_are_null_and_the_others_keep_their_places(connection, monkeypatch, packet):
    monkeypatch.setattr(bulk, "PACKET", packet)
    rows = some(40)
    nulls = np.random.default_rng(2).random((40, 3)) < 0.4
    nulls[:, 0], nulls[7], nulls[8] = False, [False, True, True], False
    assert BulkInsert(connection, HEAD, RECORD).execute(rows, nulls) == (40, 0)
    assert stored(connection) == [
        tuple(None if null else value for value, null in zip(row, which, strict=True))
        for row, which in zip(given(rows), nulls, strict=True)
    ]


def test_a_row_that_is_there_is_an_error_and_the_connection_goes_on(connection):
    insert = BulkInsert(connection, HEAD, RECORD)
    rows = some(10)
    rows["key"][7] = 1
    with pytest.raises(pymysql.IntegrityError) as raised:
        insert.execute(rows)
    assert raised.value.args[0] == ER.DUP_ENTRY
    connection.rollback()
    assert insert.execute(some(5, first=100)) == (5, 0)
    assert stored(connection) == given(some(5, first=100))


def test_a_value_that_a_column_cannot_hold_is_an_error(connection):
    connection.query("CREATE TEMPORARY TABLE small (id TINYINT UNSIGNED PRIMARY KEY, a FLOAT)")
    record = np.dtype([("key", "<u4"), ("cell", "<f8")])
    insert = BulkInsert(connection, "INSERT INTO small (id, a) VALUES ", record)
    with pytest.raises(pymysql.DataError):
        insert.execute(np.array([(1, 0.5), (256, 0.5)], record))


def test_a_statement_that_is_closed_is_unknown_to_the_server(connection):
    insert = BulkInsert(connection, HEAD, RECORD)
    insert.close()
    with pytest.raises(pymysql.MySQLError) as raised:
        insert.execute(some(1))
    assert raised.value.args[0] == ER.UNKNOWN_STMT_HANDLER


def test_a_connection_that_may_not_execute_in_bulk_says_so_when_it_logs_in(connection, migrated):
    """The server only knows what the client announced: anything else is refused."""
    arguments = connect_arguments(migrated)
    with closing(_Silent(**arguments)) as silent:
        silent.query(f"CREATE TEMPORARY TABLE numbers ({COLUMNS})")
        with pytest.raises(pymysql.MySQLError):
            BulkInsert(silent, HEAD, RECORD).execute(some(2))


class _Silent(BulkConnection):
    """A connection that does not announce its capabilities, whatever the server offers."""

    def _request_authentication(self) -> None:
        self.takes_bulk = False
        super()._request_authentication()
