"""A PyMySQL connection that answers LOAD DATA LOCAL from memory, and never from a file.

PyMySQL reads and sends whatever path the server names in its answer, in packets of 16 KB. Here the
name is ignored: the buffer of the current load is sent, or nothing if there is none.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from pymysql.connections import MySQLResult
from pymysql.constants import CR
from pymysql.err import InternalError, OperationalError

from vanishing_gradients.server.bulk import BulkConnection
from vanishing_gradients.sql.server_errors import FileRequestError

PACKET = 1 << 18


class BufferConnection(BulkConnection):
    """A connection with `load`; same arguments as PyMySQL's. Not thread-safe."""

    _result: Any
    _next_seq_id: int

    def __init__(self, **arguments: Any) -> None:
        self._payload: memoryview | None = None
        super().__init__(**arguments, local_infile=True)

    def load(self, statement: str, payload: bytes | memoryview) -> "LoadResult":
        """Run a LOAD DATA LOCAL statement with `payload` as its file, whatever name it gives."""
        self._payload = memoryview(payload)
        try:
            rows = self.query(statement)
            return LoadResult(rows, self._result.warning_count)
        finally:
            self._payload = None

    def _read_query_result(self, unbuffered: bool = False) -> int:
        self._result = None
        result = _BufferResult(self)
        (result.init_unbuffered_query if unbuffered else result.read)()
        self._result = result
        if result.server_status is not None:
            self.server_status = result.server_status
        return result.affected_rows

    def send_payload(self) -> bool:
        """Send the buffer of the current load, if any, and then the empty packet."""
        payload, self._payload = self._payload, None
        if payload is not None:
            size = min(PACKET, self.max_allowed_packet)
            for start in range(0, len(payload), size):
                self._write_piece(payload[start : start + size])
        self.write_packet(b"")
        return payload is not None

    def _write_piece(self, piece: memoryview) -> None:
        """Send one packet as `write_packet` does, but without joining header and data in a copy."""
        self._write_bytes(len(piece).to_bytes(3, "little") + bytes([self._next_seq_id]))
        self._write_bytes(piece)
        self._next_seq_id = (self._next_seq_id + 1) % 256


class LoadResult(NamedTuple):
    """The server's answer to a load."""

    rows: int
    warnings: int


class _BufferResult(MySQLResult):
    def _read_load_local_packet(self, first_packet: object) -> None:
        connection: BufferConnection = self.connection
        asked_for = connection.send_payload()
        try:
            answer = connection._read_packet()
        except InternalError as error:  # out of sequence: the server has aborted the load
            raise OperationalError(CR.CR_SERVER_LOST, str(error.args[-1])) from error
        if answer.is_load_local_packet():  # it waits for a file, which no statement may reach
            asked_for = False
            connection._force_close()
        if not asked_for:
            raise FileRequestError(
                CR.CR_SERVER_LOST,
                "The server asked for a file of this machine although nothing is being loaded; "
                "nothing was sent.",
            )
        self._read_ok_packet(answer)


Connect = Callable[[], BufferConnection]
