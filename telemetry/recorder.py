"""Decides what of a run is recorded, and closes its epochs."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace

import numpy as np

from vanishing_gradients.sql.objects import ExperimentSchema
from vanishing_gradients.telemetry.chunk import Assembler
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
    """Records the gradients of every `every`-th step, the first of each epoch among them.

    Satisfies recording.Recorder. `close` receives an epoch's metrics, its statistics
    and the training state, once all chunks of the epoch are stored; it is called from a thread of
    its own, so that training goes on meanwhile: by up to `pending` epochs. An epoch's seconds are
    those since the one before was closed. A chunk waits for room in the sink for `seconds`, None:
    as long as it takes. What goes wrong is raised when a later epoch ends, or by `finish`.
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
        """How many epochs have ended and are not closed yet."""
        return sum(not each.done() for each in self._closing)

    def record(self, epoch: int, step: int, layers: Sequence[RecordedLayer | None]) -> bool:
        """Take copies of the gradients of one step, if it is one to record, and say whether."""
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
        """Take what the step did that was recorded last: it waits in its chunk for this."""
        for assembler, update in zip(self._assemblers, updates, strict=True):
            if update:
                assembler.attach(update)

    def close_epoch(self, metrics: EpochMetrics, state: Callable[[], State | None]) -> None:
        """Hand over what is left of the epoch, which is closed once all of it is stored."""
        for assembler in self._assemblers:
            chunk = assembler.take()
            if chunk:
                self._sink.put(chunk, self._seconds)
        # Each epoch begins anew, so that its chunks are the same where a run goes on with it.
        self._assemblers = self._new_assemblers()
        while len(self._closing) >= self._pending or (self._closing and self._closing[0].done()):
            self._closing.popleft().result()
        self._closing.append(self._closer.submit(self._close_once_stored, metrics, state()))

    def finish(self, seconds: float | None = None) -> bool:
        """Return once every epoch so far is closed, or after so many `seconds`: False then."""
        end = None if seconds is None else time.monotonic() + seconds
        while self._closing:
            left = None if end is None else max(0.0, end - time.monotonic())
            if wait([self._closing[0]], left).not_done:
                return False
            self._closing.popleft().result()
        return True

    def wait(self, seconds: float) -> bool:
        """Wait until an epoch that has ended is closed, at most so long; say whether one is."""
        return not self._closing or bool(wait(self._closing, seconds, FIRST_COMPLETED).done)

    def close(self) -> None:
        """End the thread, to be called before the sink is closed.

        An epoch that has ended is still stored and closed where nothing has failed; one under way
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
