"""Runs of several seeds in one figure: which belong together, and what the title says of them."""

from collections.abc import Sequence

from vanishing_gradients.analysis.figures.style import many, with_subtitle
from vanishing_gradients.analysis.runs import Run


def by_experiment(runs: Sequence[Run]) -> dict[str, list[Run]]:
    """Return the runs of each experiment, which differ in their seeds, in order of the names.

    Raises ValueError for no run, for different data sets, and where a seed would count twice.
    """
    datasets = sorted({run.dataset for run in runs})
    if len(datasets) != 1:
        raise ValueError(f"one figure compares runs on one data set, not on {datasets}")
    groups: dict[str, list[Run]] = {}
    for run in sorted(runs, key=lambda run: (run.experiment, run.seed)):
        groups.setdefault(run.experiment, []).append(run)
    for experiment, members in groups.items():
        seeds = [run.seed for run in members]
        if len(set(seeds)) < len(seeds):
            raise ValueError(f"several runs of {experiment} have the same seed, of {seeds}")
    return groups


def seeds(members: Sequence[Run]) -> str:
    """Return the number of seeds, in words."""
    return many(len(members), "seed")


def title_over_seeds(what: str, runs: Sequence[Run], of_gradients: bool) -> str:
    """Return a title: what, on which data set, over how many seeds and with what in common."""
    groups = by_experiment(runs)
    name = f"<b>{runs[0].experiment}</b> " if len(groups) == 1 else ""
    counts = sorted({len(members) for members in groups.values()})
    subject = f"{name}on <b>{runs[0].dataset}</b>, {_span(counts, 'seed')}"
    precision = " and ".join(sorted({run.precision for run in runs}))
    images = sorted({run.training_images for run in runs})
    source = f"{precision} precision, {_span(images, 'training image')}"
    recorded = sorted({run.record_every for run in runs})
    if of_gradients and recorded != [1]:
        source += f", 1 batch in {' or '.join(map(str, recorded))}"
    bands = ["line: median, band: smallest to largest"] if counts[-1] > 1 else []
    return with_subtitle(what, subject, source, *bands)


def _span(numbers: Sequence[int], one: str) -> str:
    """Return smallest to largest of sorted numbers, once if all are the same."""
    start = f"{numbers[0]:,} to " if len(numbers) > 1 else ""
    return start + many(numbers[-1], one)
