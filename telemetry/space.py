"""The space that rows take on a server, and whether there is enough where it keeps its data."""

import os
import socket
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, Connection, text

from vanishing_gradients.sql.address import on_this_machine
from vanishing_gradients.sql.connection import brand_of, engine
from vanishing_gradients.sql.errors import AccessError
from vanishing_gradients.sql.names import quoted
from vanishing_gradients.telemetry.chunk import COUNTED
from vanishing_gradients.telemetry.errors import RoomError
from vanishing_gradients.telemetry.runs import DTYPES, RunDescription, RunLayer
from vanishing_gradients.words import counted

PAGE = 16_384
FILLED = 15_100
"""Bytes of a page that rows fill: a sixteenth stays free, and there are a header and a trailer."""
ROW_HEAD = 32
"""Bytes of a gradient row besides its cells: keys, header, transaction and roll pointer."""
INDEX_ROW = 36
"""Bytes per row of the index that holds Norm and Mean."""
LOOSENESS, LOOSENESS_OF_ONE = 0.2, 0.35
"""A table's overhead beyond full pages if several writers fill it at once and pages split: a fifth,
and more the fewer rows a page has."""
LOOSE = 1.3
"""The same, roughly, if the number of rows is not known yet."""
SMALL = 600_000
EXTENTS = 5 * 1024**2
"""The reserve of a table that is no longer SMALL: its file then grows by four megabytes at a time,
and each index by one."""
STATISTICS_ROW, NEURON_ROW = 190, 116
HISTOGRAM = 2_200
"""Bytes of the rows of `layer_histograms` per layer and step: some 35 powers of two."""

# By default MySQL shows sizes that are up to a day old; MariaDB does not cache them.
FRESH = "SET SESSION time_zone = '+00:00' /*!80000 , SESSION information_schema_stats_expiry = 0 */"
RUN_ROWS = (
    "SELECT runs.run_id, runs.experiment, layers.layer_name, SUM(progress.row_count) AS kept FROM "
    "telemetry_progress AS progress INNER JOIN runs ON runs.run_id = progress.run_id INNER JOIN "
    "layers ON layers.run_id = progress.run_id AND layers.layer = progress.layer GROUP BY "
    "runs.run_id, runs.experiment, layers.layer_name"
)
# Counting the rows of step_statistics and layer_histograms gets slower with every sweep; instead,
# the catalogue tells how many a run has: its recorded steps, by layer and epoch. A layer whose rows
# are samples has one per image of the batch. The number of histogram rows varies; those of the last
# epoch's first step stand for all. Runs recorded by older versions have no such rows, and no neuron
# statistics, or only those of their last epochs.
STATISTICS_ROWS = (
    "SELECT runs.run_id, COUNT(*) * runs.completed_epoch AS epochs, "
    "CASE runs.source WHEN 'trainer' THEN CEIL(CEIL(runs.training_images / "
    "MAX(CASE WHEN layers.row_meaning = 'sample' THEN layers.row_count END)) / runs.record_every) "
    "ELSE CEIL((SELECT COUNT(*) FROM recorded_steps AS recorded "
    "WHERE recorded.run_id = runs.run_id) / NULLIF(runs.completed_epoch, 0)) END AS steps, "
    "SUM(layers.width) * CASE runs.source WHEN 'trainer' THEN "
    "(SELECT COUNT(*) FROM neuron_statistics AS neurons "
    "WHERE neurons.run_id = runs.run_id AND neurons.layer = 1 AND neurons.neuron = 1) "
    "ELSE runs.completed_epoch END AS neurons, "
    "runs.completed_epoch * (SELECT COUNT(*) FROM layers AS own "
    "INNER JOIN layer_histograms AS counts ON counts.run_id = own.run_id "
    "AND counts.layer = own.layer AND counts.epoch = runs.completed_epoch AND counts.step = 1 "
    "WHERE own.run_id = runs.run_id) AS exponents "
    "FROM runs INNER JOIN layers ON layers.run_id = runs.run_id "
    "GROUP BY runs.run_id, runs.completed_epoch, runs.training_images, runs.record_every, "
    "runs.source"
)
PLACE = (
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN "
    "('datadir', 'hostname', 'log_bin', 'innodb_redo_log_capacity', 'innodb_log_file_size')"
)
UNKNOWN = "how much is free where the server keeps its data cannot be seen from here"


@dataclass(frozen=True)
class TableSize:
    """Bytes of a table: those its rows and indexes take, and its file's reserve."""

    used: int
    spare: int

    @property
    def file(self) -> int:
        """Bytes of its file."""
        return self.used + self.spare


