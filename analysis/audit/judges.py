"""The tests for most claims: the paper's numbers against those of all our seeds.

A claim is about one training, while we have many, one per seed. A countable statement is reproduced
if it holds in more than half of the seeds. A number that depends on the seed is reproduced if it
lies within the prediction interval of our seeds, where one more seed would fall.
"""

import math
from collections.abc import Iterable, Sequence
from typing import TypeVar

import numpy as np
import pandas as pd

from vanishing_gradients.analysis.audit.claim import Finding, Verdict
from vanishing_gradients.analysis.statistics import CONFIDENCE, FEWEST, prediction_interval
from vanishing_gradients.analysis.words import counted

Values = TypeVar("Values", pd.Series, pd.DataFrame)

WITHIN_SEEDS = (
    f"within the interval where one more seed would fall with {CONFIDENCE:.0%} (Student's t, from "
    "our seeds): the paper's seed is not ours"
)
MOST_SEEDS = "in more than half of our seeds, since the paper's seed is not ours"


def cells(
    rows: pd.DataFrame,
    column: str,
    layers: int | Iterable[int] | None = None,
    epochs: int | Iterable[int] | None = None,
) -> pd.DataFrame:
    """Return a column of norms, ratios or curves, for some or all layers and epochs.

    Seeds down; across (layer, epoch), or epochs if the rows have no layers.
    """
    for name, chosen in (("layer", layers), ("epoch", epochs)):
        if chosen is not None:
            rows = rows[rows[name].isin(np.atleast_1d(chosen))]
    across = [name for name in ("layer", "epoch") if name in rows]
    return rows.pivot(index="seed", columns=across, values=column)


def at(rows: pd.DataFrame, column: str, epoch: int, layer: int | None = None) -> pd.Series:
    """Return one value per seed: of a column in an epoch, and a layer unless rows have none."""
    return cells(rows, column, layer, epoch).iloc[:, 0]


def within(values: Values, low: float, high: float) -> Values:
    """Mark the values from `low` to `high`; NaN is not among them."""
    return (values >= low) & (values <= high)


def in_most_seeds(
    holds: pd.DataFrame | Iterable[bool], found: str, in_paper: bool | None = None
) -> Finding:
    """Test a statement that holds in a seed or not, one value each; `found` describes the rows.

    In a frame, seeds down, it must hold in every cell of a seed.

    `in_paper`, given for a sentence that the paper's own numbers may contradict, says whether they
    agree with it.
    """
    verdicts = pd.DataFrame(holds).all(axis=1)
    mostly = verdicts.mean() > 0.5
    told = f"in {verdicts.sum()} of {seeds(len(verdicts))}; {found}"
    if in_paper is None:
        return Finding.reproduced_if(mostly, told)
    own = "agree" if in_paper else "disagree"
    return Finding.consistent_if(in_paper, mostly, f"{told}; the paper's own numbers {own}")


def within_seeds(
    printed: float, values: pd.Series, dataset: str, logarithmic: bool = False, digit: float = 0.0
) -> Finding:
    """Test a number by the prediction interval of our seeds, of its log10 if `logarithmic`.

    `values` has one number per seed. `digit` is a unit of the last digit printed. Seeds without a
    number here, or without a logarithm, are left out if they are a minority; otherwise the number
    is not reproduced.
    """
    found = values[values > 0] if logarithmic else values.dropna()
    if len(values) < FEWEST:
        ours = f"ours {number(float(np.median(found)))}, from" if len(found) else "no number in"
        told = f"{ours} {seeds(len(values))}; an interval needs {FEWEST}: {more_seeds(dataset)}"
        return Finding.untested(told)
    zeros = int((values == 0).sum()) if logarithmic else 0
    undefined = len(values) - len(found) - zeros
    missing = [f"zero in {zeros}"] * (zeros > 0)
    missing += [f"undefined or not finite in {undefined}"] * (undefined > 0)
    left_out = f"{' and '.join(missing)} of {seeds(len(values))}"
    if len(found) <= len(values) / 2 or len(found) < FEWEST:
        return Finding(Verdict.NOT_REPRODUCED, f"ours is {left_out}")
    interval = prediction_interval(np.log10(found) if logarithmic else found)
    low, high = (10.0**bound for bound in interval) if logarithmic else interval
    told = (
        f"ours {number(float(np.median(found)))} (median of {seeds(len(found))}, "
        f"{number(min(found))} to {number(max(found))}); one more seed would lie in "
        f"{number(low)} to {number(high)}"
    )
    return Finding.reproduced_if(
        low - digit / 2 <= printed <= high + digit / 2, f"{told}; {left_out}" if missing else told
    )


def more_seeds(dataset: str, experiment: str = "all") -> str:
    """Return the command that trains as many seeds as any test needs."""
    return f"`make train EXP={experiment} SEEDS=10 TELEMETRY=statistics DATASET={dataset}`"


def span(values: pd.Series | pd.DataFrame) -> str:
    """Return the smallest and the largest of some values in words."""
    known = pd.Series(np.ravel(values), dtype="float64").dropna()
    if known.empty:
        return "no value"
    return between([number(float(known.min())), number(float(known.max()))])


def number(value: float) -> str:
    """Return a number as text: whole, or four digits with a power of ten if needed."""
    if not math.isfinite(value):
        return "no value" if math.isnan(value) else str(value)
    if value == int(value) and abs(value) < 1e9:
        return f"{int(value):,}"
    if 1e4 <= abs(value) < 1e6:
        return f"{value:,.0f}"
    return f"{value:,.4g}" if 1e-3 <= abs(value) < 1e4 else f"{value:.3e}"


def between(ends: Sequence[str]) -> str:
    """Return two ends in words, or one if they read the same."""
    low, high = ends
    return low if low == high else f"{low} to {high}"


def seeds(count: int) -> str:
    """Return a number of seeds in words."""
    return counted(count, "seed")
