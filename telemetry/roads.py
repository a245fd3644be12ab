"""The roads by which gradient rows reach a server; which is fastest depends on the server.

A road sends a chunk within the caller's transaction, and returns the server's answer. Every road
stores the same values, bit for bit.
"""

from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

import numpy as np
import pymysql
from pymysql.constants import ER
from sqlalchemy import URL

from vanishing_gradients.server.bulk import BulkInsert
from vanishing_gradients.server.protocol import Inserted, PreparedInsert, rows_at_once, total
from vanishing_gradients.sql.brands import BINARY, INSERT, TEXT, Brand
from vanishing_gradients.sql.cells import gradient_columns
from vanishing_gradients.sql.connection import Session, connect_arguments
from vanishing_gradients.sql.errors import ServerError
from vanishing_gradients.sql.names import quoted
from vanishing_gradients.sql.objects import ExperimentSchema, Layer
from vanishing_gradients.sql.server_errors import DENIED
from vanishing_gradients.telemetry.chunk import Chunk, encode, encode_literals, storable
from vanishing_gradients.telemetry.connection import BufferConnection

INSERT_BYTES = 1 << 19
LET_PREPARE = "SET GLOBAL max_prepared_stmt_count = 16382"
PREPARED = 32
"""Statements that a connection keeps prepared: for layers, and for the rests of their chunks."""


Statement = TypeVar("Statement", BulkInsert, PreparedInsert)


class Statements(Generic[Statement]):
    """An LRU cache of a connection's PREPARED latest statements; others are closed."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, Statement] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Statement]) -> Statement:
        """Return the statement cached under a key, or the one that `make` prepares."""
        if key not in self._kept:
            while len(self._kept) >= PREPARED:
                self._kept.popitem(last=False)[1].close()
            self._kept[key] = make()
        self._kept.move_to_end(key)
        return self._kept[key]


class Road(ABC):
    """Sends chunks of one run over one connection. `norms` are for SmallNorm, if any."""

    name: ClassVar[str]

    def __init__(self, connection: BufferConnection, shape: ExperimentSchema, run_id: int) -> None:
        self.connection, self.shape, self.run_id = connection, shape, run_id

    @abstractmethod
    def send(self, chunk: Chunk, dtype: np.dtype, norms: np.ndarray | None) -> Inserted:
        """Send all rows of a chunk to a table whose cells have type `dtype`."""


class TextRoad(Road):
    """LOAD DATA LOCAL of lines of text."""

    name = TEXT

    def send(self, chunk: Chunk, dtype: np.dtype, norms: np.ndarray | None) -> Inserted:
        """Send all rows of a chunk at once."""
        statement = load_gradients(
            self.shape, chunk.layer, self.run_id, chunk.epoch, norms is not None
        )
        return Inserted(*self.connection.load(statement, encode(chunk, dtype, norms)))


class InsertRoad(Road):
    """INSERTs of many rows with literal numbers, which any server accepts."""

    name = INSERT

    def send(self, chunk: Chunk, dtype: np.dtype, norms: np.ndarray | None) -> Inserted:
        """Send all rows of a chunk in statements of half a megabyte."""
        head = insert_gradients(self.shape, chunk.layer, norms is not None)
        rows = encode_literals(chunk, self.run_id, dtype, norms)
        at_once = max(1, INSERT_BYTES // max(map(len, rows)))
        stored = warnings = 0
        with self.connection.cursor() as cursor:
            for start in range(0, len(rows), at_once):
                stored += cursor.execute(head + ",".join(rows[start : start + at_once]))
                warnings += cursor.warning_count
        return Inserted(stored, warnings)


class BinaryRoad(Road):
    """INSERTs whose numbers are sent as bytes: in bulk, if the server supports that."""

    name = BINARY

    def __init__(self, connection: BufferConnection, shape: ExperimentSchema, run_id: int) -> None:
        super().__init__(connection, shape, run_id)
        self._bulk, self._prepared = Statements[BulkInsert](), Statements[PreparedInsert]()

    def send(self, chunk: Chunk, dtype: np.dtype, norms: np.ndarray | None) -> Inserted:
        """Send all rows of a chunk, in batches of the server's best size."""
        return self.insert(chunk, *records(chunk, self.run_id, dtype, norms))

    def insert(self, chunk: Chunk, rows: np.ndarray, nulls: np.ndarray | None = None) -> Inserted:
        """Send the records made from a chunk by `records`."""
        if self.connection.takes_bulk:
            return self.in_bulk(chunk.layer, rows.dtype).execute(rows, nulls)
        at_once = rows_at_once(rows.dtype, self.connection.brand.prepared_rows)

        def answer(start: int) -> Inserted:
            part = slice(start, start + at_once)
            statement = self._of_rows(chunk.layer, rows.dtype, len(rows[part]))
            return statement.execute(rows[part], None if nulls is None else nulls[part])

        return total(map(answer, range(0, len(rows), at_once)))

    def in_bulk(self, layer: Layer, record: np.dtype) -> BulkInsert:
        """Return the statement for any number of rows, on a connection that supports bulk."""
        head = self._head(layer, record)
        return self._bulk.get((head, record), lambda: BulkInsert(self.connection, head, record))

    def _of_rows(self, layer: Layer, record: np.dtype, rows: int) -> PreparedInsert:
        head = self._head(layer, record)
        return self._prepared.get(
            (head, record, rows), lambda: PreparedInsert(self.connection, head, record, rows)
        )

    def _head(self, layer: Layer, record: np.dtype) -> str:
        return insert_gradients(self.shape, layer, "SmallNorm" in (record.names or ()))


