"""What runs and how it goes, in one sentence, and what is conspicuous in an epoch under way."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from vanishing_gradients.analysis.runs import epochs_done
from vanishing_gradients.analysis.words import counted, digits

SILENT = 15.0
"""Seconds without a word of a running process, after which that is said."""
JUMP = 10.0
"""A gradient norm is pointed out at this many times the median of the last 50 recorded steps."""


@dataclass(frozen=True)
class Place:
    """Where a run is: a row of the query run_cursor; what is not known is None.

    `lost` says that no process holds a run which is running, `age` how many seconds ago the pulse
    of the epoch under way was written.
    """

    run_id: int
    experiment: str
    started_at: datetime
    status: str
    lost: bool
    completed_epoch: int
    epochs: int | None
    epoch: int | None
    step: int | None
    steps: int | None
    loss: float | None
    accuracy: float | None
    steps_per_second: float | None
    waiting_rows: int | None
    age: float | None

    @property
    def state(self) -> tuple[object, ...]:
        """What a kept answer about the run depends on."""
        return self.run_id, self.started_at, self.status, self.lost, self.completed_epoch

    @property
    def name(self) -> str:
        """The run, as a sentence begins with it."""
        return f"Run {self.run_id}, {self.experiment}"


def places(cursor: Iterable[Mapping[str, Any]]) -> dict[int, Place]:
    """Return the rows of run_cursor by run."""
    found = [Place(**{**row, "lost": row["lost"] == 1}) for row in cursor]
    return {place.run_id: place for place in found}


def how_it_goes(place: Place, curves: pd.DataFrame) -> str:
    """Return in one sentence where a run is; `curves` has its rows of training_curves."""
    if place.status != "running":
        told = [f"{place.status} after {_epochs(place)}", *_results(curves)]
    elif place.lost:
        told = [f"its process is gone, after {_epochs(place)}", *_results(curves)]
    elif place.epoch is None:
        told = [f"running, {_epochs(place)} complete", *_results(curves)]
    else:
        told = [*_progress(place), *_pace(place, curves)]
    return f"{place.name}: {', '.join(told)}."


def conspicuous(layers: pd.DataFrame, names: dict[int, str]) -> Iterator[str]:
    """Yield what is conspicuous in rows of layer_pulses; whether it lasts is not known yet."""
    for row in layers.itertuples():
        layer = names.get(row.layer, f"layer {row.layer}")
        if pd.notna(row.non_finite) and row.non_finite > 0:
            cells = counted(int(row.non_finite), "value")
            yield f"{layer}: {cells} of the gradient not finite at step {row.step}"
        elif row.zeros == 1:
            yield f"{layer}: all of its gradient is 0 at step {row.step}"
        elif row.recent_median > 0 and row.gradient_norm >= JUMP * row.recent_median:
            times = row.gradient_norm / row.recent_median
            much = f"{times:,.0f} times its recent median"
            yield f"{layer}: its gradient norm is {much} at step {row.step}"


def _epochs(place: Place) -> str:
    return epochs_done(place.completed_epoch, None if place.status == "finished" else place.epochs)


def _progress(place: Place) -> list[str]:
    of_epochs = "" if place.epochs is None else f" of {place.epochs}"
    of_steps = "" if place.steps is None else f" of {place.steps}"
    return [f"epoch {place.epoch}{of_epochs}", f"step {place.step}{of_steps}"]


def _pace(place: Place, curves: pd.DataFrame) -> Iterator[str]:
    if place.loss is not None:
        yield f"loss {digits(place.loss, 3)}{_trend(place.loss, curves)}"
    if place.age is not None and place.age > SILENT:
        yield f"no word for {place.age:.0f} s"
    elif place.steps_per_second:
        yield f"{digits(1000 / place.steps_per_second, 2)} ms a step"
    if place.waiting_rows:
        yield f"{counted(place.waiting_rows, 'row')} waiting to be written"


def _trend(loss: float, curves: pd.DataFrame) -> str:
    """Say whether a loss falls, beside that of the last complete epoch."""
    known = curves["loss"].dropna()
    if known.empty:
        return ""
    change = (loss - known.iloc[-1]) / abs(known.iloc[-1]) if known.iloc[-1] else math.nan
    if not abs(change) >= 0.001:
        return ", hardly changing"
    return ", falling" if change < 0 else ", rising"


def _results(curves: pd.DataFrame) -> Iterator[str]:
    """Yield the last loss and accuracy that are known."""
    if curves.empty:
        return
    last = curves.iloc[-1]
    for column in ("loss", "test_loss"):
        if pd.notna(last[column]):
            yield f"{'test ' * (column == 'test_loss')}loss {digits(last[column], 3)}"
            break
    for column in ("test_accuracy", "accuracy"):
        if pd.notna(last[column]):
            of = "test" if column == "test_accuracy" else "training"
            yield f"{last[column]:.1%} right on {of} data"
            break
