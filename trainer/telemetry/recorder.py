"""Decides what of a run is recorded, and closes its epochs."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from sql.objects import Shape
from trainer.recording import EpochMetrics, RecordedLayer, State
from trainer.telemetry.assembler import Assembler
from trainer.telemetry.sink import Sink

CloseEpoch = Callable[[EpochMetrics, Sequence[tuple], State], None]


class GradientRecorder:
    """Records the gradients of every `every`-th step, the first of each epoch among them.

    Satisfies trainer.recording.Recorder. `close` receives an epoch's metrics, its rows of
    `step_statistics` and the training state, once all chunks of the epoch are stored.
    """

    def __init__(
        self, shape: Shape, dtype: np.dtype, sink: Sink, close: CloseEpoch, every: int = 1
    ) -> None:
        self._assemblers = [Assembler(layer, dtype) for layer in shape.layers]
        self._sink, self._close, self._every = sink, close, every

    def record(self, epoch: int, step: int, layers: Sequence[RecordedLayer]) -> None:
        """Take copies of the gradients of one step, if it is one to record."""
        if (step - 1) % self._every:
            return
        for assembler, layer in zip(self._assemblers, layers, strict=True):
            chunk = assembler.add(epoch, step, layer.gradient)
            if chunk:
                self._sink.put(chunk)

    def close_epoch(self, metrics: EpochMetrics, state: Callable[[], State]) -> None:
        """Flush all chunks, then close the epoch; the wait for the writers is part of its time."""
        start = time.perf_counter()
        for assembler in self._assemblers:
            chunk = assembler.take()
            if chunk:
                self._sink.put(chunk)
        statistics = self._sink.flush()
        seconds = metrics.seconds + time.perf_counter() - start
        self._close(replace(metrics, seconds=seconds), statistics, state())