@dataclass(frozen=True)
class Place:
    """Where a server keeps its data.

    `folder` is None if it is not a folder of this machine that we can see. `binary_log`: whether
    everything is written a second time, to a binary log. `redo_to_come`: the bytes by which the
    redo log may still grow.
    """

    folder: Path | None
    free: int | None
    binary_log: bool
    redo_to_come: int


def gradient_table_bytes(rows: int, width: int, precision: str, share: float) -> int:
    """Estimate the size of a gradient table for `rows` rows of `width` cells, indexes included.

    `share` is the table's share of the run's values: several writers fill a large table at once,
    out of order.
    """
    row = ROW_HEAD + width * DTYPES[precision].itemsize + -(-width // 8)
    a_page = max(1, FILLED // row)
    pages = rows / a_page + rows / (FILLED // INDEX_ROW)
    loose = 1 + min(1.0, 2 * share) * (LOOSENESS + LOOSENESS_OF_ONE / a_page)
    used = int(pages * loose) * PAGE + 2 * PAGE
    return used + (EXTENTS if used > SMALL else 0)


def table_sizes(connection: Connection) -> dict[str, TableSize]:
    """Return the size of every table of the database, as the server now estimates it.

    Names that are not tables map to an empty size. There are none if the account may not ask.
    """
    sizes: defaultdict[str, TableSize] = defaultdict(lambda: TableSize(0, 0))
    connection.execute(text(FRESH))
    try:
        rows = connection.exec_driver_sql(brand_of(connection).table_sizes).all()
    except AccessError:
        connection.rollback()
        return sizes
    for name, used, spare in rows:
        sizes[name] = TableSize(int(used or 0), int(spare or 0))
    return sizes


def measure(connection: Connection, tables: Iterable[str]) -> None:
    """Make the server estimate the sizes of `tables` now; by itself it waits a while."""
    for name in tables:
        answer = connection.exec_driver_sql(f"ANALYZE TABLE {quoted(name)}")
        if answer.returns_rows:  # on OceanBase and TiDB it does not
            answer.all()
    connection.commit()


def run_sizes(connection: Connection, tables: dict[str, TableSize] | None = None) -> dict[int, int]:
    """Return the bytes of every run: its share, by rows, of the tables that hold its rows.

    None at all if the account may not ask how large tables are.
    """
    tables = tables or table_sizes(connection)
    if not tables:
        return {}
    stored = [
        (row.run_id, f"{row.experiment}_{row.layer_name}", int(row.kept))
        for row in connection.execute(text(RUN_ROWS))
    ]
    for row in connection.execute(text(STATISTICS_ROWS)):
        steps = int(row.steps or 0)
        kept = {
            "step_statistics": row.epochs * steps,
            "neuron_statistics": row.neurons,
            "epoch_layers": row.epochs,
            "layer_histograms": row.exponents * _counted(steps),
        }
        stored += [(row.run_id, table, int(rows or 0)) for table, rows in kept.items()]
    totals: Counter[str] = Counter()
    for _, table, rows in stored:
        totals[table] += rows
    sizes: defaultdict[int, float] = defaultdict(float)
    for run_id, table, rows in stored:
        sizes[run_id] += tables[table].used * rows / max(1, totals[table])
    return {run_id: round(size) for run_id, size in sizes.items()}


def place(connection: Connection, url: URL) -> Place:
    """Find out where the server at `url` keeps its data, and what is free there for us."""
    if not brand_of(connection).shows_folder:
        return Place(None, None, False, 0)
    found = {row.Variable_name: row.Value for row in connection.execute(text(PLACE))}
    binary_log = found.get("log_bin") == "ON"
    folder = Path(found["datadir"])
    # A server in a container may also answer on loopback, but under its own host name.
    ours = on_this_machine(url) and found.get("hostname") == socket.gethostname()
    if not (ours and os.access(folder, os.R_OK | os.X_OK)):
        return Place(None, None, binary_log, 0)
    capacity = int(found.get("innodb_redo_log_capacity") or found.get("innodb_log_file_size") or 0)
    logs = [*folder.glob("#innodb_redo/*"), *folder.glob("ib_logfile*")]
    redo = max(0, capacity - sum(path.stat().st_blocks * 512 for path in logs))
    disk = os.statvfs(folder)
    return Place(folder, disk.f_bavail * disk.f_frsize, binary_log, redo)


def _place(url: URL) -> Place:
    database = engine(url)
    try:
        with database.connect() as connection:
            return place(connection, url)
    finally:
        database.dispose()


def in_words(size: float | None) -> str:
    """Format bytes in decimal units, as file managers do: 7.9 GB, 312 MB, 43 kB, or unknown."""
    if size is None:
        return "unknown"
    for unit, name in ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if size >= 0.9995 * unit:
            number = size / unit
            return f"{number:.1f} {name}" if number < 99.95 else f"{number:,.0f} {name}"
    return f"{size:.0f} bytes"


def check_room(url: URL, runs: Sequence[tuple[RunDescription, int]]) -> str:
    """Return in one line how much space runs will take and how much is free.

    `runs` are descriptions, each with the number of epochs still to come. Raises RoomError if they
    cannot fit. If the free space is unknown, the line says so.
    """
    found = _place(url)
    rows = sum(run_bytes(description, epochs) for description, epochs in runs)
    logs = min(rows, found.redo_to_come) + (rows if found.binary_log else 0)
    need = in_words(rows + logs)
    taken = f"Room: about {need} to come"
    if found.folder is None or found.free is None:
        return f"{taken}; {UNKNOWN}."
    if rows + logs > found.free:
        subject = "The run needs" if len(runs) == 1 else f"These {len(runs)} runs need"
        of_it = f" ({in_words(logs)} of it in the server's own logs)" if logs else ""
        raise RoomError(
            f"{subject} about {need}{of_it}, and {in_words(found.free)} are free in "
            f"{found.folder}: LIMIT, RECORD_EVERY, PRECISION=single or TELEMETRY=statistics take "
            "less, and `make drop RUN=id` frees the space of an earlier run."
        )
    return f"{taken}, {in_words(found.free)} free in {found.folder}."


def run_bytes(description: RunDescription, epochs: int) -> int:
    """Estimate how much the tables of a trainer's run grow in `epochs` epochs."""
    steps = -(-_steps(description) // description.record_every)
    neurons = sum(layer.width for layer in description.layers)
    of_a_layer = steps * STATISTICS_ROW + _counted(steps) * HISTOGRAM
    statistics = epochs * (len(description.layers) * of_a_layer + neurons * NEURON_ROW)
    having = {layer.number for layer in description.stored.layers}
    counts = zip(layer_rows(description, epochs), description.layers, strict=True)
    stored = [(count, layer.width) for count, layer in counts if layer.layer in having]
    values = sum(count * width for count, width in stored)
    return statistics + sum(
        gradient_table_bytes(count, width, description.precision, count * width / max(1, values))
        for count, width in stored
    )


def raw_bytes(members: Sequence[RunLayer], cell: int) -> int:
    """Estimate the size of these layers' rows of one step, in cells of `cell` bytes."""
    return sum(
        int(each.row_count * (ROW_HEAD + INDEX_ROW + each.width * (cell + 0.125)) * LOOSE)
        for each in members
    )


def room_for(url: URL, step: int, count: int, every: int) -> str:
    """Return in one line the space for rows of `count` layers, `step` bytes per recorded step.

    Raises RoomError if not even the rows of a hundred steps fit.
    """
    found, layers = _place(url), counted(count, "layer")
    taken = (
        f"Room: every row of {layers} takes about {in_words(step)} a recorded step, "
        f"{in_words(1000 * step / every)} in 1,000 steps"
    )
    if found.folder is None or found.free is None:
        return f"{taken}; {UNKNOWN}."
    if 100 * step > found.free:
        raise RoomError(
            f"every row of {layers} takes about {in_words(step)} a step, and "
            f"{in_words(found.free)} are free in {found.folder}: keep rows of fewer layers, by "
            'telemetry={"fc*": "full"}, or of none'
        )
    return f"{taken}; {in_words(found.free)} are free in {found.folder}."


def layer_rows(description: RunDescription, epochs: int) -> list[int]:
    """Return the exact number of rows that each layer would store in `epochs` epochs."""
    batch, steps = _batch(description), _steps(description)
    every = description.record_every
    recorded = -(-steps // every)
    samples = recorded * batch
    if (steps - 1) % every == 0:  # the last batch, which may be smaller, is recorded
        samples -= steps * batch - _images(description)
    return [
        epochs * (layer.row_count * recorded if layer.has_weights else samples)
        for layer in description.layers
    ]


def _batch(description: RunDescription) -> int:
    """Return the samples of a full batch: the rows of every layer without weights."""
    return max(layer.row_count for layer in description.layers if not layer.has_weights)


def _steps(description: RunDescription) -> int:
    return -(-_images(description) // _batch(description))


def _images(description: RunDescription) -> int:
    assert description.training_images is not None, "only a watched model's are not known"
    return description.training_images


def _counted(steps: int) -> int:
    """Return at how many of an epoch's recorded steps cells are counted, including the last."""
    return min(steps, (steps - 1) // COUNTED + 1 + ((steps - 1) % COUNTED > 0))
