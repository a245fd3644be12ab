"""How closely Tables 8 and 10 can be approximated, by data set, seed, decimals and constant.

Every storage that the views know is tried on the first epoch of the runs with gradient tables, and
every seed without storage; the nearest are reported, however near that is. No verdict rests on it:
the claims go by one storage for all tables (stored).
"""

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import pandas as pd

from vanishing_gradients.analysis import paper
from vanishing_gradients.analysis.audit.evidence import Evidence
from vanishing_gradients.analysis.audit.stored import stored_ratios
from vanishing_gradients.analysis.errors import NoRowsError
from vanishing_gradients.analysis.runs import Run

FIRST = (1, 1)
LAYERS = tuple(range(1, paper.LAYERS))
OTHER_KIND = 6.0  # decades: the paper's figures draw Infinity at 1e6 and zero at 1e-6
SHOWN = 5  # storages per table
SEARCHED = ("relu_sgd", "sigmoid_adam")  # Tables 8 and 10


@dataclass(frozen=True)
class Trial:
    """One storage of one run, compared with the first epoch of a table.

    `decimals` and `filler` are None for gradients without storage. Of the table's `cells` that are
    a number, zero or Infinity, `alike` are of the same kind here. Their distance is `decades`: the
    mean of |log10(ours / printed)|, a cell of another kind counting as OTHER_KIND.
    """

    experiment: str
    dataset: str
    seed: int
    run_id: int
    decimals: int | None
    filler: float | None
    cells: int
    alike: int
    decades: float


def trials(evidence: Evidence, experiment: str, dataset: str) -> list[Trial]:
    """Return every trial, nearest first: all seeds without storage, and one run with each."""
    found = []
    ratios = evidence.ratios(experiment, dataset)
    for run in evidence.seeds(experiment, dataset):
        own = ratios[(ratios["run_id"] == run.run_id) & (ratios["epoch"] == 1)].set_index("layer")
        found.append(_trial(run, None, None, own["ratio"].mask(own["denominator"] == 0, np.inf)))
    with suppress(NoRowsError):  # without gradient tables only the plain ones are left
        found += _stored(evidence, experiment, dataset)
    return sorted(found, key=lambda trial: trial.decades)


def nearest(evidence: Evidence) -> dict[tuple[str, str], list[Trial]]:
    """Return the nearest trials by data set and experiment: of a plain seed, then of storages."""
    found = {}
    for dataset in evidence.datasets:
        for experiment in SEARCHED:
            with suppress(NoRowsError):  # no run to try
                tried = trials(evidence, experiment, dataset)
                plain = [trial for trial in tried if trial.decimals is None][:1]
                stored = [trial for trial in tried if trial.decimals is not None][:SHOWN]
                found[dataset, experiment] = sorted(plain + stored, key=lambda each: each.decades)
    return found


def _stored(evidence: Evidence, experiment: str, dataset: str) -> list[Trial]:
    run = evidence.full(experiment, dataset)
    known = evidence.ask("storage_hypotheses")

    def tried(decimals: int, filler: float) -> Trial:
        ratios = stored_ratios(evidence, experiment, dataset, LAYERS, decimals, filler, FIRST)
        return _trial(run, decimals, filler, ratios.loc[1].fillna(np.inf))

    plain = [tried(int(decimals), 0.0) for decimals in sorted(set(known["decimals"]))]
    best = min(plain, key=lambda trial: trial.decades).decimals
    fillers = sorted(set(known["filler"]) - {0.0})
    return plain + [tried(best, float(filler)) for filler in fillers]


def _trial(run: Run, decimals: int | None, filler: float | None, ours: pd.Series) -> Trial:
    printed = paper.printed_ratios(paper.RATIO_TABLES[run.experiment]).loc[1].dropna()
    ours = ours.reindex(printed.index)
    alike = _kind(printed) == _kind(ours)
    numbers = alike & (_kind(printed) == "number")
    apart = pd.Series(OTHER_KIND, index=printed.index).mask(alike, 0.0)
    apart[numbers] = np.log10(ours[numbers] / printed[numbers]).abs()
    tried = (run.experiment, run.dataset, run.seed, run.run_id, decimals, filler)
    return Trial(*tried, len(printed), int(alike.sum()), float(apart.mean()))


def _kind(ratios: pd.Series) -> pd.Series:
    kinds = {"zero": ratios == 0, "infinite": np.isinf(ratios), "not finite": ratios.isna()}
    return pd.Series(np.select([*kinds.values()], [*kinds], "number"), ratios.index)
