"""Prepared statements of the MySQL protocol, with rows as NumPy records: no number becomes text.

PyMySQL formats every value into a statement's text, which the server has to parse again. Here a row
is sent as its bytes, over PyMySQL's connection of any kind. Sources, for both servers alike:
https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_command_phase_ps.html and
https://mariadb.com/kb/en/com_stmt_execute/
"""

import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from pymysql.connections import Connection
from pymysql.constants import COMMAND, CR
from pymysql.err import OperationalError
from pymysql.protocol import MysqlPacket, OKPacketWrapper

PLACEHOLDERS_MAX = 65_535
"""The most placeholders a statement may have: the server counts them in two bytes."""
UNSIGNED = 0x8000
TYPES = {
    np.dtype("<u2"): 2 | UNSIGNED,
    np.dtype("<u4"): 3 | UNSIGNED,
    np.dtype("<f4"): 4,
    np.dtype("<f8"): 5,
}
"""The protocol's code of each type that a record may hold: SMALLINT, INT, FLOAT and DOUBLE."""
_NO_CURSOR, _ONE_ITERATION = 0, 1


class Inserted(NamedTuple):
    """The server's answer to an INSERT."""

    rows: int
    warnings: int


class PreparedInsert:
    """An INSERT of a fixed number of rows, prepared once and executed often.

    `head` is the statement up to its row values. `record` is the dtype of a row: its fields are
    numbers, or one-dimensional arrays of numbers, in the order of the columns in `head`. `prepare`
    and `execute` raise PyMySQL's errors; the connection stays usable after an error of the server.
    Not thread-safe.
    """

    def __init__(self, connection: Connection, head: str, record: np.dtype, rows: int) -> None:
        self.connection, self.record, self.rows = connection, record, rows
        types = types_of(record)
        self._columns = len(types)
        self._types = struct.pack(f"<{len(types) * rows}H", *types * rows)
        self._sizes = sizes(record)
        marks = f"({','.join('?' * self._columns)})"
        self._number = prepare(connection, f"{head}{','.join([marks] * rows)}")
        self._told_types = False

    def execute(self, records: np.ndarray, nulls: np.ndarray | None = None) -> Inserted:
        """Insert `records`, shape (rows,).

        `nulls`, shape (rows, columns), marks the cells that are NULL; None if there are none.
        """
        count = self.rows * self._columns
        if nulls is None:
            bitmap, values = bytes((count + 7) // 8), records.tobytes()
        else:
            bitmap = np.packbits(nulls.reshape(-1), bitorder="little").tobytes()
            kept = np.repeat(~nulls, self._sizes, axis=1)
            values = records.view(np.uint8).reshape(kept.shape)[kept].tobytes()
        types = b"\0" if self._told_types else b"\1" + self._types
        head = struct.pack("<IBI", self._number, _NO_CURSOR, _ONE_ITERATION)
        payload = b"".join((head, bitmap, types, values))
        answer = executed(self.connection, COMMAND.COM_STMT_EXECUTE, payload)
        self._told_types = True
        return answer

    def close(self) -> None:
        """Close the statement on the server, which sends no answer."""
        close_statement(self.connection, self._number)


class Block(NamedTuple):
    """Some consecutive rows of an answer.

    `records` has shape (rows,). `nulls`, shape (rows, columns), marks the columns that are NULL,
    where the record has 0; None if there are none.
    """

    records: np.ndarray
    nulls: np.ndarray | None


def select(
    connection: Connection, statement: str, record: np.dtype, size: int = 4 << 20
) -> Iterator[Block]:
    """Yield the rows of a SELECT, in blocks of about `size` bytes, without copying.

    `record` is the dtype of a row, as in PreparedInsert, with the types that the server sends:
    otherwise raises ValueError. Other errors are PyMySQL's. If the iterator is not exhausted, the
    connection is closed.
    """
    expected = types_of(record)
    number = prepare(connection, statement)
    connection._execute_command(
        COMMAND.COM_STMT_EXECUTE, struct.pack("<IBI", number, _NO_CURSOR, _ONE_ITERATION)
    )
    try:
        columns = connection._read_packet().read_length_encoded_integer()
        found = [_type_of(connection._read_packet()) for _ in range(columns)]
        connection._read_packet()  # the end of the definitions
        if found != expected:
            raise ValueError(f"{statement!r} gives columns of types {found}, not {expected}")
        yield from _blocks(connection, record, columns, size)
    except BaseException:
        connection._force_close()
        raise
    close_statement(connection, number)


def _blocks(connection: Connection, record: np.dtype, columns: int, size: int) -> Iterator[Block]:
    """Cut the stream of packets at the length that all rows without NULLs have."""
    frame = np.dtype(
        [("length", "u1", 3), ("sequence", "u1"), ("head", "u1"),
         ("nulls", "u1", (columns + 9) // 8), ("record", record)]
    )  # fmt: skip
    length = np.frombuffer(struct.pack("<I", frame.itemsize - 4)[:3], np.uint8)
    stream = connection._rfile
    buffer: bytes | memoryview = b""
    connection._sock.settimeout(connection._read_timeout)
    while True:
        whole = len(buffer) // frame.itemsize
        frames = np.frombuffer(buffer, frame, whole)
        usual = (frames["length"] == length).all(axis=1) & (frames["head"] == 0)
        count = whole if usual.all() else int(usual.argmin())
        if count:
            yield Block(frames["record"][:count], None)
        rest = memoryview(buffer)[count * frame.itemsize :]
        if len(rest) >= 4 and len(rest) >= 4 + (end := int.from_bytes(rest[:3], "little")):
            packet = bytes(rest[4 : 4 + end])
            if packet[0] == 0xFE and end < 9:
                return
            if packet[0] == 0xFF:
                MysqlPacket(packet, connection.encoding).raise_for_error()
            yield _with_nulls(packet, record, columns)
            rest = rest[4 + end :]
        else:
            # Only what has arrived: more may never come.
            more = stream.read1(size)
            if not more:
                raise OperationalError(CR.CR_SERVER_LOST, "Lost connection to server during query")
            rest = bytes(rest) + more
        buffer = rest


def _with_nulls(packet: bytes, record: np.dtype, columns: int) -> Block:
    """Return the single row of a packet; it has no bytes for NULL columns."""
    size = (columns + 9) // 8
    bits = np.frombuffer(packet, np.uint8, size, 1)
    nulls = np.unpackbits(bits, bitorder="little")[2 : 2 + columns].astype(bool)
    row = np.zeros(1, record)
    kept = np.repeat(~nulls, sizes(record))
    row.view(np.uint8)[kept] = np.frombuffer(packet, np.uint8, offset=1 + size)
    return Block(row, nulls[np.newaxis])


def prepare(connection: Connection, statement: str) -> int:
    """Prepare a statement and return its number."""
    connection._execute_command(COMMAND.COM_STMT_PREPARE, statement)
    answer = connection._read_packet().get_all_data()
    number, columns, parameters = struct.unpack_from("<IHH", answer, 1)
    for definitions in (parameters, columns):
        # One packet per definition, and one that ends them.
        for _ in range(definitions + (definitions > 0)):
            connection._read_packet()
    return int(number)


def executed(connection: Connection, command: int, payload: bytes) -> Inserted:
    """Execute an INSERT with a protocol command; return the server's answer."""
    connection._execute_command(command, payload)
    answer = OKPacketWrapper(connection._read_packet())
    connection.server_status = answer.server_status
    return Inserted(answer.affected_rows, answer.warning_count)


def total(answers: Iterable[Inserted]) -> Inserted:
    """Add up the answers to several INSERTs."""
    stored = warnings = 0
    for answer in answers:
        stored += answer.rows
        warnings += answer.warnings
    return Inserted(stored, warnings)


def close_statement(connection: Connection, number: int) -> None:
    """Close a statement on the server, which sends no answer."""
    connection._execute_command(COMMAND.COM_STMT_CLOSE, struct.pack("<I", number))


def _type_of(definition: MysqlPacket) -> int:
    """Return the type in a column's definition: after six strings and 0x0c, at a fixed offset."""
    for _ in range(6):
        definition.read_length_coded_string()
    _, _, _, kind, flags = definition.read_struct("<BHIBH")
    return int(kind | (UNSIGNED if flags & 0x20 else 0))


def rows_at_once(record: np.dtype, most: int) -> int:
    """Return how many rows of a record fit one statement, at most `most`."""
    columns = sum(numbers(record[name])[1] for name in record.names or ())
    return min(most, PLACEHOLDERS_MAX // columns)


def types_of(record: np.dtype) -> list[int]:
    """Return the protocol's type code of each column of a record."""
    fields = [numbers(record[name]) for name in record.names or ()]
    return [TYPES[each] for each, count in fields for _ in range(count)]


def numbers(field: np.dtype) -> tuple[np.dtype, int]:
    """Return the number type of a field, and how many numbers it holds."""
    return field.base, int(np.prod(field.shape, dtype=int))


def sizes(record: np.dtype) -> np.ndarray:
    """Return the size in bytes of each column of a record, shape (columns,)."""
    fields = [numbers(record[name]) for name in record.names or ()]
    return np.concatenate([np.repeat(each.itemsize, count) for each, count in fields])
