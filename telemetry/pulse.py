"""What a run tells of the epoch it is in: its step, its loss, and each layer's newest gradient.

It is told about once a second, by the heartbeat that renews the run's lease, over its connection.
Training never waits for that, and what is lost is not sent again: a second later comes more.
"""

import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection

from vanishing_gradients.telemetry.chunk import Chunk
from vanishing_gradients.telemetry.many_rows import literal
from vanishing_gradients.telemetry.statistics import STEP_COLUMNS, chunk_statistics

MOMENT = 0.01
"""Seconds to spend, at each pulse, on chunks that are not full."""
UNCHANGED = 5.0
"""Seconds after which a run that has not moved says again where it is."""
RECENT = 50
"""Recorded steps of a layer whose gradient norms have a common median."""
OPEN_EPOCH = (
    "SELECT completed_epoch FROM runs WHERE run_id = {run_id:d} AND lease_owner = '{owner}' "
    "AND status = 'running' LOCK IN SHARE MODE"
)
"""Locked so that no epoch closes, and no run ends, before what is told of it is there to delete."""
TELL = (
    "REPLACE INTO run_pulse (run_id, epoch, step, steps, loss, accuracy, steps_per_second, "
    "waiting_rows, updated_at) VALUES ({values}, UTC_TIMESTAMP(6))"
)
TELL_LAYERS = (
    "REPLACE INTO pulse_layers (run_id, layer, epoch, step, gradient_norm, norm, zeros, "
    "below_1em5, update_ratio, non_finite, recent_median) VALUES {values}"
)
COLUMN = {name: place for place, name in enumerate(STEP_COLUMNS)}
LAYER, EPOCH, STEP = (COLUMN[name] for name in ("layer", "epoch", "step"))
NORM = COLUMN["gradient_norm"]

Row = tuple[Any, ...]
"""A row of `step_statistics`, by STEP_COLUMNS."""


class Place(NamedTuple):
    """Where training is: `step` of `steps` in `epoch`, with means over the epoch so far.

    `done` counts the steps of this process; `time` is that of a monotonic clock.
    """

    epoch: int
    step: int
    steps: int | None
    loss: float | None
    accuracy: float | None
    done: int
    time: float


@dataclass
class Layer:
    """The newest step of a layer, and the gradient norms of its latest steps, in their order.

    `norms` is by epoch and step.
    """

    newest: Row = ()
    norms: dict[tuple[int, int], float] = field(default_factory=dict)
    told: bool = False

    def add(self, rows: Sequence[Row]) -> None:
        """Add steps, which may come before those of an earlier chunk, or again."""
        known = {(row[EPOCH], row[STEP]): row[NORM] for row in rows[-RECENT:]}
        self.norms |= {at: norm for at, norm in known.items() if norm is not None}
        self.norms = dict(sorted(self.norms.items())[-RECENT:])
        if not self.newest or self.newest[EPOCH : STEP + 1] < rows[-1][EPOCH : STEP + 1]:
            self.newest, self.told = rows[-1], False

    def values(self) -> Row:
        """Return the values of `pulse_layers`, from the layer on."""
        row = self.newest
        of = {name: row[place] for name, place in COLUMN.items()}
        return (
            *(of[name] for name in ("layer", "epoch", "step", "gradient_norm")),
            _ratio(of["row_norm_sum"], of["finite_rows"]),
            of["zeros"],
            of["below_1em5"],
            _ratio(of["update_norm"], of["weight_norm"]),
            of["non_finite"],
            float(np.median([*self.norms.values()])) if len(self.norms) > 1 else None,
        )


class Pulse:
    """Collects what a run tells; `waiting_rows` returns how many rows wait to be stored.

    `at` and `seen` may be called by any thread and cost next to nothing; `tell` is for one thread.
    `glance` returns recent steps of layers of which a chunk holds many.
    """

    def __init__(self, run_id: int, waiting_rows: Callable[[], int]) -> None:
        self._run_id, self._waiting_rows = run_id, waiting_rows
        self._place: Place | None = None
        self._first: Place | None = None
        self._done = 0
        self._seen: deque[Sequence[Row]] = deque()
        self._layers: dict[int, Layer] = {}
        self._told: Place | None = None
        self._told_at = -math.inf
        self._speed: float | None = None
        self._closed = 0
        self.glance: Callable[[], Iterable[Chunk]] = lambda: ()

    def at(
        self,
        epoch: int,
        step: int,
        steps: int | None,
        loss: float | None,
        accuracy: float | None,
    ) -> None:
        """Take the place that training has reached."""
        self._done += 1
        self._place = Place(epoch, step, steps, loss, accuracy, self._done, time.monotonic())
        self._first = self._first or self._place

    def seen(self, rows: Sequence[Row]) -> None:
        """Take the statistics of a chunk: rows of one layer, in the order of their steps."""
        self._seen.append(rows)

    def tell(self, connection: Connection, owner: str) -> None:
        """Write it into the database, unless it is there, or the epoch is closed already."""
        self._gather()
        place, now = self._place, time.monotonic()
        if place is None or place.epoch <= self._closed:
            return
        if place is self._told and now < self._told_at + UNCHANGED:
            return
        if place is not self._told:
            self._speed = self._since_told(place)
            self._look(now + MOMENT)
        self._told, self._told_at = place, now
        try:
            self._write(connection, owner, place)
        except BaseException:
            for layer in self._layers.values():
                layer.told = False
            raise

    def _gather(self) -> None:
        while self._seen:
            rows = self._seen.popleft()
            self._layers.setdefault(rows[0][LAYER], Layer()).add(rows)

    def _look(self, until: float) -> None:
        """Look at recent steps of layers of which a chunk holds many, the oldest known first."""
        for chunk in sorted(self.glance(), key=self._known):
            if time.monotonic() > until:
                return
            rows = chunk_statistics(chunk).steps
            self._layers.setdefault(chunk.layer.number, Layer()).add(rows)

    def _known(self, chunk: Chunk) -> Row:
        """Return the newest step that is known of a chunk's layer."""
        layer = self._layers.get(chunk.layer.number)
        return layer.newest[EPOCH : STEP + 1] if layer else ()

    def _since_told(self, place: Place) -> float | None:
        before = self._told or self._first or place
        return _ratio(place.done - before.done, place.time - before.time)

    def _write(self, connection: Connection, owner: str, place: Place) -> None:
        asked = OPEN_EPOCH.format(run_id=self._run_id, owner=owner)
        completed = connection.exec_driver_sql(asked).scalar()
        if completed is None or completed >= place.epoch:
            self._closed = completed or self._closed
            connection.rollback()
            return
        values = (
            self._run_id, place.epoch, place.step, place.steps, place.loss, place.accuracy,
            self._speed, self._waiting_rows(),
        )  # fmt: skip
        connection.exec_driver_sql(TELL.format(values=_literals(values)))
        new = [each for each in self._layers.values() if not each.told]
        open_ones = [each.values() for each in new if each.newest[EPOCH] > completed]
        if open_ones:
            rows = ", ".join(f"({_literals((self._run_id, *row))})" for row in open_ones)
            connection.exec_driver_sql(TELL_LAYERS.format(values=rows))
        connection.commit()
        for each in new:
            each.told = True


def _literals(values: Sequence[float | None]) -> str:
    known = (None if value is None or not math.isfinite(value) else value for value in values)
    return ", ".join(map(literal, known))


def _ratio(above: float | None, below: float | None) -> float | None:
    return above / below if above is not None and below else None
