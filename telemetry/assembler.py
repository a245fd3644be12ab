"""Gathers the steps of one layer until they make a chunk."""

import numpy as np

from vanishing_gradients.sql.objects import Layer
from vanishing_gradients.telemetry.chunk import Chunk
from vanishing_gradients.telemetry.recording import RecordedUpdate

CHUNK_VALUES = 300_000
"""Gradient values in a chunk: enough that a transaction's fixed cost vanishes, few enough that
writers keep in step."""


class Assembler:
    """Copies the gradients of one layer into a chunk under construction."""

    def __init__(self, layer: Layer, dtype: np.dtype) -> None:
        self.layer, self.dtype = layer, dtype
        self._capacity = 0
        self._start(None)

    def add(
        self, epoch: int, step: int, gradient: np.ndarray, saturated: np.ndarray | None = None
    ) -> Chunk | None:
        """Copy one step's gradient, shape (rows, width); return the chunk it no longer fitted.

        `saturated`, shape (width,), says of how many samples each neuron was saturated.
        """
        rows = len(gradient)
        complete = None
        if self._steps and self._filled + rows > len(self._values):
            complete = self.take()
        if not self._steps:
            self._capacity = max(
                self._capacity, rows, CHUNK_VALUES // self.layer.width // rows * rows
            )
            self._start(epoch)
            self._values = np.empty((self._capacity, self.layer.width), self.dtype)
        self._values[self._filled : self._filled + rows] = gradient
        self._filled += rows
        self._steps.append(step)
        self._row_counts.append(rows)
        if saturated is not None:
            self._saturated.append(saturated.copy())
        return complete

    def attach(self, update: RecordedUpdate) -> None:
        """Note what the step did whose gradient was added last."""
        self._updates.append((update.clipped_norm, update.weight_norm, update.update_norm))

    def take(self) -> Chunk | None:
        """Return the chunk as far as it got, None if it is empty, and begin the next one."""
        if not self._steps:
            return None
        chunk = Chunk(
            self.layer,
            self._epoch,
            np.array(self._steps),
            np.array(self._row_counts),
            self._values[: self._filled],
            np.array(self._updates, np.float64) if self._updates else None,
            np.array(self._saturated, np.int64) if self._saturated else None,
        )
        self._start(None)
        return chunk

    def _start(self, epoch: int | None) -> None:
        self._epoch, self._filled = epoch, 0
        self._steps: list[int] = []
        self._row_counts: list[int] = []
        self._updates: list[tuple[float, float, float]] = []
        self._saturated: list[np.ndarray] = []
        self._values = np.empty((0, self.layer.width), self.dtype)
