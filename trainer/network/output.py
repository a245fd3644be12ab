"""The last layer of a network: what it says of each class, and the loss of that against labels."""

from typing import ClassVar

import numpy as np

from vanishing_gradients.trainer.network.layer import Layer

LOSSES = ("cross_entropy", "mean_squared_error")
BINARY = "binary_cross_entropy"
"""The loss of one output that tells two classes apart."""


class Output(Layer):
    """What outputs have in common: p in [0, 1] for each class, and a loss against labels.

    Labels are integers in [0, classes). The loss is a cross-entropy, which is each class's own, or
    the mean squared error, (p - y)^2, its mean over the batch and the classes, y being 1 at the
    label and 0 elsewhere; ValueError for another. Unlike other layers' `backward` this one's starts
    from labels: the chain begins here.

    Attributes:
        losses: the losses that it has.
    """

    losses: ClassVar[tuple[str, ...]] = LOSSES

    def __init__(self, width: int, dtype: np.dtype, loss: str = LOSSES[0]) -> None:
        if loss not in self.losses:
            raise ValueError(f"the loss is {loss!r}, not {' or '.join(map(repr, self.losses))}")
        super().__init__(width, dtype)
        self.loss_name = loss
        self._numbers = np.arange(0)

    @classmethod
    def neurons(cls, classes: int) -> int:
        """Return the width of an output that tells so many classes apart: one for each."""
        return classes

    def loss(self, labels: np.ndarray) -> float:
        """Return the loss of the latest forward, finite for any finite logits."""
        raise NotImplementedError

    def correct(self, labels: np.ndarray) -> int:
        """Return how many samples have their label as the most probable class.

        Ties go to the lowest class. A sample of which a p is not a number is never right.
        """
        raise NotImplementedError

    def backward(self, labels: np.ndarray) -> np.ndarray:
        """Return dL/dz, (batch, classes)."""
        raise NotImplementedError

    def _samples(self, batch: int) -> np.ndarray:
        """Return the numbers of the batch's samples, from 0."""
        if len(self._numbers) < batch:
            self._numbers = np.arange(batch)
        return self._numbers[:batch]
