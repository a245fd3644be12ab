"""Statistics for few seeds: paired permutation tests, effect sizes, intervals, corrections.

The unit of replication is the seed. The rows of a run share their weights and are not independent:
a million of them say no more about another training than one run does.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

ALPHA = 0.05
CONFIDENCE = 0.95
RESAMPLES = 9_999
SEED = 20251125  # of the resampling, so that a report is reproducible
FEWEST = 3  # the fewest seeds for an interval

ROUNDING = 1e-12  # relative: smaller differences are due to rounding

OVERALL = 0  # instead of a layer: the mean over all layers

REJECTED, NOT_REJECTED = "H0 rejected", "H0 not rejected"
TOO_FEW = "cannot reject at this n"


@dataclass(frozen=True)
class Comparison:
    """One paired comparison, for one layer or OVERALL: differences are second minus first.

    `difference` is their mean over seeds, `low` and `high` bound it with CONFIDENCE (BCa bootstrap:
    Efron, 1987, https://doi.org/10.1080/01621459.1987.10478410), `effect` is Cohen's d_z: mean over
    standard deviation of the differences (Lakens, 2013, https://doi.org/10.3389/fpsyg.2013.00863).
    `p` is two-sided, `adjusted` after Holm's correction over the family, `attainable` the smallest
    adjusted value possible with this number of seeds. NaN for fewer than FEWEST seeds.
    """

    layer: int
    seeds: int
    difference: float
    low: float
    high: float
    effect: float
    p: float
    adjusted: float
    attainable: float

    @property
    def conclusion(self) -> str:
        """What the test says at ALPHA: REJECTED, NOT_REJECTED or TOO_FEW."""
        if self.attainable > ALPHA:
            return TOO_FEW
        return REJECTED if self.adjusted <= ALPHA else NOT_REJECTED


def compare(first: pd.DataFrame, second: pd.DataFrame) -> list[Comparison]:
    """Compare two groups, paired by seed: one Comparison per layer, then one OVERALL.

    Both frames have a row per seed and a column per layer. Seeds that are not in both are left out,
    as are those without a number in the layer or, for OVERALL, in any layer. The layers are one
    family for Holm's correction (Holm, 1979, https://www.jstor.org/stable/4615733); OVERALL is by
    itself. Raises ValueError if no seed is in both.
    """
    shared = first.index.intersection(second.index)
    if shared.empty:
        raise ValueError("there is no seed that both groups have")
    differences = (second - first).loc[shared]
    layers = [
        _comparison(int(layer), differences[layer].dropna().to_numpy("float64"))
        for layer in differences
    ]
    complete = differences.dropna().mean(axis=1)
    return [*corrected(layers), _comparison(OVERALL, complete.to_numpy("float64"))]


def corrected(family: Sequence[Comparison]) -> list[Comparison]:
    """Return the comparisons of one family with Holm's correction for their number."""
    ps = np.array([each.p for each in family])
    order = ps.argsort()
    adjusted = np.empty(len(ps))
    raised = ps[order] * np.arange(len(ps), 0, -1)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(raised))
    return [
        replace(each, adjusted=float(p), attainable=min(1.0, each.attainable * len(family)))
        for each, p in zip(family, adjusted, strict=True)
    ]


def logarithms(norms: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Return log10 of `norms`, and how many of them were zero and have no logarithm.

    A zero is replaced by the smallest positive norm, an upper bound of it, so a difference that
    rests on it is a lower bound. If all are zero, all logarithms are 0.
    """
    positive = norms.where(norms > 0)
    floor = positive.min().min()
    zeros = int((norms == 0).to_numpy().sum())
    if math.isnan(floor):
        return norms * 0.0, zeros
    return np.log10(norms.mask(norms == 0, floor)), zeros


def prediction_interval(values: Sequence[float]) -> tuple[float, float] | None:
    """Return the bounds within which one more value falls with CONFIDENCE, if values are normal.

    mean ± t s sqrt(1 + 1/n), with Student's t of n - 1 degrees of freedom (Hahn and Meeker, 1991,
    https://doi.org/10.1002/9780470316771). None for fewer than FEWEST values.
    """
    sample = np.asarray(values, dtype="float64")
    if len(sample) < FEWEST:
        return None
    if _alike(sample):  # their computed mean need not be the same number
        return float(sample[0]), float(sample[0])
    # Dividing by a power of two is exact, and then squares neither underflow nor overflow.
    exponent = int(np.frexp(np.abs(sample).max())[1])
    sample = np.ldexp(sample, -exponent)
    center, spread = sample.mean(), sample.std(ddof=1) * math.sqrt(1 + 1 / len(sample))
    reach = stats.t.ppf((1 + CONFIDENCE) / 2, len(sample) - 1) * spread
    return math.ldexp(center - reach, exponent), math.ldexp(center + reach, exponent)


def _comparison(layer: int, differences: np.ndarray) -> Comparison:
    n = len(differences)
    if n < FEWEST:
        p, low, high, effect = 1.0, math.nan, math.nan, math.nan
    else:
        p, (low, high), effect = _p(differences), _interval(differences), _effect(differences)
    attainable = max(2.0 / 2.0**n, 2.0 / (RESAMPLES + 1))  # two-sided; for large n, a sample
    difference = float(differences.mean()) if n else math.nan
    return Comparison(layer, n, difference, low, high, effect, p, p, min(1.0, attainable))


def _p(differences: np.ndarray) -> float:
    """Return the two-sided p-value of flipping signs: exact if 2^n is at most RESAMPLES."""
    test = stats.permutation_test(
        (differences,),
        lambda sample, axis: np.mean(sample, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=RESAMPLES,
        rng=np.random.default_rng(SEED),
    )
    return float(test.pvalue)


def _alike(values: np.ndarray) -> bool:
    """Return whether all values are equal, up to the last digits of a double."""
    return bool(np.ptp(values) <= ROUNDING * np.abs(values).max())


def _interval(differences: np.ndarray) -> tuple[float, float]:
    if _alike(differences):
        return float(differences[0]), float(differences[0])
    bounds = stats.bootstrap(
        (differences,),
        np.mean,
        confidence_level=CONFIDENCE,
        n_resamples=RESAMPLES,
        method="BCa",
        rng=np.random.default_rng(SEED),
    ).confidence_interval
    return float(bounds.low), float(bounds.high)


def _effect(differences: np.ndarray) -> float:
    spread = differences.std(ddof=1)
    if _alike(differences):
        return math.copysign(math.inf, differences[0]) if differences[0] else 0.0
    return float(differences.mean() / spread)