ROADS: dict[str, type[Road]] = {road.name: road for road in (BinaryRoad, TextRoad, InsertRoad)}
AUTO = "auto"
STATEMENTS = PREPARED * 8
"""Prepared statements that a server must allow its sessions, for several writers."""


TOLD = {BINARY: "binary rows", TEXT: "LOAD DATA"}


@dataclass(frozen=True)
class Choice:
    """The road that a run uses, and a sentence why; `slow` if another would be faster."""

    road: str
    why: str
    slow: bool = False


@dataclass(frozen=True)
class Facts:
    """What a server is and allows: `statements` is the total its sessions may prepare; `may_load`
    whether the account has what LOAD DATA LOCAL takes there."""

    brand: Brand
    local_infile: bool
    statements: int
    may_load: bool = True

    @property
    def let_in(self) -> str:
        """What would allow LOAD DATA LOCAL."""
        if self.local_infile:
            return f"the privilege {self.brand.loads_with} on *.* lets it in"
        return "SET GLOBAL local_infile = ON lets it in"


def facts(session: Session, url: URL) -> Facts:
    """Query a server, and the migrated database at `url`, for what decides the road."""
    with session.cursor() as cursor:
        cursor.execute("SELECT @@local_infile, @@max_prepared_stmt_count")
        local_infile, statements = cursor.fetchone()
    may_load = session.brand.loads_with is None or not local_infile or _loads(url)
    return Facts(session.brand, bool(local_infile), statements, may_load)


def _loads(url: URL) -> bool:
    """Return whether the account may LOAD DATA LOCAL: no row is sent.

    A database without tables does not tell; that it lacks them is said elsewhere.
    """
    connection = BufferConnection(**connect_arguments(url))
    try:
        connection.load("LOAD DATA LOCAL INFILE 'memory' INTO TABLE telemetry_progress", b"")
    except pymysql.MySQLError as error:
        if error.args[0] not in (*DENIED, ER.NO_SUCH_TABLE):
            raise
        return error.args[0] not in DENIED
    finally:
        connection.close()
    return True


