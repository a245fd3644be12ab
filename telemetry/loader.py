"""Loads chunks into their tables, each in one transaction with its row of `telemetry_progress`."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

import numpy as np
from pymysql.err import IntegrityError

from vanishing_gradients.sql.objects import ExperimentSchema
from vanishing_gradients.telemetry.chunk import Chunk, small_norms
from vanishing_gradients.telemetry.connection import BufferConnection
from vanishing_gradients.telemetry.errors import RunBusyError, TelemetryError
from vanishing_gradients.telemetry.roads import ROADS, TextRoad
from vanishing_gradients.words import Say

NOTE_PROGRESS = (
    "INSERT INTO telemetry_progress (run_id, layer, epoch, first_step, last_step, row_count, "
    "loaded_at) VALUES (%s, %s, %s, %s, %s, %s, %s)"
)
OWNED = "SELECT run_id FROM runs WHERE run_id = %s AND lease_owner = %s LOCK IN SHARE MODE"
"""Until the transaction ends nobody else can take the run. The row's foreign key needs that lock
anyway."""
FIND_PROGRESS = (
    "SELECT row_count FROM telemetry_progress WHERE run_id = %s AND layer = %s AND epoch = %s AND "
    "first_step = %s"
)
SMALL_NORMS_LOST = (
    "{} was made by an older version and has no column for the norms of rows whose values are all "
    "below 1e-140: these norms are 0, or have few digits. `make migrate NORMS=1`, "
    "when no run is training, adds the column and computes them."
)
COLUMN_TYPE = (
    "SELECT UPPER(data_type) FROM information_schema.columns WHERE table_schema = DATABASE() "
    "AND table_name = %s AND column_name = 'Gradient1'"
)


class Loader:
    """Loads chunks of one run over one connection, by one of ROADS.

    `dtypes` maps a layer's number to the element type of its table. `without_small_norm` has the
    numbers of layers whose table version lacks SmallNorm; `warn` is called for norms that need it.
    Nothing is stored unless the run's lease is that of `owner`, if given.
    """

    def __init__(
        self,
        connection: BufferConnection,
        shape: ExperimentSchema,
        run_id: int,
        dtypes: dict[int, np.dtype],
        road: str = TextRoad.name,
        without_small_norm: Collection[int] = (),
        warn: Say = lambda sentence: None,
        owner: str | None = None,
    ) -> None:
        self.connection, self.shape, self.run_id = connection, shape, run_id
        self.dtypes, self.road = dtypes, ROADS[road](connection, shape, run_id)
        self.without_small_norm, self.warn, self.owner = without_small_norm, warn, owner

    def put(self, chunk: Chunk) -> None:
        """Store a whole chunk or nothing.

        Raises TelemetryError if the server stored anything other than what was sent. LOAD DATA
        LOCAL cannot abort: a cell that it cannot read becomes 0 with a warning, and a duplicate row
        is skipped with one. INSERTs raise IntegrityError and the like. Raises RunBusyError if
        another process has the run.
        """
        try:
            dtype = self.dtypes[chunk.layer.number]
            self._send(chunk, dtype)
            if dtype == np.float32 and self._widened(chunk):
                self.connection.rollback()
                self._send(chunk, self.dtypes[chunk.layer.number])
            self._mark(chunk)
            self.connection.commit()
        except IntegrityError as error:
            # A row is there already. LOAD DATA would only warn, on OceanBase not even that; then
            # the chunk is found to be marked.
            complaint = self._complaint(chunk, 0, str(error.args[-1]))
            self.connection.rollback()
            raise TelemetryError(complaint) from error
        except BaseException:
            if self.connection.open:
                self.connection.rollback()
            raise

    def has(self, chunk: Chunk) -> bool:
        """Return whether a chunk is stored, after the answer to its commit was lost."""
        found = self._ask(FIND_PROGRESS, *self._key(chunk))
        self.connection.commit()
        return found is not None

    def interrupt(self) -> None:
        """Wake the thread that waits for the server's answer."""
        self.connection.interrupt()

    def close(self) -> None:
        """Close the connection."""
        if self.connection.open:
            self.connection.close()

    def _send(self, chunk: Chunk, dtype: np.dtype) -> None:
        stored, warnings = self.road.send(chunk, dtype, self._small_norms(chunk))
        if stored != chunk.rows or warnings:
            raise TelemetryError(self._complaint(chunk, stored))

    def _small_norms(self, chunk: Chunk) -> np.ndarray | None:
        norms = small_norms(chunk.values, chunk.few)
        if norms is None or chunk.layer.number not in self.without_small_norm:
            return norms
        self.warn(SMALL_NORMS_LOST.format(self.shape.table(chunk.layer)))
        return None

    def _widened(self, chunk: Chunk) -> bool:
        """Return whether the table, FLOAT when the run began, has become DOUBLE for another run.

        A FLOAT's shorter digits are a different number in a DOUBLE column. Call it after the rows
        of a transaction: until the transaction ends the table cannot change.
        """
        widened = self._ask(COLUMN_TYPE, self.shape.table(chunk.layer)) == ("DOUBLE",)
        if widened:
            self.dtypes[chunk.layer.number] = np.dtype(np.float64)
        return widened

    def _mark(self, chunk: Chunk) -> None:
        if self.owner and not self._ask(OWNED, self.run_id, self.owner):
            raise RunBusyError(f"Run {self.run_id} belongs to another process by now.")
        now = datetime.now(UTC).replace(tzinfo=None)
        self._ask(NOTE_PROGRESS, *self._key(chunk), chunk.last_step, chunk.rows, now)

    def _complaint(self, chunk: Chunk, stored: int, error: str | None = None) -> str:
        warning = self._ask("SHOW WARNINGS LIMIT 1")
        said = warning[2] if warning else error
        first = f" The server's first warning: {said}" if said else ""
        return (
            f"{self.shape.table(chunk.layer)}, run {self.run_id}, epoch {chunk.epoch}, steps "
            f"{chunk.first_step} to {chunk.last_step}: {stored} of {chunk.rows} rows arrived as "
            f"sent; the chunk was rolled back.{first}"
        )

    def _key(self, chunk: Chunk) -> tuple[int, int, int, int]:
        return self.run_id, chunk.layer.number, chunk.epoch, chunk.first_step

    def _ask(self, statement: str, *values: object) -> tuple[Any, ...] | None:
        """Run a statement; return the first row of its answer, if any."""
        with self.connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchone()
