"""MariaDB's bulk execution: one statement, prepared for one row, runs for a whole packet of rows.

An INSERT prepared for many rows has thousands of placeholders. Each is an object that the server
visits several times per execution, and together they exceed a processor's cache. Here there is one
placeholder per column. PyMySQL does not announce this capability of a client, so `BulkConnection`
adds it to the handshake if the server offers it. Sources:
https://mariadb.com/kb/en/com_stmt_bulk_execute/ and https://mariadb.com/kb/en/connection/
"""

import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
from pymysql.constants import CLIENT
from pymysql.protocol import MysqlPacket

from vanishing_gradients.server.protocol import (
    Inserted,
    close_statement,
    executed,
    prepare,
    sizes,
    total,
    types_of,
)
from vanishing_gradients.sql.connection import Session

COM_STMT_BULK_EXECUTE = 0xFA
SENDS_TYPES = 128
BULK_OPERATIONS = 1 << 2
"""The bit in MariaDB's own capabilities: four bytes that MySQL leaves empty."""
GREETING_OFFSET = 27
"""Their offset in a server's greeting, from the end of its version."""
RESPONSE = slice(28, 32)
"""Their offset in the client's response; the bytes before them, from EMPTY on, are 0."""
EMPTY = slice(9, 28)
PACKET = 1 << 20
"""Bytes of rows per packet: fewer packets cost less; a quarter of the packet size we require."""


class BulkConnection(Session):
    """A connection that can execute in bulk (`takes_bulk`) if the server can.

    Same arguments as PyMySQL's.
    """

    takes_bulk = False
    _greeting: bytes | None = b""
    _logs_in = False

    def _get_server_information(self) -> None:
        self._greeting = None
        super()._get_server_information()
        offers = _own_capabilities(self._greeting or b"")
        self.takes_bulk = bool(offers & BULK_OPERATIONS)

    def _request_authentication(self) -> None:
        # MySQL clients set this bit; the server reads MariaDB's own capabilities only without it.
        if self.takes_bulk:
            self.client_flag &= ~CLIENT.LONG_PASSWORD
        else:
            self.client_flag |= CLIENT.LONG_PASSWORD
        self._logs_in = self.takes_bulk
        try:
            super()._request_authentication()
        finally:
            self._logs_in = False

    def _read_packet(self, packet_type: type[MysqlPacket] = MysqlPacket) -> MysqlPacket:
        packet: MysqlPacket = super()._read_packet(packet_type)
        if self._greeting is None:
            self._greeting = packet.get_all_data()
        return packet

    def write_packet(self, payload: bytes) -> None:
        """Send a packet; handshake packets (two with TLS) get our capabilities added."""
        if self._logs_in and len(payload) >= RESPONSE.stop and not any(payload[EMPTY]):
            own = struct.pack("<I", BULK_OPERATIONS)
            payload = payload[: RESPONSE.start] + own + payload[RESPONSE.stop :]
        super().write_packet(payload)


class BulkInsert:
    """An INSERT that is prepared for one row and executed for many.

    `head` is the statement up to its row values; `record` is the dtype of a row, as in
    PreparedInsert. Raises PyMySQL's errors; the connection stays usable after an error of the
    server, but the transaction may then have some of the rows. Not thread-safe.
    """

    def __init__(self, connection: BulkConnection, head: str, record: np.dtype) -> None:
        self.connection, self.record = connection, record
        types = types_of(record)
        self._types = struct.pack(f"<{len(types)}H", *types)
        self._number = prepare(connection, f"{head}({','.join('?' * len(types))})")
        self._told_types = False
        self.layout = _with_indicators(record)

    def execute(self, records: np.ndarray, nulls: np.ndarray | None = None) -> Inserted:
        """Insert `records`, shape (rows,).

        `nulls`, shape (rows, columns), marks the cells that are NULL; None if there are none.
        """
        return total(map(self.send, self.packets(records, nulls)))

    def packets(self, records: np.ndarray, nulls: np.ndarray | None = None) -> Iterator[memoryview]:
        """Yield packets for `send`, some rows each: of dtype `layout` if no cell is NULL."""
        at_once = max(1, PACKET // self.layout.itemsize)
        for start in range(0, len(records), at_once):
            part = slice(start, start + at_once)
            yield self._packed(records[part], None if nulls is None else nulls[part])

    def send(self, packet: memoryview) -> Inserted:
        """Insert the rows of a packet."""
        types = b"" if self._told_types else self._types
        head = struct.pack("<IH", self._number, 0 if self._told_types else SENDS_TYPES)
        payload = b"".join((head, types, packet))
        answer = executed(self.connection, COM_STMT_BULK_EXECUTE, payload)
        self._told_types = True
        return answer

    def close(self) -> None:
        """Close the statement on the server, which sends no answer."""
        close_statement(self.connection, self._number)

    def _packed(self, records: np.ndarray, nulls: np.ndarray | None) -> memoryview:
        """Return the bytes of some rows: an indicator before each value; NULLs have no value."""
        rows = np.zeros(len(records), self.layout)
        for name in self.record.names or ():
            rows[name]["value"] = records[name]
        octets = rows.view(np.uint8)
        if nulls is None:
            return octets.data
        octets = octets.reshape(len(rows), -1)
        # Per column: the bytes of the indicator, and of the value.
        each = np.column_stack([np.ones_like(sizes(self.record)), sizes(self.record)])
        octets[:, each.sum(axis=1).cumsum() - each.sum(axis=1)] = nulls
        sent = np.stack([np.ones_like(nulls), ~nulls], axis=2).reshape(len(rows), -1)
        return octets[np.repeat(sent, each.ravel(), axis=1)].data


def _with_indicators(record: np.dtype) -> np.dtype:
    """Return a record dtype with a byte before each number: 0, or 1 for NULL."""
    fields: list[Any] = []
    for name in record.names or ():
        number = np.dtype([("indicator", "u1"), ("value", record[name].base)])
        fields.append((name, number, record[name].shape))
    return np.dtype(fields)


def _own_capabilities(greeting: bytes) -> int:
    """Return the capabilities that only MariaDB has; 0 for another server."""
    offset = greeting.find(b"\0") + 1
    if len(greeting) < offset + GREETING_OFFSET + 4:
        return 0
    (shared,) = struct.unpack_from("<H", greeting, offset + 13)
    (own,) = struct.unpack_from("<I", greeting, offset + GREETING_OFFSET)
    return 0 if shared & CLIENT.LONG_PASSWORD else int(own)
