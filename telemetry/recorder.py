"""Decides which steps of a run are recorded, and closes its epochs."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace

import numpy as np

from vanishing_gradients.sql.objects import ExperimentSchema
from vanishing_gradients.telemetry.chunk import Assembler, Chunk
from vanishing_gradients.telemetry.recording import (
    EpochMetrics,
    RecordedLayer,
    RecordedUpdate,
    State,
)
from vanishing_gradients.telemetry.sink import Sink
from vanishing_gradients.telemetry.statistics import EpochStatistics

CloseEpoch = Callable[[EpochMetrics, EpochStatistics, State | None], None]


class GradientRecorder:
    """Records the gradients of every `every`-th step, starting with the first of each epoch.

    Implements recording.Recorder. `close` receives an epoch's metrics, its statistics and the
    training state once all chunks of the epoch are stored. It runs in its own thread, so training
    continues meanwhile, by up to `pending` epochs. An epoch's seconds count from the closing of the
    one before. A chunk waits for room in the sink for up to `seconds`; None means forever. Errors
    are raised when a later epoch ends, or by `finish`.
    """

    def __init__(
        self,
        shape: ExperimentSchema,
        dtype: np.dtype,
        sink: Sink,
        close: CloseEpoch,
        every: int = 1,
        pending: int = 1,
        seconds: float | None = None,
    ) -> None:
        self._layers, self._dtype = shape.layers, dtype
        self._assemblers = self._new_assemblers()
        self._sink, self._close, self._every = sink, close, every
        self._closer = ThreadPoolExecutor(1, thread_name_prefix="closer")
        self._closing: deque[Future[None]] = deque()
        self._pending, self._seconds = pending, seconds
        self._closed_at = time.perf_counter()

    @property
    def unclosed(self) -> int:
        """Number of epochs that have ended but are not closed yet."""
        return sum(not each.done() for each in self._closing)

    def record(self, epoch: int, step: int, layers: Sequence[RecordedLayer | None]) -> bool:
        """Copy the gradients of a step if it is to be recorded; return whether it is."""
        if (step - 1) % self._every:
            return False
        for assembler, layer in zip(self._assemblers, layers, strict=True):
            if layer is None:
                continue
            saturated = layer.saturated()
            chunk = assembler.add(epoch, step, layer.gradient, saturated, layer.row_index)
            if chunk:
                self._sink.put(chunk, self._seconds)
        return True

    def record_updates(self, updates: Sequence[RecordedUpdate | None]) -> None:
        """Add the update of the last recorded step to its chunk, which waits for it."""
        for assembler, update in zip(self._assemblers, updates, strict=True):
            if update:
                assembler.attach(update)

    def close_epoch(self, metrics: EpochMetrics, state: Callable[[], State | None]) -> None:
        """Hand over the rest of the epoch, which is closed once all of it is stored."""
        for assembler in self._assemblers:
            chunk = assembler.take()
            if chunk:
                self._sink.put(chunk, self._seconds)
        # Chunks start with the epoch, so that a resumed run has the same ones.
        self._assemblers = self._new_assemblers()
        while len(self._closing) >= self._pending or (self._closing and self._closing[0].done()):
            self._closing.popleft().result()
        self._closing.append(self._closer.submit(self._close_once_stored, metrics, state()))

    def glance(self) -> Iterator[Chunk]:
        """Yield, from any thread, a recent step of each layer whose chunk is not full for long."""
        for assembler in self._assemblers:
            if chunk := assembler.glance():
                yield chunk.in_rows()

    def finish(self, seconds: float | None = None) -> bool:
        """Return True once every epoch is closed, or False after `seconds`."""
        end = None if seconds is None else time.monotonic() + seconds
        while self._closing:
            left = None if end is None else max(0.0, end - time.monotonic())
            if wait([self._closing[0]], left).not_done:
                return False
            self._closing.popleft().result()
        return True

    def wait(self, seconds: float) -> bool:
        """Wait up to `seconds` until an ended epoch is closed; return whether one is."""
        return not self._closing or bool(wait(self._closing, seconds, FIRST_COMPLETED).done)

    def close(self) -> None:
        """End the thread; call this before the sink is closed.

        An epoch that has ended is still stored and closed if nothing has failed; an unfinished one
        never is.
        """
        self._closer.shutdown(wait=True)

    def _new_assemblers(self) -> list[Assembler]:
        return [Assembler(layer, self._dtype) for layer in self._layers]

    def _close_once_stored(self, metrics: EpochMetrics, state: State | None) -> None:
        statistics = self._sink.flush(metrics.epoch)
        now = time.perf_counter()
        self._close(replace(metrics, seconds=now - self._closed_at), statistics, state)
        self._closed_at = now
