"""Tracks the progress of a loop that we do not control: epochs, steps, losses and samples."""

import math
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, Protocol, Self

from vanishing_gradients.telemetry.recording import EpochMetrics

WINDOW = 500
"""Steps per epoch if the loop has no epochs."""
AT_ONCE = 64
"""Losses that are fetched from their device together."""


class Mean:
    """A mean over samples, of numbers or of one-element tensors, which are fetched in groups."""

    def __init__(self) -> None:
        self._sum = self._weight = 0.0
        self._waiting: list[tuple[Any, float]] = []

    def add(self, value: Any, weight: float) -> None:
        """Add a value that is a mean over `weight` samples."""
        value = value.detach() if hasattr(value, "detach") else float(value)
        self._waiting.append((value, weight))
        if len(self._waiting) >= AT_ONCE or isinstance(value, float):
            self._fetch()

    def known(self) -> float | None:
        """Return the mean of what has been fetched so far."""
        return self._sum / self._weight if self._weight else None

    def value(self) -> float | None:
        """Return the overall mean; None without values; not finite if one of them was not."""
        self._fetch()
        return self._sum / self._weight if self._weight else None

    def _fetch(self) -> None:
        for value, weight in self._waiting:
            self._sum += float(value) * weight
            self._weight += weight
        self._waiting.clear()


class EpochBook:
    """Counts epochs and steps, and collects what is reported of an epoch until it is closed.

    The first epoch is `first`. An epoch has `length` steps if that is given. Otherwise it ends when
    the loop says so, or, outside the loop's own epochs, after WINDOW steps.

    Attributes:
        epoch: the number of the latest epoch.
        step: the number of its completed steps.
        open: whether it is under way; a started epoch that is not open waits to be closed.
        samples: the samples in the current step so far; None if unknown.
        batches: the number of batches of the epoch, if the loop has said so.
    """

    def __init__(self, first: int, length: int | None) -> None:
        self.epoch, self.step, self.open = first - 1, 0, False
        self.length = length
        self._told = False
        self.samples: int | None = None
        self.batches: int | None = None
        self._steps: int | None = None
        self._of_batch: int | None = None
        self._forget()

    @property
    def ended(self) -> bool:
        """Whether an epoch has ended but is not closed."""
        return self._begun and not self.open

    @property
    def steps(self) -> int | None:
        """The number of steps of the epoch; None if it is unknown, or not that of its batches."""
        known = self.length or self._steps
        return known or (self.batches if self._came == self.step else None)

    def begin(
        self, told: bool = False, batches: int | None = None, steps: int | None = None
    ) -> None:
        """Start an epoch of so many batches or steps, as far as known; it is `told` if the loop
        also says when it ends."""
        self.epoch += 1
        self.step, self.open, self._told = 0, True, told
        self._forget()
        self._begun, self.batches, self._steps = True, batches, steps

    def end(self) -> None:
        """End the steps of the current epoch."""
        self.open = False

    def step_over(self) -> None:
        """Count a step, and end the epoch with its last one."""
        self.step += 1
        self.samples = None
        length = self.length or (None if self._told else WINDOW)
        if length is not None and self.step >= length:
            self.end()

    def batch(self, samples: int | None) -> None:
        """Note the size of the next batch; the batches of one step add up."""
        self._of_batch = samples
        self._came += 1
        if samples is not None:
            self.samples = (self.samples or 0) + samples

    def mean(self, name: str) -> float | None:
        """Return the mean so far of what is logged as `name`, as far as it is known already."""
        found = self._means.get(name)
        return found.known() if found else None

    def recorded(self) -> None:
        """Note that the current step is recorded."""
        self._recorded.append((self.step + 1, self.samples))

    def log(self, values: Mapping[str, Any]) -> None:
        """Add means over the current batch; a batch of unknown size counts as one sample."""
        for name, value in values.items():
            if value is not None:
                self._means.setdefault(name, Mean()).add(value, float(self._of_batch or 1))

    def held_out(self, values: Mapping[str, Any]) -> None:
        """Store the results on held-out data after the epoch."""
        self._held_out |= {
            name: float(value) for name, value in values.items() if value is not None
        }

    def close(self, learning_rate: float | None) -> EpochMetrics:
        """Close the epoch and return what was reported of it."""
        means = {name: mean.value() for name, mean in self._means.items()}
        metrics = EpochMetrics(
            epoch=self.epoch,
            loss=means.get("loss"),
            accuracy=means.get("accuracy"),
            test_loss=self._held_out.get("loss"),
            test_accuracy=self._held_out.get("accuracy"),
            learning_rate=learning_rate,
            seconds=math.nan,  # set by the recorder
            recorded_steps=tuple(self._recorded),
        )
        self._forget()
        return metrics

    def _forget(self) -> None:
        self._begun, self._came, self.batches = False, 0, None
        self._steps = None
        self.samples = self._of_batch = None
        self._recorded: list[tuple[int, int | None]] = []
        self._means: dict[str, Mean] = {}
        self._held_out: dict[str, float] = {}


class EpochListener(Protocol):
    """Receives the epochs of a loop."""

    def epoch_begins(self, batches: int | None = None, steps: int | None = None) -> None:
        """Handle the start of an epoch of that many batches or steps; None: unknown."""

    def batch_comes(self, samples: int | None) -> None:
        """Handle a batch that is about to be trained on."""

    def epoch_ends(self) -> None:
        """Handle the end of an epoch: all its batches have been trained on."""


class EpochLoop:
    """An epoch: iterates over the batches of a loader, or is a context around the user's own loop.

    Leaving the loop early also ends the epoch; an exception does not.
    """

    def __init__(self, listener: EpochListener, loader: Iterable[Any] | None) -> None:
        self._listener, self._loader = listener, loader

    def __iter__(self) -> Iterator[Any]:
        if self._loader is None:
            raise TypeError("w.epoch() without a loader is for `with w.epoch():`")
        self._listener.epoch_begins(count(self._loader))
        return _Batches(self._listener, iter(self._loader))

    def __len__(self) -> int:
        return len(self._loader)  # type: ignore[arg-type]

    def __enter__(self) -> Self:
        self._listener.epoch_begins()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self._listener.epoch_ends()


class _Batches:
    def __init__(self, listener: EpochListener, batches: Iterator[Any]) -> None:
        self._listener, self._batches = listener, batches

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        try:
            batch = next(self._batches)
        except StopIteration:
            self._listener.epoch_ends()
            raise
        self._listener.batch_comes(samples_of(batch))
        return batch


def count(loader: Iterable[Any]) -> int | None:
    """Return how many batches a loader has; None if it does not know."""
    try:
        return len(loader)  # type: ignore[arg-type]
    except TypeError:
        return None


def samples_of(batch: Any) -> int | None:
    """Return how many samples a batch has: the length of its first array; None if unknown."""
    if hasattr(batch, "shape"):
        return int(batch.shape[0]) if len(batch.shape) else None
    if isinstance(batch, Mapping):
        batch = list(batch.values())
    if isinstance(batch, list | tuple):
        return next((found for each in batch if (found := samples_of(each)) is not None), None)
    return None
