"""The judges that most claims share; each returns a function of evidence and data set.

A claim is about one training, and ours are many, one a seed. What can be counted is reproduced
where it holds in more than half of the seeds. A number that depends on the seed is reproduced where
it lies within the prediction interval of our seeds: where one more seed would fall.
"""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from vanishing_gradients.analysis.audit.claim import Judge
from vanishing_gradients.analysis.audit.evidence import Evidence
from vanishing_gradients.analysis.audit.verdict import (
    Finding,
    Verdict,
    consistent_if,
    reproduced_if,
)
from vanishing_gradients.analysis.statistics import CONFIDENCE, FEWEST, prediction_interval

Values = Callable[[Evidence, str], Mapping[int, float]]  # seed -> value
Frame = Callable[[Evidence, str], pd.DataFrame]

WITHIN_SEEDS = (
    f"within the interval where one more seed would fall with {CONFIDENCE:.0%} (Student's t, from "
    "our seeds): the paper's seed is not ours"
)
MOST_SEEDS = "in more than half of our seeds, since the paper's seed is not ours"


def within_seeds(
    printed: float, values: Values, logarithmic: bool = False, digit: float = 0.0
) -> Judge:
    """Judge a number by the prediction interval of our seeds, of its log10 where `logarithmic`.

    `digit` is a unit of the last digit printed. Seeds that have no number here, or no logarithm,
    are left out where they are the fewer; where they are not, the number is not reproduced.
    """

    def judge(evidence: Evidence, dataset: str) -> Finding:
        every = values(evidence, dataset)
        found = [
            value for value in every.values() if value > 0 or not (logarithmic or math.isnan(value))
        ]
        if len(every) < FEWEST:
            ours = f"ours {number(float(np.median(found)))}, from" if found else "no number in"
            return Finding(
                Verdict.UNTESTED,
                f"{ours} {seeds(len(every))}; an interval needs {FEWEST}: "
                f"`make train EXP=all SEEDS=10 TELEMETRY=statistics DATASET={dataset}`",
            )
        zeros = sum(value == 0 for value in every.values()) if logarithmic else 0
        undefined = len(every) - len(found) - zeros
        missing = [f"zero in {zeros}"] * (zeros > 0)
        missing += [f"undefined or not finite in {undefined}"] * (undefined > 0)
        left_out = f"{' and '.join(missing)} of {seeds(len(every))}"
        if len(found) <= len(every) / 2 or len(found) < FEWEST:
            return Finding(Verdict.NOT_REPRODUCED, f"ours is {left_out}")
        interval = prediction_interval(np.log10(found) if logarithmic else found)
        low, high = (10.0**bound for bound in interval) if logarithmic else interval
        told = (
            f"ours {number(float(np.median(found)))} (median of {seeds(len(found))}, "
            f"{number(min(found))} to {number(max(found))}); one more seed would lie in "
            f"{number(low)} to {number(high)}"
        )
        return reproduced_if(
            low - digit / 2 <= printed <= high + digit / 2,
            f"{told}; {left_out}" if missing else told,
        )

    return judge


def in_most_seeds(
    frame: Frame, holds: Callable[[pd.DataFrame], bool], found: Callable[[pd.DataFrame], str]
) -> Judge:
    """Judge what `holds` in the rows of a seed or does not; `found` words the rows of them all."""

    def judge(evidence: Evidence, dataset: str) -> Finding:
        rows = frame(evidence, dataset)
        count, of = tally(rows, holds)
        return reproduced_if(count > of / 2, f"in {count} of {seeds(of)}; {found(rows)}")

    return judge


def sentence(
    in_paper: Callable[[], bool],
    frame: Frame,
    holds: Callable[[pd.DataFrame], bool],
    found: Callable[[pd.DataFrame], str],
) -> Judge:
    """Judge a sentence that the paper's own numbers may deny; `in_paper` asks those."""

    def judge(evidence: Evidence, dataset: str) -> Finding:
        rows = frame(evidence, dataset)
        count, of = tally(rows, holds)
        agrees = in_paper()
        own = "agree" if agrees else "disagree"
        return consistent_if(
            agrees,
            count > of / 2,
            f"in {count} of {seeds(of)}; {found(rows)}; the paper's own numbers {own}",
        )

    return judge


def tally(rows: pd.DataFrame, holds: Callable[[pd.DataFrame], bool]) -> tuple[int, int]:
    """Return in how many seeds of `rows` something holds, and of how many."""
    verdicts = [bool(holds(own)) for _, own in rows.groupby("seed")]
    return sum(verdicts), len(verdicts)


def norms_of(experiment: str) -> Frame:
    """Return what gets the norms of all seeds."""
    return lambda evidence, dataset: evidence.norms(experiment, dataset)


def ratios_of(experiment: str) -> Frame:
    """Return what gets the ratios of all seeds."""
    return lambda evidence, dataset: evidence.ratios(experiment, dataset)


def curves_of(experiment: str) -> Frame:
    """Return what gets the losses and accuracies of all seeds."""
    return lambda evidence, dataset: evidence.curves(experiment, dataset)


def at(frame: Frame, column: str, epoch: int, layer: int | None = None) -> Values:
    """Return what gets one value a seed: `column` in an epoch, of a layer where one is given."""

    def values(evidence: Evidence, dataset: str) -> dict[int, float]:
        rows = frame(evidence, dataset)
        rows = rows[rows["epoch"] == epoch]
        if layer is not None:
            rows = rows[rows["layer"] == layer]
        return dict(zip(rows["seed"], rows[column], strict=True))

    return values


def span(values: pd.Series) -> str:
    """Return the smallest and the largest of some values in words."""
    values = values.dropna()
    if values.empty:
        return "no value"
    return between([number(float(values.min())), number(float(values.max()))])


def number(value: float) -> str:
    """Return a number for reading: whole, or four digits and a power of ten where it takes one."""
    if not math.isfinite(value):
        return "no value" if math.isnan(value) else str(value)
    if value == int(value) and abs(value) < 1e9:
        return f"{int(value):,}"
    if 1e4 <= abs(value) < 1e6:
        return f"{value:,.0f}"
    return f"{value:,.4g}" if 1e-3 <= abs(value) < 1e4 else f"{value:.3e}"


def between(ends: Sequence[str]) -> str:
    """Return two ends in words, or one where they read the same."""
    low, high = ends
    return low if low == high else f"{low} to {high}"


def seeds(count: int) -> str:
    """Return a number of seeds in words."""
    return f"{count} seed{'s' * (count != 1)}"
