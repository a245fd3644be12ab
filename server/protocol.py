"""Prepared statements of the MySQL protocol, with rows as NumPy records: no number becomes text.

PyMySQL writes every value into the text of a statement, from which the server reads it back. Here a
row is sent as its bytes, over PyMySQL's connection, whatever it runs over. Sources, for both
servers alike:
https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_command_phase_ps.html and
https://mariadb.com/kb/en/com_stmt_execute/
"""

import struct
from typing import NamedTuple

import numpy as np
from pymysql.connections import Connection
from pymysql.constants import COMMAND
from pymysql.protocol import OKPacketWrapper

PLACEHOLDERS_MAX = 65_535
"""What a statement may have: the server counts them in two bytes."""
UNSIGNED = 0x8000
TYPES = {
    np.dtype("<u2"): 2 | UNSIGNED,
    np.dtype("<u4"): 3 | UNSIGNED,
    np.dtype("<f4"): 4,
    np.dtype("<f8"): 5,
}
"""The protocol's number of each type that a record may hold: SMALLINT, INT, FLOAT and DOUBLE."""
_NO_CURSOR, _ONE_ITERATION = 0, 1


class Inserted(NamedTuple):
    """What the server says of an INSERT."""

    rows: int
    warnings: int


class PreparedInsert:
    """An INSERT of a fixed number of rows, prepared once and executed often.

    `head` is the statement up to its row values; `record` is the dtype of a row, whose fields are
    numbers, or arrays of one dimension of them, in the order of the columns that `head` names.
    `prepare` and `execute` raise what PyMySQL raises for an error of the server, after which the
    connection can go on. Not for use by two threads at once.
    """

    def __init__(self, connection: Connection, head: str, record: np.dtype, rows: int) -> None:
        self.connection, self.record, self.rows = connection, record, rows
        self._fields = [_parts(record[name]) for name in record.names or ()]
        self._columns = sum(count for _, count in self._fields)
        types = [TYPES[each] for each, count in self._fields for _ in range(count)]
        self._types = struct.pack(f"<{len(types) * rows}H", *types * rows)
        self._sizes = np.concatenate(
            [np.repeat(each.itemsize, count) for each, count in self._fields]
        )
        marks = f"({','.join('?' * self._columns)})"
        self._number = self._prepare(f"{head}{','.join([marks] * rows)}")
        self._told_types = False

    @property
    def bytes(self) -> int:
        """How many bytes an execution sends at most."""
        return self.rows * (self.record.itemsize + self._columns) + len(self._types) + 16

    def execute(self, records: np.ndarray, nulls: np.ndarray | None = None) -> Inserted:
        """Insert `records`, shape (rows,), of which cells are NULL where `nulls` says so.

        `nulls` has shape (rows, columns), None where no cell is NULL.
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
        self.connection._execute_command(
            COMMAND.COM_STMT_EXECUTE, b"".join((head, bitmap, types, values))
        )
        answer = OKPacketWrapper(self.connection._read_packet())
        self._told_types = True
        self.connection.server_status = answer.server_status
        return Inserted(answer.affected_rows, answer.warning_count)

    def close(self) -> None:
        """Let the server forget the statement; it sends no answer."""
        self.connection._execute_command(COMMAND.COM_STMT_CLOSE, struct.pack("<I", self._number))

    def _prepare(self, statement: str) -> int:
        self.connection._execute_command(COMMAND.COM_STMT_PREPARE, statement)
        answer = self.connection._read_packet().get_all_data()
        number, columns, parameters = struct.unpack_from("<IHH", answer, 1)
        for definitions in (parameters, columns):
            # One packet each, and one that ends them.
            for _ in range(definitions + (definitions > 0)):
                self.connection._read_packet()
        return int(number)


def rows_at_once(record: np.dtype, most: int) -> int:
    """Return how many rows of a record one statement takes, at most `most`."""
    columns = sum(_parts(record[name])[1] for name in record.names or ())
    return min(most, PLACEHOLDERS_MAX // columns)


def _parts(field: np.dtype) -> tuple[np.dtype, int]:
    """Return the type of a field's numbers and how many they are."""
    return field.base, int(np.prod(field.shape, dtype=int))
