"""The tests for most claims: the paper's numbers against those of all our seeds.

A claim is about one training, while we have many, one per seed, and the paper's seed is none of
ours. One standard holds for numbers and sentences: what one more seed would do with a chance of
5 % or more may be what the paper saw. A number is reproduced if it lies within the prediction
interval of our seeds; if that is wider than a decade it tells nothing. A sentence is reproduced if
it holds in every seed, and if it does in some, the verdict says in how many.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import numpy as np
import pandas as pd

from vanishing_gradients.analysis.audit.claim import Finding, Verdict
from vanishing_gradients.analysis.statistics import CONFIDENCE, FEWEST, prediction_interval
from vanishing_gradients.analysis.words import counted

Values = TypeVar("Values", pd.Series, pd.DataFrame)

WIDEST = 1.0  # decades: a wider interval would hold almost any number
RARE = 1 - CONFIDENCE  # the share of seeds below which a sentence is not reproduced
WITHIN_SEEDS = (
    f"within the interval where one more seed would fall with {CONFIDENCE:.0%} (Student's t, from "
    "our seeds): the paper's seed is not ours. An interval wider than a decade cannot tell"
)
SEEDS = "in every seed; in some, the verdict says in how many"


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


def in_seeds(
    holds: pd.DataFrame | Iterable[bool], found: str, in_paper: bool | None = None
) -> Finding:
    """Test a statement that holds in a seed or not, one value each; `found` describes the rows.

    In a frame, seeds down, it must hold in every cell of a seed.

    `in_paper`, given for a sentence that the paper's own numbers may contradict, says whether they
    agree with it.
    """
    verdicts = pd.DataFrame(holds).all(axis=1)
    count, of = int(verdicts.sum()), len(verdicts)
    told = f"in {count} of {seeds(of)}; {found}"
    if in_paper is not None:
        told += f"; the paper's own numbers {'agree' if in_paper else 'disagree'}"
    if RARE <= count / of < 1:
        return Finding(Verdict.SEEN, told, seen=(count, of))
    if in_paper is None:
        return Finding.reproduced_if(count == of, told)
    return Finding.consistent_if(in_paper, count == of, told)


ORDER = (Verdict.REPRODUCED, Verdict.SEEN, Verdict.UNDECIDED, Verdict.NOT_REPRODUCED)


def either(training: Finding, test: Finding) -> Finding:
    """Return the finding of the column that fits better, and name it.

    The paper does not say whether its accuracies and losses are of training or of test images.
    """
    found = {"test": test, "training": training}

    def rank(name: str) -> tuple[int, float]:
        verdict = found[name].verdict
        count, of = found[name].seen or (0, 1)
        return (ORDER.index(verdict) if verdict in ORDER else len(ORDER)), -count / of

    best = min(found, key=rank)
    (other,) = set(found) - {best}
    fits = found[best].verdict in (Verdict.REPRODUCED, Verdict.SEEN)
    both = rank(best) == rank(other)
    which = "both columns fit" if both else f"the {best} images fit"
    told = f"{which}; " if fits else ""
    told += "; ".join(
        f"{name} images, {found[name].verdict}: {found[name].found}" for name in (best, other)
    )
    return Finding(found[best].verdict, told, found[best].view, found[best].seen)


def within_seeds(
    printed: float, values: pd.Series, dataset: str, logarithmic: bool = False, digit: float = 0.0
) -> Finding:
    """Test a number by the prediction interval of our seeds, of its log10 if `logarithmic`.

    `values` has one number per seed. `digit` is a unit of the last digit printed. Seeds without a
    number here, or without a logarithm, are left out if they are a minority; otherwise the number
    is not reproduced. Within an interval wider than WIDEST nothing is told.
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
        f"ours {number(float(np.median(found)))} (median of {seeds(len(found))}, {span(found)}); "
        f"one more seed would lie in {number(low)} to {number(high)}"
    )
    told = f"{told}; {left_out}" if missing else told
    inside = low - digit / 2 <= printed <= high + digit / 2
    wide = math.log10(high / low) if low > 0 and high < math.inf else math.inf
    if inside and wide > WIDEST and high - low > digit:
        width = f"{wide:.1f} decades wide" if math.isfinite(wide) else "reaches zero"
        return Finding(Verdict.UNDECIDED, f"{told}, which is {width}")
    return Finding.reproduced_if(inside, told)


def more_seeds(dataset: str, experiment: str = "all") -> str:
    """Return the command that trains as many seeds as any test needs."""
    return f"`make train EXP={experiment} SEEDS=10 TELEMETRY=statistics DATASET={dataset}`"


def span(values: pd.Series | pd.DataFrame) -> str:
    """Return the smallest and the largest of some values in words."""
    return _ends(values, number, "no value")


def percents(values: pd.Series | pd.DataFrame) -> str:
    """Return the smallest and the largest of some shares in words."""
    return _ends(values, _percent, "no share")


def _ends(values: pd.Series | pd.DataFrame, write: Callable[[float], str], none: str) -> str:
    known = pd.Series(np.ravel(values), dtype="float64").dropna()
    if known.empty:
        return none
    return between([write(float(known.min())), write(float(known.max()))])


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= 0.01 else f"{100 * share:.2g}%"


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
