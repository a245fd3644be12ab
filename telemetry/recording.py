"""What the training loop tells whoever records it, and nothing about who that is."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

WIDTH_MAX = 800
"""Neurons of a layer that every server has columns for in a gradient table. Of DOUBLE MySQL 9.7
takes 995 (a row of InnoDB has 8,126 bytes), but MariaDB 10.11 only 824 (the generated columns'
expressions must fit into the table's definition)."""


class RecordedLayer(Protocol):
    """One layer after a backward pass.

    `number` counts from 1; `gradient`, of shape (rows, width), or (..., width) where rows are at
    many positions, is the loss's gradient with respect to the layer's weights (dense) or its input
    (any other kind), valid until the next backward pass. `row_index`, shape (rows,), numbers its
    rows where some have been left out; else None.
    """

    number: int
    gradient: np.ndarray
    row_index: np.ndarray | None

    def saturated(self) -> np.ndarray | None:
        """Return of how many samples each neuron was saturated, (width,); None where none can be.

        Valid until the next forward pass.
        """


class RecordedUpdate(Protocol):
    """What one step did to the weights of a layer, as L2 norms.

    Of the weights' gradient after clipping, of the weights before the step, and of their change.
    """

    clipped_norm: float
    weight_norm: float
    update_norm: float


@dataclass(frozen=True)
class EpochMetrics:
    """How one epoch went: losses, in nats where they are cross-entropies, accuracies as
    fractions, wall time in seconds.

    The learning rate is that of the epoch's last step. Who watches somebody else's loop may not
    know most of them: those are None. `recorded_steps` then says which steps were recorded, each
    with its samples where they are known; a trainer's follow from its configuration.
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
        """Return it by the columns of `epoch_metrics`; what is not finite is None."""
        values = {name: value for name, value in vars(self).items() if name != "recorded_steps"}
        return {name: _finite(value) for name, value in values.items()}


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


State = Mapping[str, np.ndarray | int | float | str]


class Recorder(Protocol):
    """Receives every step's gradients and every epoch's metrics."""

    def record(self, epoch: int, step: int, layers: Sequence[RecordedLayer | None]) -> bool:
        """Take copies of one step's gradients, before any clipping; False leaves the step out.

        None stands for a layer that has no gradient at this step. Blocks only where earlier ones
        wait for room.
        """

    def record_updates(self, updates: Sequence[RecordedUpdate | None]) -> None:
        """Take what the step did, of which the gradients were recorded last: one a layer.

        None stands for a layer without weights, or of which it is not known.
        """

    def close_epoch(self, metrics: EpochMetrics, state: Callable[[], State | None]) -> None:
        """Take an epoch's end; `state` gives what a resumed run starts from, as a copy, or None.

        The epoch may become safe later, while the next one is under way; epochs do so in order.
        """

    def finish(self) -> object:
        """Return once all epochs are safe."""
