"""What differs between brands of servers, one class each. The SQL files are the same for all.

A server announces a version when a client connects, but OceanBase and TiDB announce MySQL's, so
VERSION() and @@version_comment are asked. A statement that only some servers understand is marked
with a version comment: `/*!80000 ... */` is read by MySQL, `/*M!100000 ... */` by MariaDB.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from vanishing_gradients.sql.names import quoted

VIEW = "CREATE OR REPLACE /*!80000 SQL SECURITY INVOKER */ /*M!100000 SQL SECURITY INVOKER */ VIEW"
"""How every view begins. OceanBase knows only views that read with their definer's rights, which
gives nobody more: the reader may SELECT from the whole database."""
BARE = "CREATE OR REPLACE SQL SECURITY INVOKER VIEW"
"""How views of older versions begin in their files."""

TABLE_SIZES = (
    "SELECT table_name AS name, data_length + index_length AS used, data_free AS spare FROM "
    "information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'"
)
TABLET_SIZES = (
    "SELECT COALESCE(whole.table_name, own.table_name) AS name, SUM(parts.size) AS used, "
    "0 AS spare FROM oceanbase.`V$OB_SSTABLES` AS parts "
    "INNER JOIN oceanbase.__all_tablet_to_table AS tablets ON tablets.tablet_id = parts.tablet_id "
    "INNER JOIN oceanbase.__all_table AS own ON own.table_id = tablets.table_id "
    "INNER JOIN oceanbase.__all_database AS names ON names.database_id = own.database_id "
    "LEFT JOIN oceanbase.__all_table AS whole ON whole.table_id = own.data_table_id "
    "WHERE names.database_name = DATABASE() GROUP BY 1"
)
"""The parts of each table and of its indexes, in memory and on disk. information_schema says 0 of
rows in memory. Only an administrator may ask."""

BINARY, TEXT, INSERT = "binary", "text", "insert"
"""The roads of gradient rows: telemetry/roads.py."""


@dataclass(frozen=True)
class Brand:
    """A server's brand, and its version: numbers such as (8, 4, 3)."""

    version: tuple[int, ...]

    flavour: ClassVar[str]
    """The brand's name in code."""
    name: ClassVar[str]
    oldest: ClassVar[tuple[int, ...]]
    """The oldest version on which this project's SQL runs."""
    tried: ClassVar[bool] = True
    """Whether this project's tests have run on it."""
    variables: ClassVar[tuple[str, ...]]
    """The flavours whose session variables it has (sql/session_variables.py)."""
    read_only: ClassVar[str | None] = "transaction_read_only"
    """The variable that makes a session read-only."""
    passing: ClassVar[frozenset[int]] = frozenset()
    """Numbers of errors that may not recur, besides those of MySQL and MariaDB."""
    fastest: ClassVar[tuple[str, str]] = (TEXT, BINARY)
    """The two fast roads of values in double precision, the faster one first."""
    fastest_single: ClassVar[tuple[str, str] | None] = None
    """The same in single precision, if it is another order."""
    prepared_rows: ClassVar[int] = 25
    """Rows of a prepared INSERT: with fewer, each row costs more to send. The placeholders of a
    hundred rows exceed a processor's cache, and cost three times as much if the cache is shared."""
    table_sizes: ClassVar[str] = TABLE_SIZES
    """A query for (name, used, spare) of every table of the database, in bytes."""
    shows_folder: ClassVar[bool] = True
    """Whether its variables say where it keeps its data, and how its logs grow."""
    rebuilds: ClassVar[bool] = True
    """Whether OPTIMIZE TABLE frees the space of deleted rows."""
    denies_first: ClassVar[bool] = True
    """Whether it looks at an account's privileges before it looks for the table."""
    loads_with: ClassVar[str | None] = None
    """The privilege on the whole server that LOAD DATA LOCAL takes, if any."""
    reserves_numbers: ClassVar[bool] = False
    """Whether it reserves many AUTO_INCREMENT numbers at once, a setting of the table."""
    partitions: ClassVar[bool] = False
    """Whether a gradient table has a partition for each run, which is dropped at once."""
    survives_by: ClassVar[tuple[str, str] | None] = None
    """A parameter, and the value with which transactions under way end when it is killed; None:
    they always do."""

    def __str__(self) -> str:
        return f"{self.name} {dotted(self.version)}"

    @property
    def recent(self) -> bool:
        """Whether this project's SQL runs on the version."""
        return self.version >= self.oldest

    def roads(self, precision: str) -> tuple[str, str]:
        """Return the two fast roads of values in a precision, the faster one first."""
        return self.fastest_single or self.fastest if precision == "single" else self.fastest

    def partitioning(self) -> str:
        """Return what follows a gradient table's definition."""
        return ""

    def time_limit(self, seconds: int) -> dict[str, str]:
        """Return the session variable that ends statements after some seconds, and its value."""
        return {"max_execution_time": f"{1000 * seconds}"}


