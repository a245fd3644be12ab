"""Many runs as one line an experiment: medians and bands over the seeds."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from vanishing_gradients.analysis.figures import over_seeds
from vanishing_gradients.analysis.figures.figure import Ask
from vanishing_gradients.analysis.live.errors import RequestError
from vanishing_gradients.analysis.runs import Run
from vanishing_gradients.analysis.settings import differences
from vanishing_gradients.analysis.words import counted

OVER_SEEDS = (
    over_seeds.accuracy_over_seeds, over_seeds.loss_over_seeds, over_seeds.norms_over_seeds,
)  # fmt: skip
MOST_GROUPS = 8
"""Experiments that are shown over one another."""
NOT_ALIKE = ("seed", "recorded_at")
"""What may differ between runs of one experiment."""


def members(runs: Sequence[Run]) -> list[Run]:
    """Return the runs that count: of each experiment and seed, the newest.

    Raises RequestError for runs that no line can hold together: without a seed or a data set, on
    several data sets, or of more than MOST_GROUPS experiments.
    """
    unknown = [run.run_id for run in runs if run.seed is None or run.dataset is None]
    if unknown:
        raise RequestError(
            f"Run {unknown[0]} has no known seed or data set, so it belongs to no band over seeds."
        )
    datasets = sorted({f"{run.dataset}" for run in runs})
    if len(datasets) > 1:
        raise RequestError(
            f"These runs are on several data sets ({', '.join(datasets)}): choose those on one."
        )
    newest = {(run.experiment, run.seed): run for run in sorted(runs, key=lambda run: run.run_id)}
    if (groups := len({experiment for experiment, _ in newest})) > MOST_GROUPS:
        raise RequestError(f"{groups} experiments are too many to show at once.")
    return list(newest.values())


def grouped(asked: Ask, runs: Sequence[Run]) -> dict[str, Any]:
    """Return what there is to say of many runs: their groups, notes, and figures."""
    counting = members(runs)
    groups: dict[str, list[Run]] = {}
    for run in counting:
        groups.setdefault(run.experiment, []).append(run)
    provenance = asked("run_provenance", run_id=tuple(run.run_id for run in counting))
    notes = []
    if left := len(runs) - len(counting):
        notes.append(
            f"{counted(left, 'run')} left out: of an experiment and a seed, the newest counts."
        )
    for experiment, own in groups.items():
        found = differences(provenance, [run.run_id for run in own])
        if other := [name for name, _ in found if name not in NOT_ALIKE]:
            notes.append(f"Runs of {experiment} differ in more than the seed: {', '.join(other)}.")
    return {
        "groups": [
            {
                "experiment": experiment,
                "seeds": len(own),
                "accuracy": _spread([run.test_accuracy for run in own]),
                "loss": _spread([run.test_loss for run in own]),
            }
            for experiment, own in sorted(groups.items())
        ],
        "notes": notes,
        "figures": [each.draw.__name__ for each in OVER_SEEDS],
    }


def _spread(values: Sequence[float | None]) -> list[float] | None:
    """Return smallest, median and largest of the values that are known, or None."""
    known = sorted(value for value in values if value is not None)
    if not known:
        return None
    return [known[0], float(np.median(known)), known[-1]]
