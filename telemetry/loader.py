"""Puts chunks into their tables, each in one transaction with its row of `telemetry_progress`."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

import numpy as np
from pymysql.connections import Connection

from vanishing_gradients.sql.cells import gradient_columns
from vanishing_gradients.sql.names import quoted
from vanishing_gradients.sql.objects import ExperimentSchema, Layer
from vanishing_gradients.telemetry.chunk import Chunk, encode, encode_literals, small_norms
from vanishing_gradients.telemetry.connection import BufferConnection, interrupt
from vanishing_gradients.telemetry.errors import TelemetryError
from vanishing_gradients.words import Say

INSERT_BYTES = 1 << 19
NOTE_PROGRESS = (
    "INSERT INTO telemetry_progress "
    "(run_id, layer, epoch, first_step, last_step, row_count, loaded_at) "
    "VALUES (%s, %s, %s, %s, %s, %s, %s)"
)
FIND_PROGRESS = (
    "SELECT row_count FROM telemetry_progress "
    "WHERE run_id = %s AND layer = %s AND epoch = %s AND first_step = %s"
)
SMALL_NORMS_LOST = (
    "{} was made by an older version and has no column for the norms of rows whose values are all "
    "below 1e-140: these norms are 0, or have few digits. `make migrate NORMS=1`, "
    "when no run is training, gives it the column and works them out."
)
COLUMN_TYPE = (
    "SELECT UPPER(data_type) FROM information_schema.columns WHERE table_schema = DATABASE() "
    "AND table_name = %s AND column_name = 'Gradient1'"
)


class Loader:
    """Loads chunks of one run over one connection.

    `dtypes` maps a layer's number to the element type of its table. With `local_infile` off,
    batched INSERTs take the place of LOAD DATA LOCAL. `without_small_norm` has the numbers of
    layers whose table is of a version without SmallNorm; `warn` hears of norms that it needs.
    """

    def __init__(
        self,
        connection: BufferConnection,
        shape: ExperimentSchema,
        run_id: int,
        dtypes: dict[int, np.dtype],
        local_infile: bool = True,
        without_small_norm: Collection[int] = (),
        warn: Say = lambda sentence: None,
    ) -> None:
        self.connection, self.shape, self.run_id = connection, shape, run_id
        self.dtypes, self.local_infile = dtypes, local_infile
        self.without_small_norm, self.warn = without_small_norm, warn
        self._put = self._load if local_infile else self._insert

    def put(self, chunk: Chunk) -> None:
        """Store a chunk, or nothing of it.

        Raises TelemetryError where the server stored anything but what was sent: LOAD DATA LOCAL
        cannot abort, so a cell that it cannot read becomes 0 with a warning, and a duplicate row is
        skipped with one.
        """
        try:
            dtype = self.dtypes[chunk.layer.number]
            self._put(chunk, dtype)
            if dtype == np.float32 and self._widened(chunk):
                self.connection.rollback()
                self._put(chunk, self.dtypes[chunk.layer.number])
            self._mark(chunk)
            self.connection.commit()
        except BaseException:
            if self.connection.open:
                self.connection.rollback()
            raise

    def has(self, chunk: Chunk) -> bool:
        """Whether a chunk is stored: to be asked where the answer to its commit was lost."""
        found = self._ask(FIND_PROGRESS, *self._key(chunk))
        self.connection.commit()
        return found is not None

    def interrupt(self) -> None:
        """Let the thread that waits for the server's answer wait no longer."""
        interrupt(self.connection)

    def close(self) -> None:
        """Close the connection."""
        if self.connection.open:
            self.connection.close()

    def _load(self, chunk: Chunk, dtype: np.dtype) -> None:
        norms = self._small_norms(chunk)
        statement = load_gradients(
            self.shape, chunk.layer, self.run_id, chunk.epoch, norms is not None
        )
        result = self.connection.load(statement, encode(chunk, dtype, norms))
        if result.rows != chunk.rows or result.warnings:
            raise TelemetryError(self._complaint(chunk, result.rows))

    def _insert(self, chunk: Chunk, dtype: np.dtype) -> None:
        norms = self._small_norms(chunk)
        head = insert_gradients(self.shape, chunk.layer, norms is not None)
        rows = encode_literals(chunk, self.run_id, dtype, norms)
        at_once = max(1, INSERT_BYTES // max(map(len, rows)))
        stored = 0
        with self.connection.cursor() as cursor:
            for start in range(0, len(rows), at_once):
                stored += cursor.execute(head + ",".join(rows[start : start + at_once]))
        if stored != chunk.rows:
            raise TelemetryError(self._complaint(chunk, stored))

    def _small_norms(self, chunk: Chunk) -> np.ndarray | None:
        norms = small_norms(chunk.values)
        if norms is None or chunk.layer.number not in self.without_small_norm:
            return norms
        self.warn(SMALL_NORMS_LOST.format(self.shape.table(chunk.layer)))
        return None

    def _widened(self, chunk: Chunk) -> bool:
        """Whether the table, FLOAT when the run began, has become DOUBLE for another run.

        The fewer digits of a FLOAT are another number to a DOUBLE. To be asked after the rows of a
        transaction: until its end the table then stays as it is.
        """
        widened = self._ask(COLUMN_TYPE, self.shape.table(chunk.layer)) == ("DOUBLE",)
        if widened:
            self.dtypes[chunk.layer.number] = np.dtype(np.float64)
        return widened

    def _mark(self, chunk: Chunk) -> None:
        now = datetime.now(UTC).replace(tzinfo=None)
        self._ask(NOTE_PROGRESS, *self._key(chunk), chunk.last_step, chunk.rows, now)

    def _complaint(self, chunk: Chunk, stored: int) -> str:
        warning = self._ask("SHOW WARNINGS LIMIT 1")
        first = f" The server's first warning: {warning[2]}" if warning else ""
        return (
            f"{self.shape.table(chunk.layer)}, run {self.run_id}, epoch {chunk.epoch}, steps "
            f"{chunk.first_step} to {chunk.last_step}: {stored} of {chunk.rows} rows arrived as "
            f"sent; the chunk was taken back.{first}"
        )

    def _key(self, chunk: Chunk) -> tuple[int, int, int, int]:
        return self.run_id, chunk.layer.number, chunk.epoch, chunk.first_step

    def _ask(self, statement: str, *values: object) -> tuple[Any, ...] | None:
        """Run a statement; return the first row of its answer, if it has one."""
        with self.connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchone()


def load_gradients(
    shape: ExperimentSchema, layer: Layer, run_id: int, epoch: int, small_norm: bool = False
) -> str:
    """Return the LOAD DATA LOCAL statement for rows of Step, RowIndex, Gradient1 .. GradientN, and
    SmallNorm where they have one.

    The file name in it stands for nothing: the rows come from the client's memory.
    """
    return (
        f"LOAD DATA LOCAL INFILE 'memory' INTO TABLE {quoted(shape.table(layer))} "
        r"CHARACTER SET binary FIELDS TERMINATED BY ',' ESCAPED BY '\\' LINES TERMINATED BY '\n' "
        f"(Step, RowIndex, {_cells(layer, small_norm)}) "
        f"SET run_id = {run_id:d}, Epoch = {epoch:d}"
    )


def insert_gradients(shape: ExperimentSchema, layer: Layer, small_norm: bool = False) -> str:
    """Return the INSERT statement up to its row values, (run_id, Epoch, Step, RowIndex, cells), and
    SmallNorm where they have one."""
    columns, table = _cells(layer, small_norm), quoted(shape.table(layer))
    return f"INSERT INTO {table} (run_id, Epoch, Step, RowIndex, {columns}) VALUES "  # noqa: S608


def _cells(layer: Layer, small_norm: bool) -> str:
    return ", ".join([*gradient_columns(layer.width), *["SmallNorm"] * small_norm])


def load_limits(session: Connection) -> tuple[int, bool]:
    """Return how many bytes a server takes in one packet, and whether it takes LOAD DATA LOCAL."""
    with session.cursor() as cursor:
        cursor.execute("SELECT @@max_allowed_packet, @@local_infile")
        packet, local_infile = cursor.fetchone()
    return int(packet), bool(local_infile)
