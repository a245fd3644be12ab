"""Takes chunks from the training loop to a few writers, each with a connection of its own."""

import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from trainer.telemetry.chunk import Chunk
from trainer.telemetry.loader import Loader
from trainer.telemetry.statistics import chunk_statistics

WAITING = 12
"""Chunks that may wait for a writer before the training loop has to."""


@dataclass(frozen=True)
class Traffic:
    """How far the writers are: rows and values stored, and rows handed over but not stored yet."""

    rows: int = 0
    values: int = 0
    waiting_rows: int = 0


class Sink:
    """A bounded queue in front of `writers` threads; it blocks when full and never drops anything.

    Every chunk is summarised, and stored unless `connect` is None (a run that keeps statistics
    alone). What goes wrong in a writer is raised by the next `put` or `flush`; nothing is stored
    after it.
    """

    def __init__(self, connect: Callable[[], Loader] | None, writers: int = 2) -> None:
        self._connect = connect
        self._pool = ThreadPoolExecutor(writers, thread_name_prefix="writer")
        self._room = threading.BoundedSemaphore(WAITING + writers)
        self._lock = threading.Lock()
        self._own = threading.local()
        self._loaders: list[Loader] = []
        self._futures: dict[int, list[Future]] = defaultdict(list)
        self._failure: BaseException | None = None
        self._statistics: dict[int, list[tuple]] = defaultdict(list)
        self._taken_rows = self._rows = self._values = 0

    def put(self, chunk: Chunk) -> None:
        """Hand a chunk over, waiting for room where there is none."""
        self._room.acquire()
        if self._failure:
            self._room.release()
            raise self._failure
        with self._lock:
            self._taken_rows += chunk.rows
            future = self._pool.submit(self._write, chunk)
            self._futures[chunk.epoch].append(future)
        future.add_done_callback(self._done)

    def flush(self, epoch: int) -> Sequence[tuple]:
        """Wait until all chunks of an epoch are stored; return its rows of `step_statistics`.

        To be called once an epoch, when its last chunk has been handed over. Raises what went wrong
        in a writer, and CancelledError where the sink was closed before all chunks were stored.
        """
        with self._lock:
            futures = self._futures.pop(epoch, [])
        for future in futures:
            future.result()
        if self._failure:
            raise self._failure
        with self._lock:
            return self._statistics.pop(epoch, [])

    def traffic(self) -> Traffic:
        """Return what has been stored and what waits."""
        with self._lock:
            return Traffic(self._rows, self._values, self._taken_rows - self._rows)

    def close(self) -> None:
        """Stop the writers after the chunks they are at; those that still wait are not stored."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        for loader in self._loaders:
            loader.close()

    def _write(self, chunk: Chunk) -> None:
        if self._failure:
            return
        statistics = chunk_statistics(chunk)
        if self._connect:
            self._loader().put(chunk)
        with self._lock:
            self._statistics[chunk.epoch] += statistics
            self._rows += chunk.rows
            self._values += chunk.values.size

    def _loader(self) -> Loader:
        if not hasattr(self._own, "loader"):
            self._own.loader = self._connect()
            with self._lock:
                self._loaders.append(self._own.loader)
        return self._own.loader

    def _done(self, future: Future) -> None:
        with self._lock:
            if not future.cancelled() and future.exception() and not self._failure:
                self._failure = future.exception()
        self._room.release()
