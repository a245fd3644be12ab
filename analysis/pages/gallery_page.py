"""`make gallery`'s page: the trainer's experiments side by side, by data set.

A table of all experiments by accuracy, then a card for each, by topic.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from statistics import median

import pandas as pd
from sqlalchemy import Connection

from vanishing_gradients.analysis import paper
from vanishing_gradients.analysis.errors import NoRowsError
from vanishing_gradients.analysis.figures import compared
from vanishing_gradients.analysis.figures.experiment_card import common_axis, experiment_card
from vanishing_gradients.analysis.pages import page
from vanishing_gradients.analysis.runs import Run, finished_runs, latest_of_each_experiment
from vanishing_gradients.analysis.settings import ORDER, topic
from vanishing_gradients.analysis.views import ask
from vanishing_gradients.analysis.words import NOT_FINITE, Say, counted


@dataclass(frozen=True)
class Card:
    """The newest run of an experiment on a data set, and the accuracies of all its seeds.

    `norms` has the rows of epoch_means of dense layers, with `depth`; `curves` those of
    training_curves. `ends` are the ratio of the first dense norm to the last one, in the first
    epoch and in the last, as text.
    """

    run: Run
    topic: str
    description: str
    accuracies: tuple[float, ...]
    norms: pd.DataFrame
    curves: pd.DataFrame
    ends: tuple[str, str]

    @property
    def depth(self) -> int:
        """The number of dense layers."""
        return int(self.norms["depth"].max())

    @property
    def rank(self) -> tuple[float, int]:
        """Sort key: from the worst test accuracy to the best."""
        in_order = sorted(self.accuracies)
        return in_order[len(in_order) // 2], -self.run.run_id

    @property
    def accuracy(self) -> str:
        """The test accuracy in the last epoch: of the run, or the median and range of its seeds."""
        low, high, count = min(self.accuracies), max(self.accuracies), len(self.accuracies)
        seeds = f" ({low:.1%} to {high:.1%}, {count} seeds)" if count > 1 else ""
        return f"{median(self.accuracies):.1%}{seeds}"

    @property
    def loss(self) -> str:
        """The test loss in the last epoch."""
        loss = self.run.test_loss
        return NOT_FINITE if loss is None else f"{loss:.4f}"


def write(connection: Connection, folder: Path, say: Say) -> None:
    """Write the gallery of all experiments with a finished run into `folder`, with its figures.

    Raises NoRowsError if there are only the paper's.
    """
    found = cards(connection)
    sections = [_section(dataset, own) for dataset, own in found.items()]
    page.publish(folder, {page.INDEX: page.render("gallery", sections=sections)})
    for dataset, own in found.items():
        best = max(own, key=lambda each: each.rank)
        say(
            f"{counted(len(own), 'experiment')} on {dataset}; best test accuracy: {best.accuracy} "
            f"with {best.run.experiment} (run {best.run.run_id})."
        )
    say(f"{folder / page.INDEX}: open it in a browser; it needs no network.")


def cards(connection: Connection) -> dict[str, list[Card]]:
    """Return the cards of each data set that has more than the paper's four experiments.

    Sorted by topic, and within it from the best test accuracy down. Raises NoRowsError if only the
    paper's experiments have finished runs.
    """
    runs = finished_runs(ask(connection, "experiment_summary"))
    runs = [run for run in runs if run.test_accuracy is not None and not run.watched]
    others = [run for run in runs if run.experiment not in paper.EXPERIMENTS]
    datasets = sorted({f"{run.dataset}" for run in others})
    if not datasets:
        raise NoRowsError(
            "Only the paper's four experiments have finished runs: `make gallery` trains "
            "the others, or train one of your own with `make train EXP=path/to/mine.toml`."
        )
    return {
        name: _of_dataset(connection, [run for run in runs if run.dataset == name])
        for name in datasets
    }


def _section(dataset: str, own: Sequence[Card]) -> dict[str, object]:
    axis = common_axis([each.norms for each in own])
    figures = [
        (each, page.drawn(experiment_card(each.norms, each.curves, axis), f"run_{each.run.run_id}"))
        for each in own
    ]
    topics = groupby(figures, key=lambda card: card[0].topic)
    return {
        "dataset": dataset,
        "ranked": sorted(own, key=lambda each: each.rank, reverse=True),
        "topics": [(name, list(members)) for name, members in topics],
    }


def _of_dataset(connection: Connection, own: Sequence[Run]) -> list[Card]:
    shown = latest_of_each_experiment(own)
    ids = [run.run_id for run in shown]
    sizes = ask(connection, "layer_sizes", run_id=ids)
    norms = compared.dense_norms(ask(connection, "epoch_means", run_id=ids), sizes)
    curves = ask(connection, "training_curves", run_id=ids)
    configs = ask(connection, "run_provenance", run_id=ids).set_index("run_id")["config"]
    ratios = dict(iter(compared.first_to_last(norms).sort_values("epoch").groupby("run_id")))
    found = []
    for run in shown:
        config = json.loads(configs[run.run_id])
        ends = ratios[run.run_id]
        found.append(
            Card(
                run,
                topic(config),
                config.get("description", ""),
                _accuracies(run, own),
                norms[norms["run_id"] == run.run_id],
                curves[curves["run_id"] == run.run_id],
                tuple(compared.ratio_in_words(ends.iloc[place], 3) for place in (0, -1)),
            )
        )
    return sorted(found, key=lambda each: (ORDER.index(each.topic), -median(each.accuracies)))


def _accuracies(run: Run, own: Sequence[Run]) -> tuple[float, ...]:
    """Return the accuracy of the latest run of each seed of a run's experiment and size."""
    same = ("experiment", "epochs", "training_images", "float_type")
    alike = [each for each in own if all(getattr(each, n) == getattr(run, n) for n in same)]
    latest = {each.seed or 0: each for each in sorted(alike, key=lambda each: each.finished_at)}
    return tuple(latest[seed].test_accuracy for seed in sorted(latest))
