"""Ways of loading rows into the gradient tables: functions that load chunks and return the seconds.

All of them fill the same tables, generated columns and index included.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pymysql
from sqlalchemy import URL, Engine, column, insert, table

from vanishing_gradients.sql.connection import connect_arguments, engine
from vanishing_gradients.sql.objects import ExperimentSchema, gradient_columns
from vanishing_gradients.telemetry.chunk import Chunk, encode
from vanishing_gradients.telemetry.connection import BufferConnection
from vanishing_gradients.telemetry.loader import Loader
from vanishing_gradients.telemetry.roads import (
    BinaryRoad,
    insert_gradients,
    load_gradients,
    records,
)

KEYS = ("run_id", "Epoch", "Step", "RowIndex")


@dataclass(frozen=True)
class Target:
    """Where the rows go: the tables of an experiment, and a run."""

    url: URL
    shape: ExperimentSchema
    run_id: int

    def frame(self, chunk: Chunk) -> pd.DataFrame:
        """Return the rows of a chunk."""
        keys = (self.run_id, chunk.epoch, chunk.step_column(), chunk.row_index_column())
        cells = pd.DataFrame(chunk.values, columns=list(gradient_columns(chunk.layer.width)))
        return pd.DataFrame(dict(zip(KEYS, keys, strict=True))).join(cells)


def pandas_to_sql(to: Target, chunks: Sequence[Chunk]) -> float:
    """pandas.DataFrame.to_sql, as its documentation shows it."""
    frames = [(to.shape.table(chunk.layer), to.frame(chunk)) for chunk in chunks]
    made = engine(to.url)
    start = time.perf_counter()
    with made.begin() as connection:
        for name, frame in frames:
            frame.to_sql(name, connection, if_exists="append", index=False)
    return _elapsed(start, made)


def sqlalchemy_insert(to: Target, chunks: Sequence[Chunk]) -> float:
    """SQLAlchemy Core: one insert() with a list of dictionaries per chunk."""
    frames = [(to.shape.table(chunk.layer), to.frame(chunk)) for chunk in chunks]
    loads = [(table(name, *map(column, own)), own.to_dict("records")) for name, own in frames]
    made = engine(to.url)
    start = time.perf_counter()
    with made.begin() as connection:
        for target, rows in loads:
            connection.execute(insert(target), rows)
    return _elapsed(start, made)


def pymysql_executemany(to: Target, chunks: Sequence[Chunk]) -> float:
    """PyMySQL's executemany, which builds INSERTs of many rows."""
    loads = []
    for chunk in chunks:
        marks = ", ".join(["%s"] * (len(KEYS) + chunk.layer.width))
        statement = f"{insert_gradients(to.shape, chunk.layer)} ({marks})"
        loads.append((statement, to.frame(chunk).to_numpy().tolist()))
    connection = pymysql.connect(**connect_arguments(to.url))
    start = time.perf_counter()
    with connection.cursor() as cursor:
        for statement, rows in loads:
            cursor.executemany(statement, rows)
    connection.commit()
    seconds = time.perf_counter() - start
    connection.close()
    return seconds


def our_inserts(to: Target, chunks: Sequence[Chunk]) -> float:
    """The trainer's INSERTs of literals, which every server accepts."""
    dtypes = {chunk.layer.number: chunk.values.dtype for chunk in chunks}
    connection = BufferConnection(**connect_arguments(to.url))
    loader = Loader(connection, to.shape, to.run_id, dtypes, "insert")
    start = time.perf_counter()
    for chunk in chunks:
        loader.put(chunk)
    seconds = time.perf_counter() - start
    loader.close()
    return seconds


def bare_load_data(to: Target, chunks: Sequence[Chunk], repeats: int, connections: int) -> float:
    """The floor: LOAD DATA LOCAL of files encoded beforehand, with plain PyMySQL, and nothing else.

    The chunks, all of one epoch, are loaded `repeats` times, as epochs 1 to `repeats`: enough for
    the server to write out pages meanwhile, as it must in a whole run. `connections` load in
    parallel.
    """
    with TemporaryDirectory() as folder:
        files = [Path(folder) / f"{number}.csv" for number in range(len(chunks))]
        for path, chunk in zip(files, chunks, strict=True):
            path.write_bytes(encode(chunk))
        loads = [(chunk.layer, path) for chunk, path in zip(chunks, files, strict=True)]
        arguments = connect_arguments(to.url) | {"local_infile": True}
        opened = [pymysql.connect(**arguments) for _ in range(connections)]

        def share(number: int) -> None:
            for epoch in range(1, repeats + 1):
                for layer, path in loads[number::connections]:
                    statement = load_gradients(to.shape, layer, to.run_id, epoch)
                    opened[number].query(statement.replace("'memory'", f"'{path}'"))
                    opened[number].commit()

        return _at_once(share, opened)


def bare_binary(to: Target, chunks: Sequence[Chunk], repeats: int, connections: int) -> float:
    """The floor of the binary road: rows made beforehand, statements prepared, and nothing else.

    Otherwise as `bare_load_data`.
    """
    opened = [BufferConnection(**connect_arguments(to.url)) for _ in range(connections)]
    made = Packets if opened[0].takes_bulk else Records
    roads = [BinaryRoad(connection, to.shape, to.run_id) for connection in opened]
    loads = [
        [made(road, chunk) for chunk in chunks[number::connections]]
        for number, road in enumerate(roads)
    ]

    def share(number: int) -> None:
        for epoch in range(1, repeats + 1):
            for load in loads[number]:
                load.send(epoch)
                opened[number].commit()

    return _at_once(share, opened)


class Packets:
    """Rows of a chunk as packets for MariaDB's bulk execution, which can be sent for any epoch."""

    def __init__(self, road: BinaryRoad, chunk: Chunk) -> None:
        rows, _ = records(chunk, road.run_id, chunk.values.dtype, None)
        self.statement = road.in_bulk(chunk.layer, rows.dtype)
        self.packets = list(self.statement.packets(rows))

    def send(self, epoch: int) -> None:
        """Send all of them."""
        for packet in self.packets:
            np.frombuffer(packet, self.statement.layout)["Epoch"]["value"] = epoch
            self.statement.send(packet)


class Records:
    """Rows of a chunk as records for prepared INSERTs, which can be sent for any epoch."""

    def __init__(self, road: BinaryRoad, chunk: Chunk) -> None:
        self.road, self.chunk = road, chunk
        self.rows, _ = records(chunk, road.run_id, chunk.values.dtype, None)

    def send(self, epoch: int) -> None:
        """Send all of them."""
        self.rows["Epoch"] = epoch
        self.road.insert(self.chunk, self.rows)


def _at_once(
    share: Callable[[int], None], opened: Sequence[pymysql.connections.Connection]
) -> float:
    """Let each connection do its share, by its number, and close it; return the seconds."""
    start = time.perf_counter()
    with ThreadPoolExecutor(len(opened)) as pool:
        list(pool.map(share, range(len(opened))))
    seconds = time.perf_counter() - start
    for connection in opened:
        connection.close()
    return seconds


def _elapsed(start: float, made: Engine) -> float:
    seconds = time.perf_counter() - start
    made.dispose()
    return seconds
