"""A disagreement, and its place."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Disagreement:
    """A disagreement at one place: `text` is a sentence without a full stop.

    `step` is None if it concerns a whole epoch, `layer` if all its layers, `epoch` if the run;
    `neuron` is set only for the counts of one neuron.
    """

    text: str
    epoch: int | None = None
    layer: int | None = None
    step: int | None = None
    neuron: int | None = None

    @property
    def order(self) -> tuple[float, ...]:
        """Sort key: epoch, layer and step; wholes before parts, but an epoch's steps before it."""
        step = math.inf if self.step is None else self.step
        return (self.epoch or 0, self.layer or 0, step, self.neuron or 0)

    def __str__(self) -> str:
        names = ("layer", "epoch", "step", "neuron")
        place = [f"{name} {value}" for name in names if (value := getattr(self, name)) is not None]
        return f"{', '.join(place)}: {self.text}" if place else self.text


def shown(value: float) -> str:
    """Return a number for a sentence: a whole one without a point, NaN as NULL."""
    if np.isnan(value):
        return "NULL"
    whole = float(value).is_integer() and abs(value) < 1e15
    return f"{int(value):,}" if whole else repr(float(value))


def differ(left: ArrayLike, right: ArrayLike, tolerance: ArrayLike = 0.0) -> np.ndarray:
    """Mark where arrays, or numbers, differ by more than the tolerance, or only one is NaN."""
    left, right = np.asarray(left, float), np.asarray(right, float)
    empty = np.isnan(left) & np.isnan(right)
    return ~(empty | (np.abs(left - right) <= np.nan_to_num(np.asarray(tolerance, float))))


def compared(
    name: str, said: float, true: float, tolerance: float, by: str, **place: int
) -> Iterator[Disagreement]:
    """Yield a disagreement if `said` is not `true`; `by` names the source of the latter."""
    if differ(said, true, tolerance):
        yield Disagreement(f"{name} is {shown(said)}, and {shown(true)} {by}", **place)
