"""The interface between the training loop and whatever records it."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

WIDTH_MAX = 800
"""The widest layer for which every server can create a gradient table. With DOUBLE, MySQL 9.7 has
room for 995 neurons (an InnoDB row has 8,126 bytes), but MariaDB 10.11 only for 824 (the
expressions of generated columns must fit into the table's definition)."""
FULL, STATISTICS = "full", "statistics"
"""What is kept of a layer: its rows and their statistics, or the statistics alone."""


def kept(width: int, asked: str = FULL) -> str:
    """Return what is kept of a layer if one of FULL and STATISTICS is asked for: never rows wider
    than a table."""
    return STATISTICS if width > WIDTH_MAX else asked


class RecordedLayer(Protocol):
    """One layer after a backward pass.

    `number` counts from 1. `gradient`, of shape (rows, width), or (..., width) if rows are at many
    positions, is the loss's gradient with respect to the layer's weights (dense) or its input (any
    other kind), valid until the next backward pass. `row_index`, shape (rows,), numbers its rows if
    some have been left out; else it is None.
    """

    number: int
    gradient: np.ndarray
    row_index: np.ndarray | None

    def saturated(self) -> np.ndarray | None:
        """Return for how many samples each neuron was saturated, (width,); None if it cannot be.

        Valid until the next forward pass.
        """


class RecordedUpdate(Protocol):
    """The effect of one step on a layer's weights, as L2 norms.

    Norms of the gradient after clipping, of the weights before the step, and of their change.
    """

    clipped_norm: float
    weight_norm: float
    update_norm: float


@dataclass(frozen=True)
class EpochMetrics:
    """The metrics of one epoch: losses (in nats for cross-entropies), accuracies as fractions, wall
    time in seconds.

    The learning rate is that of the epoch's last step. For a watched loop most of them may be
    unknown, and are then None. `recorded_steps` then lists the recorded steps, each with its number
    of samples if known; a trainer's follow from its configuration.
    """

    epoch: int
    loss: float | None
    accuracy: float | None
    test_loss: float | None
    test_accuracy: float | None
    learning_rate: float | None
    seconds: float
    recorded_steps: Sequence[tuple[int, int | None]] = ()

    def row(self) -> dict[str, Any]:
        """Return the columns of `epoch_metrics`; values that are not finite are None."""
        values = {name: value for name, value in vars(self).items() if name != "recorded_steps"}
        return {name: _finite(value) for name, value in values.items()}


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


State = Mapping[str, np.ndarray | int | float | str]


class Recorder(Protocol):
    """Receives every step's gradients and every epoch's metrics."""

    def record(self, epoch: int, step: int, layers: Sequence[RecordedLayer | None]) -> bool:
        """Copy one step's gradients, before any clipping; False means the step is left out.

        None stands for a layer that has no gradient at this step. Blocks only while earlier ones
        wait for room.
        """

    def record_updates(self, updates: Sequence[RecordedUpdate | None]) -> None:
        """Take the updates of the last recorded step, one per layer.

        None stands for a layer without weights, or with an unknown update.
        """

    def close_epoch(self, metrics: EpochMetrics, state: Callable[[], State | None]) -> None:
        """End an epoch; `state` returns a copy of the state to resume from, or None.

        The epoch may become safe later, during the next one; epochs become safe in order.
        """

    def finish(self) -> object:
        """Return once all epochs are safe."""