def choose(server: Facts, wanted: str = AUTO, precision: str = "double") -> Choice:
    """Choose the fastest road that a server allows for values in a precision, or the wanted one.

    Raises ServerError if the server forbids the wanted one.
    """
    allowed = {
        TEXT: server.local_infile and server.may_load,
        BINARY: server.statements >= STATEMENTS,
        INSERT: True,
    }
    if wanted == TEXT and not allowed[TEXT]:
        raise ServerError(f"ROAD=text needs LOAD DATA LOCAL: {server.let_in}, or leave ROAD out")
    if wanted == BINARY and not allowed[BINARY]:
        raise ServerError(
            "ROAD=binary needs prepared statements, of which the server allows "
            f"{server.statements}: run {LET_PREPARE} on it, or leave ROAD out"
        )
    if wanted != AUTO:
        return Choice(wanted, "as ROAD says")
    best, second = server.brand.roads(precision)
    if allowed[best]:
        return Choice(best, f"{server.brand.name} takes {TOLD[best]} faster than {TOLD[second]}")
    road = second if allowed[second] else INSERT
    if road == TEXT:
        few = f"the server allows {server.statements} prepared statements, too few for binary rows"
        why = f"{few}, which are faster: {LET_PREPARE} lets them in"
    else:
        why = f"the server forbids LOAD DATA LOCAL, which is faster: {server.let_in}"
    return Choice(road, why, slow=True)


def records(
    chunk: Chunk, run_id: int, dtype: np.dtype, norms: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the rows of a chunk as records, shape (rows,), in the order of a table's columns, and
    a mask of NULLs, shape (rows, columns), or None if there are none.

    A value that is not storable is NULL, and so is a NaN norm.
    """
    width = chunk.layer.width
    fields = [
        ("run_id", "<u4"), ("Epoch", "<u2"), ("Step", "<u4"), ("RowIndex", "<u4"),
        ("cells", dtype.newbyteorder("<"), (width,)),
    ]  # fmt: skip
    if norms is not None:
        fields.append(("SmallNorm", "<f8"))
    rows = np.empty(chunk.rows, np.dtype(fields))
    rows["run_id"], rows["Epoch"] = run_id, chunk.epoch
    rows["Step"], rows["RowIndex"] = chunk.step_column(), chunk.row_index_column()
    values = chunk.values.astype(dtype, copy=False)
    rows["cells"] = values
    good = storable(values)  # contiguous, unlike the cells of records
    if norms is None and good.all():
        return rows, None
    keys = np.zeros((chunk.rows, 4), bool)
    nulls = [keys, ~good]
    if norms is not None:
        rows["SmallNorm"] = norms
        nulls.append(np.isnan(norms)[:, np.newaxis])
    return rows, np.hstack(nulls)


def load_gradients(
    shape: ExperimentSchema, layer: Layer, run_id: int, epoch: int, small_norm: bool = False
) -> str:
    """Return the LOAD DATA LOCAL statement for rows of Step, RowIndex, Gradient1 .. GradientN, and
    optionally SmallNorm.

    The file name in it is a dummy: the rows come from the client's memory.
    """
    return (
        f"LOAD DATA LOCAL INFILE 'memory' INTO TABLE {quoted(shape.table(layer))} "
        r"CHARACTER SET binary FIELDS TERMINATED BY ',' ESCAPED BY '\\' LINES TERMINATED BY '\n' "
        f"(Step, RowIndex, {columns_sent(layer, small_norm)}) "
        f"SET run_id = {run_id:d}, Epoch = {epoch:d}"
    )


def insert_gradients(shape: ExperimentSchema, layer: Layer, small_norm: bool = False) -> str:
    """Return the INSERT statement up to its row values, (run_id, Epoch, Step, RowIndex, cells), and
    optionally SmallNorm."""
    columns = columns_sent(layer, small_norm)
    table = quoted(shape.table(layer))
    return f"INSERT INTO {table} (run_id, Epoch, Step, RowIndex, {columns}) VALUES "  # noqa: S608


def columns_sent(layer: Layer, small_norm: bool) -> str:
    """Return the cells of a row as a statement lists them, and optionally SmallNorm."""
    return ", ".join([*gradient_columns(layer.width), *["SmallNorm"] * small_norm])
