"""Which runs the gallery shows, and what is said of each."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd
from sqlalchemy import Connection

from vanishing_gradients.analysis import paper, queries
from vanishing_gradients.analysis.errors import NoRowsError
from vanishing_gradients.analysis.figures.compared import dense_norms, first_to_last
from vanishing_gradients.analysis.figures.marks import INFINITE, NOT_FINITE, UNDEFINED
from vanishing_gradients.analysis.runs import Run, finished_runs, latest_of_each_experiment
from vanishing_gradients.analysis.showcase.topics import ORDER, topic

RATIOS = {INFINITE: "infinite (x / 0)", UNDEFINED: "undefined (0 / 0)", NOT_FINITE: "not finite"}


@dataclass(frozen=True)
class Exhibit:
    """The newest run of an experiment on a data set, and the accuracies of all its seeds.

    `norms` has the rows of epoch_means of dense layers, with `depth`; `curves` those of
    training_curves. `first` and `last` are the ratio of the first dense norm to the last one, in
    the first epoch and in the last, as text.
    """

    run: Run
    topic: str
    description: str
    accuracies: tuple[float, ...]
    norms: pd.DataFrame
    curves: pd.DataFrame
    first: str
    last: str

    @property
    def depth(self) -> int:
        """How many dense layers there are."""
        return int(self.norms["depth"].max())

    @property
    def accuracy(self) -> str:
        """The test accuracy in the last epoch: of the run, or the median and range of its seeds."""
        median = pd.Series(self.accuracies).median()
        if len(self.accuracies) == 1:
            return f"{median:.1%}"
        low, high = min(self.accuracies), max(self.accuracies)
        return f"{median:.1%} ({low:.1%} to {high:.1%}, {len(self.accuracies)} seeds)"

    @property
    def loss(self) -> str:
        """The test loss in the last epoch."""
        loss = self.run.test_loss
        return "not finite" if loss is None else f"{loss:.4f}"


def exhibits(connection: Connection) -> dict[str, list[Exhibit]]:
    """Return the exhibits of each data set on which there is more than the paper's four.

    In order of topics, and within them from the best test accuracy down. Raises NoRowsError where
    there is no finished run but of the paper's experiments.
    """
    runs = finished_runs(queries.experiment_summary(connection))
    runs = [run for run in runs if run.test_accuracy is not None]
    datasets = sorted({run.dataset for run in runs if run.experiment not in paper.EXPERIMENTS})
    if not datasets:
        raise NoRowsError(
            "There is no finished run but of the paper's four experiments: `make gallery` trains "
            "the others, or train one of your own with `make train EXP=path/to/mine.toml`."
        )
    return {name: list(_of_dataset(connection, name, runs)) for name in datasets}


def _of_dataset(connection: Connection, dataset: str, runs: Sequence[Run]) -> Iterator[Exhibit]:
    own = [run for run in runs if run.dataset == dataset]
    shown = latest_of_each_experiment(own)
    ids = [run.run_id for run in shown]
    norms = dense_norms(queries.epoch_means(connection, ids))
    curves = queries.training_curves_of(connection, ids)
    ratios = first_to_last(norms)
    found = []
    for run in shown:
        config = json.loads(queries.run_provenance(connection, run.run_id)["config"].item())
        ends = ratios[ratios["run_id"] == run.run_id].sort_values("epoch")
        found.append(
            Exhibit(
                run,
                topic(config),
                config.get("description", ""),
                _accuracies(run, own),
                norms[norms["run_id"] == run.run_id],
                curves[curves["run_id"] == run.run_id],
                _ratio(ends.iloc[0]),
                _ratio(ends.iloc[-1]),
            )
        )
    places = {name: place for place, name in enumerate(ORDER)}
    yield from sorted(
        found, key=lambda each: (places[each.topic], -pd.Series(each.accuracies).median())
    )


def _accuracies(run: Run, own: Sequence[Run]) -> tuple[float, ...]:
    """Return the accuracy of each seed of a run's experiment and size, of its latest run."""
    same = ("experiment", "epochs", "training_images", "precision")
    alike = [each for each in own if all(getattr(each, n) == getattr(run, n) for n in same)]
    latest = {each.seed: each for each in sorted(alike, key=lambda each: each.finished_at)}
    return tuple(latest[seed].test_accuracy for seed in sorted(latest))


def _ratio(row: pd.Series) -> str:
    return RATIOS.get(row["mark"]) or f"{row['ratio']:.3g}"