class MySQL(Brand):
    """MySQL. It writes each number of a binary row as text for its logs, and reads text faster."""

    flavour, name, oldest = "mysql", "MySQL", (8, 4)
    variables = ("mysql",)


class MariaDB(Brand):
    """MariaDB, which reads binary rows in bulk four times as fast as text."""

    flavour, name, oldest = "mariadb", "MariaDB", (10, 11)
    variables, read_only = ("mariadb",), "tx_read_only"
    fastest = (BINARY, TEXT)

    def time_limit(self, seconds: int) -> dict[str, str]:
        """Return the session variable that ends statements after some seconds, and its value."""
        return {"max_statement_time": f"{seconds}"}


class OceanBase(Brand):
    """OceanBase in MySQL mode, a distributed engine.

    A gradient table is partitioned by run, so that a run lives on one node, and goes at once. No
    table can have no partition, so there is one for run 0, which is never used. It takes half of
    the CPU seconds for binary rows in single precision that it takes for text. Numbers of errors:
    https://en.oceanbase.com/docs/common-oceanbase-database-10000000001106088
    """

    flavour, name, oldest = "oceanbase", "OceanBase", (4, 3)
    variables = ("mysql", "oceanbase")
    passing = frozenset(
        {
            4012, 4013, 4023, 4030,  # timeout; no memory; "try again"; no memory for rows
            4038, 4184, 4654, 4725,  # not the master; disk full; location; table is moving
            6001, 6002, 6003, 6004, 6005, 6210, 6211, 6213, 6224, 6225,  # transaction rolled back
        }
    )  # fmt: skip
    fastest_single, prepared_rows = (BINARY, TEXT), 60
    table_sizes = TABLET_SIZES
    shows_folder, rebuilds, denies_first = False, False, False
    loads_with, partitions, reserves_numbers = "FILE", True, True

    def partitioning(self) -> str:
        """Return what follows a gradient table's definition: the partition of run 0."""
        return " PARTITION BY LIST (run_id) (PARTITION `run_0` VALUES IN (0))"

    def time_limit(self, seconds: int) -> dict[str, str]:
        """Return the session variable that ends statements after some seconds, and its value."""
        return {"ob_query_timeout": f"{1_000_000 * seconds}"}


class Seekdb(OceanBase):
    """seekdb, the SQL engine of OceanBase in one process.

    Once it has logged part of a transaction, which it does at every 16 KiB by default, and is
    killed, that transaction is under way forever and keeps its locks (1.4.0, tried).
    """

    name, oldest = "seekdb", (1, 4)
    survives_by = ("_private_buffer_size", "0B")


class TiDB(Brand):
    """TiDB: what it needs is known from its documentation only."""

    flavour, name, oldest, tried = "tidb", "TiDB", (8, 5), False
    variables, read_only = ("mysql",), None
    passing = frozenset({8002, 8022, 8028, *range(9001, 9008)})
    shows_folder, rebuilds = False, False


BRANDS: tuple[type[Brand], ...] = (MySQL, MariaDB, OceanBase, Seekdb, TiDB)
PATTERNS: Sequence[tuple[str, type[Brand]]] = (
    (r"seekdb[- ]\(?[vr]([\d.]+)", Seekdb),
    (r"oceanbase[- ](?:[a-z]+[- ])?v?([\d.]+)", OceanBase),
    (r"tidb-v?([\d.]+)", TiDB),
)
"""What VERSION() or @@version_comment contain of those that announce MySQL's version."""


def recognised(version: str, comment: str = "") -> Brand:
    """Return the brand of a server from its VERSION() and @@version_comment."""
    if "mariadb" in version.lower():  # its greeting hides the version behind 5.5.5- for old clients
        return MariaDB(numbers(version.removeprefix("5.5.5-")))
    for pattern, brand in PATTERNS:
        if found := re.search(pattern, f"{version} {comment}", re.I):
            return brand(numbers(found[1]))
    return MySQL(numbers(version))


def of_flavour(flavour: str) -> type[Brand]:
    """Return the brand of a flavour; raises KeyError if there is none."""
    return {each.flavour: each for each in reversed(BRANDS)}[flavour]


def numbers(text: str) -> tuple[int, ...]:
    """Return the first three numbers of a version."""
    return tuple(int(number) for number in re.findall(r"\d+", text)[:3])


def dotted(version: tuple[int, ...]) -> str:
    """Return a version as text: 8.4."""
    return ".".join(map(str, version))


def partition_name(run_id: int) -> str:
    """Return the name of a run's partition."""
    return f"run_{run_id:d}"


def add_partition(table: str, run_id: int) -> str:
    """Return the statement that adds a run's partition to a gradient table."""
    name = partition_name(run_id)
    return (
        f"ALTER TABLE {quoted(table)} ADD PARTITION "
        f"(PARTITION {quoted(name)} VALUES IN ({run_id:d}))"
    )


def drop_partition(table: str, run_id: int) -> str:
    """Return the statement that drops a run's partition, with its rows."""
    return f"ALTER TABLE {quoted(table)} DROP PARTITION {quoted(partition_name(run_id))}"
