"""What came of each run, in numbers that its views have rows for."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
from sqlalchemy import Connection

from vanishing_gradients.analysis import queries
from vanishing_gradients.analysis.errors import NoRowsError
from vanishing_gradients.analysis.figures import marks
from vanishing_gradients.analysis.figures.compared import dense_norms, first_to_last
from vanishing_gradients.analysis.runs import Run

UNKNOWN = "not recorded"
NOT_FINITE = "not finite"
RATIOS = {
    marks.INFINITE: "infinite (x / 0)",
    marks.UNDEFINED: "undefined (0 / 0)",
    marks.NOT_FINITE: NOT_FINITE,
}


@dataclass(frozen=True)
class Outcome:
    """One number of every run, as text, with what it is and how it was got."""

    name: str
    meaning: str
    values: tuple[str, ...]


def outcomes(connection: Connection, runs: list[Run], norms: pd.DataFrame) -> list[Outcome]:
    """Return the outcomes of `runs`, all of the last epoch; `norms` holds rows of epoch_means."""
    last = norms[norms["epoch"] == norms.groupby("run_id")["epoch"].transform("max")]
    dense = dict(iter(dense_norms(last).groupby("run_id")))
    ends = first_to_last(last).set_index("run_id")

    def each(value: Callable[[Run], str]) -> tuple[str, ...]:
        return tuple(_known(value, run) for run in runs)

    return [
        Outcome("epochs", "complete", each(lambda run: str(run.epochs))),
        Outcome("training loss", "as the epoch met it", each(lambda run: _number(run.loss))),
        Outcome("test loss", "after the epoch", each(lambda run: _number(run.test_loss))),
        Outcome("training accuracy", "", each(lambda run: _share(run.accuracy))),
        Outcome("test accuracy", "", each(lambda run: _share(run.test_accuracy))),
        Outcome(
            "smallest dense norm",
            "mean row norm, and whose",
            each(lambda run: _extreme(dense[run.run_id], "min")),
        ),
        Outcome(
            "largest dense norm",
            "mean row norm, and whose",
            each(lambda run: _extreme(dense[run.run_id], "max")),
        ),
        Outcome(
            "first / last dense norm",
            "far below 1: vanishing",
            each(lambda run: _ratio(ends.loc[run.run_id])),
        ),
        Outcome(
            "dead neurons",
            "of dense layers: gradient exactly zero all epoch",
            each(lambda run: _dead(connection, run, dense[run.run_id])),
        ),
        Outcome(
            "saturated values",
            "of activations: slope below 1 % of its largest",
            each(lambda run: _saturated(connection, run, dense[run.run_id])),
        ),
        Outcome(
            "update / weights",
            "median over layers; usual guide 1e-3",
            each(lambda run: _update(connection, run)),
        ),
        Outcome("seconds", "wall time of all epochs", each(lambda run: _seconds(run))),
    ]


def _known(value: Callable[[Run], str], run: Run) -> str:
    try:
        return value(run)
    except (NoRowsError, KeyError):
        return UNKNOWN


def _last(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["epoch"] == frame["epoch"].max()]


def _dead(connection: Connection, run: Run, dense: pd.DataFrame) -> str:
    last = _last(queries.dead_neurons(connection, run.run_id))
    own = last[last["layer"].isin(dense.loc[dense["norm"].notna(), "layer"])]
    if own.empty:  # the view calls no neuron dead whose gradient is not finite
        return NOT_FINITE
    dead, all_of_them = int(own["dead"].sum()), int(own["width"].sum())
    return f"{dead / all_of_them:.1%} ({dead:,} of {all_of_them:,})"


def _saturated(connection: Connection, run: Run, dense: pd.DataFrame) -> str:
    own = _last(queries.saturation(connection, run.run_id))
    if dense["norm"].isna().all():
        return NOT_FINITE
    return f"{(own['saturated'] * own['width']).sum() / own['width'].sum():.1%}"


def _update(connection: Connection, run: Run) -> str:
    return _number(_last(queries.update_ratios(connection, run.run_id))["ratio"].median())


def _extreme(dense: pd.DataFrame, which: str) -> str:
    known = dense.dropna(subset="norm")
    if known.empty:
        return NOT_FINITE
    row = known.loc[known["norm"].idxmin() if which == "min" else known["norm"].idxmax()]
    same = len(known) > 1 and known["norm"].nunique() == 1
    whose = "every layer" if same else f"layer {row['layer']}"
    return f"{_number(row['norm'])} ({whose})"


def _ratio(ends: pd.Series) -> str:
    return RATIOS.get(ends["mark"]) or _number(ends["ratio"])


def _number(value: float | None) -> str:
    if value is None or math.isnan(value):
        return NOT_FINITE
    return f"{value:.4g}"


def _share(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.2%}"


def _seconds(run: Run) -> str:
    return UNKNOWN if run.seconds is None else f"{run.seconds:,.1f}"
