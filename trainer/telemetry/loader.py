"""Puts one chunk into its table, in one transaction with its row of `telemetry_progress`."""

from datetime import UTC, datetime

import numpy as np

from sql.names import quoted
from sql.objects import Shape, gradient_columns
from trainer.errors import TelemetryError
from trainer.telemetry.buffer_connection import BufferConnection
from trainer.telemetry.chunk import Chunk
from trainer.telemetry.encoding import encode, encode_literals

INSERT_BYTES = 1 << 19


class Loader:
    """Loads chunks of one run over one connection.

    `dtypes` maps a layer's number to the element type of its table. With `local_infile` off, batched INSERTs take the
    place of LOAD DATA LOCAL.
    """

    def __init__(
        self,
        connection: BufferConnection,
        shape: Shape,
        run_id: int,
        dtypes: dict[int, np.dtype],
        local_infile: bool = True,
    ) -> None:
        self.connection, self.shape, self.run_id = connection, shape, run_id
        self.dtypes, self.local_infile = dtypes, local_infile
        self._put = self._load if local_infile else self._insert

    def put(self, chunk: Chunk) -> None:
        """Store a chunk, or nothing of it.

        Raises TelemetryError where the server stored anything but what was sent: LOAD DATA LOCAL cannot abort, so a
        cell that it cannot read becomes 0 with a warning, and a duplicate row is skipped with one.
        """
        try:
            self._put(chunk)
            self._mark(chunk)
            self.connection.commit()
        except BaseException:
            if self.connection.open:
                self.connection.rollback()
            raise

    def close(self) -> None:
        """Close the connection."""
        if self.connection.open:
            self.connection.close()

    def _load(self, chunk: Chunk) -> None:
        columns = ", ".join(gradient_columns(chunk.layer.width))
        table = self.shape.table(chunk.layer)
        result = self.connection.load(
            f"LOAD DATA LOCAL INFILE 'memory' INTO TABLE {quoted(table)} CHARACTER SET binary "
            r"FIELDS TERMINATED BY ',' ESCAPED BY '\\' LINES TERMINATED BY '\n' "
            f"(Step, RowIndex, {columns}) SET Run = {self.run_id}, Epoch = {chunk.epoch}",
            encode(chunk, self.dtypes[chunk.layer.number]),
        )
        if result.rows != chunk.rows or result.warnings:
            raise TelemetryError(self._complaint(table, chunk, result.rows))

    def _insert(self, chunk: Chunk) -> None:
        columns = ", ".join(gradient_columns(chunk.layer.width))
        table = self.shape.table(chunk.layer)
        head = f"INSERT INTO {quoted(table)} (Run, Epoch, Step, RowIndex, {columns}) VALUES "
        rows = encode_literals(chunk, self.run_id, self.dtypes[chunk.layer.number])
        at_once = max(1, INSERT_BYTES // max(map(len, rows)))
        stored = 0
        with self.connection.cursor() as cursor:
            for start in range(0, len(rows), at_once):
                stored += cursor.execute(head + ",".join(rows[start : start + at_once]))
        if stored != chunk.rows:
            raise TelemetryError(self._complaint(table, chunk, stored))

    def _mark(self, chunk: Chunk) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO telemetry_progress (run_id, layer, epoch, first_step, last_step, `rows`, loaded_at) "
                "VALUES (%s, %s, %s, %s, %s, %s, %s)",
                (
                    self.run_id,
                    chunk.layer.number,
                    chunk.epoch,
                    chunk.first_step,
                    chunk.last_step,
                    chunk.rows,
                    datetime.now(UTC).replace(tzinfo=None),
                ),
            )

    def _complaint(self, table: str, chunk: Chunk, stored: int) -> str:
        with self.connection.cursor() as cursor:
            cursor.execute("SHOW WARNINGS LIMIT 1")
            warning = cursor.fetchone()
        first = f" The server's first warning: {warning[2]}" if warning else ""
        return (
            f"{table}, run {self.run_id}, epoch {chunk.epoch}, steps {chunk.first_step} to {chunk.last_step}: "
            f"{stored} of {chunk.rows} rows arrived as sent; the chunk was taken back.{first}"
        )
