"""Carries chunks from the training loop to a few writers, each with its own connection."""

import threading
from collections import defaultdict
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from pymysql.err import IntegrityError

from vanishing_gradients.sql.server_errors import no_connection_free, passing
from vanishing_gradients.telemetry.chunk import Chunk
from vanishing_gradients.telemetry.errors import TelemetryError
from vanishing_gradients.telemetry.loader import Loader
from vanishing_gradients.telemetry.noise import SumsInOrder
from vanishing_gradients.telemetry.retry import Retry
from vanishing_gradients.telemetry.statistics import (
    ChunkStatistics,
    EpochStatistics,
    chunk_statistics,
    epoch_statistics,
)

WAITING = 12
"""Chunks that may wait for a writer before the training loop has to wait."""


@dataclass(frozen=True)
class Traffic:
    """The writers' progress: rows and values stored, and their backlog.

    `outage` is for how many seconds the server has been away; None if it is not.
    """

    rows: int = 0
    values: int = 0
    waiting_rows: int = 0
    outage: float | None = None


class Sink:
    """A bounded queue for `writers` threads; it blocks when full and never drops anything.

    Every chunk is summarised. Chunks of the layers numbered in `stored` (None: all) go to the
    server; none do if `connect` is None (a run that keeps statistics only). `retry` repeats what
    fails because the server is away, and a chunk whose commit may have happened is looked up before
    it is sent again. If the server has no connection for a writer, the writers share theirs. Any
    other error in a writer is raised by the next `put` or `flush`; nothing is stored after it.
    `seen` is called with the rows of `step_statistics` of each chunk, before they are stored.
    """

    def __init__(
        self,
        connect: Callable[[], Loader] | None,
        writers: int = 2,
        retry: Retry | None = None,
        stored: Collection[int] | None = None,
        seen: Callable[[list[tuple[Any, ...]]], None] = lambda steps: None,
    ) -> None:
        self._connect, self._stored, self._seen = connect, stored, seen
        self._retry = retry or Retry()
        self._pool = ThreadPoolExecutor(writers, thread_name_prefix="writer")
        self._room = threading.BoundedSemaphore(WAITING + writers)
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._loaders: list[Loader] = []
        self._idle: list[Loader] = []
        self._refusal: Exception | None = None
        self._futures: dict[int, list[Future[None]]] = defaultdict(list)
        self._failure: BaseException | None = None
        self._statistics: dict[int, list[ChunkStatistics]] = defaultdict(list)
        self._sums: dict[tuple[int, int], SumsInOrder] = defaultdict(SumsInOrder)
        self._taken_rows = self._rows = self._values = 0

    def wait_for_room(self, seconds: float) -> bool:
        """Wait up to `seconds` until a chunk would fit at once; return whether it would."""
        if self._room.acquire(timeout=seconds):
            self._room.release()
            return True
        return False

    def put(self, chunk: Chunk, seconds: float | None = None) -> None:
        """Hand over a chunk, waiting for room in the queue.

        After `seconds`, if given, the chunk is accepted even without room.
        """
        place = self._room.acquire(timeout=seconds)
        if self._failure:
            if place:
                self._room.release()
            raise self._failure
        with self._lock:
            self._taken_rows += chunk.rows
            future = self._pool.submit(self._write, chunk)
            self._futures[chunk.epoch].append(future)
        future.add_done_callback(partial(self._done, place))

    def flush(self, epoch: int) -> EpochStatistics:
        """Wait until all chunks of an epoch are stored; return its statistics.

        Call this once per epoch, after its last chunk. Raises errors of the writers, and
        CancelledError if the sink was closed before all chunks were stored.
        """
        with self._lock:
            futures = self._futures.pop(epoch, [])
        for future in futures:
            future.result()
        if self._failure:
            raise self._failure
        with self._lock:
            chunks = self._statistics.pop(epoch, [])
            places = [place for place in self._sums if place[1] == epoch]
            noise = {place: self._sums.pop(place).noise() for place in places}
        return replace(epoch_statistics(chunks), noise=noise)

    def traffic(self) -> Traffic:
        """Return what has been stored and what is waiting."""
        with self._lock:
            waiting = self._taken_rows - self._rows
            return Traffic(self._rows, self._values, waiting, self._retry.outage())

    def interrupt(self) -> None:
        """Wake all writers that wait for an answer of the server."""
        with self._lock:
            loaders = list(self._loaders)
        for loader in loaders:
            loader.interrupt()

    def close(self) -> None:
        """Stop the writers after their current chunks; waiting chunks are not stored."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        for loader in self._loaders:
            loader.close()

    def _write(self, chunk: Chunk) -> None:
        if self._failure:
            return
        chunk = chunk.in_rows()
        statistics = chunk_statistics(chunk)
        self._seen(statistics.steps)
        if statistics.sums:
            with self._lock:
                sums = self._sums[chunk.layer.number, chunk.epoch]
                sums.add(chunk.number, chunk.first_step, statistics.sums)
        looked_at = replace(chunk, few=statistics.few)
        statistics = replace(statistics, sums=None, few=None)  # these are large
        if self._connect and (self._stored is None or chunk.layer.number in self._stored):
            self._retry.call(lambda again: self._store(looked_at, again))
        with self._lock:
            self._statistics[chunk.epoch].append(statistics)
            self._rows += chunk.rows
            self._values += chunk.values.size

    def _store(self, chunk: Chunk, again: bool) -> None:
        """Store a chunk, which may be stored already if it is sent `again`."""
        loader = self._take()
        try:
            if again and loader.has(chunk):
                return
            try:
                loader.put(chunk)
            except (TelemetryError, IntegrityError):
                # The earlier attempt may still have been under way, and succeeded since.
                if not (again and loader.has(chunk)):
                    raise
        except Exception as error:
            if passing(error):
                self._forget(loader)
            raise
        finally:
            self._give_back(loader)

    def _take(self) -> Loader:
        """Return an unused loader with a connection that is as good as new."""
        while True:
            with self._changed:
                if self._refusal and self._loaders:
                    self._changed.wait_for(lambda: self._idle or not self._loaders)
                    if not self._idle:  # those to share are lost
                        raise self._refusal
                if self._idle:
                    return self._idle.pop()
            assert self._connect, "a run that keeps statistics alone loads nothing"
            try:
                loader = self._connect()
            except Exception as error:
                with self._changed:
                    if not (no_connection_free(error) and self._loaders):
                        raise
                    self._refusal = error
            else:
                with self._changed:
                    self._loaders.append(loader)
                return loader

    def _give_back(self, loader: Loader) -> None:
        with self._changed:
            if loader in self._loaders:
                self._idle.append(loader)
            self._changed.notify_all()

    def _forget(self, loader: Loader) -> None:
        with self._changed:
            self._loaders.remove(loader)
        loader.close()

    def _done(self, place: bool, future: Future[None]) -> None:
        with self._lock:
            if not future.cancelled() and future.exception() and not self._failure:
                self._failure = future.exception()
        if place:
            self._room.release()
