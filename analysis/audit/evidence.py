"""Which runs are evidence about the paper, and the audit's queries of their views, cached."""

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd
from sqlalchemy import Connection, Engine

from vanishing_gradients.analysis import paper
from vanishing_gradients.analysis.audit.storage import CONNECTIONS, Storage, question
from vanishing_gradients.analysis.errors import NoRowsError
from vanishing_gradients.analysis.hypotheses import Effect, effects
from vanishing_gradients.analysis.runs import TRAINER, Run, runs_of
from vanishing_gradients.analysis.views import ask, layer_of, rows, statement
from vanishing_gradients.analysis.words import Say
from vanishing_gradients.sql.connection import affordable
from vanishing_gradients.sql.objects import Layer

LIKELY = 5.0  # times nearer to Table 9 than the other data set
REASONS = 2  # runs left out that a sentence names
JUDGED_OTHERWISE = {
    "name", "description", "activation", "optimizer", "penalties", "dataset", "epochs", "limit",
}  # fmt: skip
"""Keys of a configuration of which nothing is to be said, or something else is looked at."""


@dataclass(frozen=True)
class LeftOut:
    """A run of one of the paper's experiments that cannot be compared with the paper, and why."""

    run_id: int
    experiment: str
    dataset: str | None
    reason: str


def eligible(connection: Connection, summary: pd.DataFrame) -> tuple[list[Run], list[LeftOut]]:
    """Split the runs of the paper's experiments, by id, into those used and those excluded.

    Complete runs of its networks, with its settings and data, are used.
    """
    counted, left_out = [], []
    ours = summary[summary["experiment"].isin(paper.EXPERIMENTS)]
    for run in ours.to_dict("records"):
        provenance = ask(connection, "run_provenance", run_id=run["run_id"])
        reason = next(_objections(run, json.loads(provenance["config"].iloc[0])), None)
        if reason is None:
            counted.append(run["run_id"])
        else:
            left_out.append(LeftOut(run["run_id"], run["experiment"], run["dataset"], reason))
    return runs_of(ours[ours["run_id"].isin(counted)]), left_out


def _objections(run: Mapping[str, object], config: Mapping[str, object]) -> Iterator[str]:
    if run["source"] != TRAINER:
        yield f"it is of a {run['source']} model that was watched, and the paper's is the trainer's"
        return
    if run["dataset"] not in paper.DATASETS:
        yield f"it is on {run['dataset']}, and the paper on one of {', '.join(paper.DATASETS)}"
    if run["training_images"] != paper.TRAINING_IMAGES:
        images = f"it trained on {run['training_images']:,} images"
        yield f"{images}, and the paper on {paper.TRAINING_IMAGES:,}"
    if run["epochs"] != paper.EPOCHS:
        yield f"it is of {run['epochs']} epochs, and the paper of {paper.EPOCHS}"
    if run["status"] != "finished":
        state = f"{run['status']} after {run['completed_epoch']} of {run['epochs']} epochs"
        yield f"it is {state}: let it finish, or train another"
    if run["record_every"] != 1:
        yield f"it recorded one batch in {run['record_every']}"
    activation, _, optimizer = str(run["experiment"]).partition("_")
    for name, value in (paper.CONFIGURATION | {"activation": activation}).items():
        if config.get(name) != value:
            yield f"its {name} is {config.get(name)}, and the paper's {value}"
    # Keys that later versions have are left out where they are at their defaults, as in the paper.
    for name in sorted(config.keys() - paper.CONFIGURATION.keys() - JUDGED_OTHERWISE):
        yield f"its {name} is {config[name]}, and the paper's networks have none but the usual"
    found = config.get("optimizer", {})
    for name, value in ({"kind": optimizer} | paper.OPTIMIZERS[optimizer]).items():
        if found.get(name) != value:
            yield f"its optimizer's {name} is {found.get(name)}, and the paper's {value}"
    for name, value in config.get("penalties", {}).items():
        if value:
            yield f"its penalty {name} is {value}, and the paper's 0"


class Evidence:
    """The rows of the paper's four experiments, by experiment and data set.

    `datasets` are those with runs, the paper's own first; `asked` collects the SQL of every query.
    If there is no run to answer from, methods raise NoRowsError, with the cure.
    """

    def __init__(self, engine: Engine, kept: Path | None, say: Say = lambda text: None) -> None:
        self.asked: list[str] = []
        self._engine = engine
        self._answers: dict[tuple, pd.DataFrame] = {}
        self._effects: dict[str, list[Effect]] = {}
        self._storage = Storage(engine, kept, say)
        with engine.connect() as connection:
            self.summary = rows(connection, "experiment_summary")
            self.runs, self.left_out = eligible(connection, self.summary)
        found = {run.dataset for run in self.runs}
        datasets = tuple(name for name in paper.DATASETS if name in found)
        self.datasets = datasets or paper.DATASETS[:1]

    def seeds(self, experiment: str, dataset: str) -> list[Run]:
        """Return one run per seed, by seed: one with full telemetry if any, else the newest."""
        best: dict[int, Run] = {}
        for run in sorted(self.runs, key=lambda run: (run.telemetry == "full", run.run_id)):
            if (run.experiment, run.dataset) == (experiment, dataset):
                best[run.seed] = run
        if not best:
            raise NoRowsError(self._none(experiment, dataset))
        return [best[seed] for seed in sorted(best)]

    def reference(self, experiment: str, dataset: str) -> Run:
        """Return the run to compare with the paper's: one with full telemetry if possible."""
        runs = self.seeds(experiment, dataset)
        return next((run for run in runs if run.telemetry == "full"), runs[0])

    def full(self, experiment: str, dataset: str) -> Run:
        """Return a run with rows in the gradient tables."""
        run = self.reference(experiment, dataset)
        if run.telemetry != "full":
            raise NoRowsError(
                f"No run of {experiment} on {dataset} has its gradients in the tables, only their "
                f"statistics: `make train EXP={experiment} DATASET={dataset}`."
            )
        return run

    def norms(self, experiment: str, dataset: str) -> pd.DataFrame:
        """Return epoch_means of every seed, with a column `seed`."""
        return self._of_seeds("epoch_means", experiment, dataset, paper.LAYERS)

    def ratios(self, experiment: str, dataset: str) -> pd.DataFrame:
        """Return gradient_norm_ratios of every seed, with a column `seed`."""
        return self._of_seeds("gradient_norm_ratios", experiment, dataset, paper.LAYERS - 1)

    @property
    def connections(self) -> int:
        """How many queries to run in parallel."""
        return affordable(self._engine, CONNECTIONS)

    def curves(self, experiment: str, dataset: str) -> pd.DataFrame:
        """Return training_curves of every seed."""
        return self._of_seeds("training_curves", experiment, dataset, 1)

    def effects(self, dataset: str) -> list[Effect]:
        """Return the effects of activation and optimizer that a data set's runs can test."""
        norms = {}
        for experiment in paper.EXPERIMENTS:
            with suppress(NoRowsError):
                norms[experiment] = self.norms(experiment, dataset)
        if dataset not in self._effects:
            self._effects[dataset] = effects(norms)
        return self._effects[dataset]

    def sizes(self, experiment: str, dataset: str) -> pd.DataFrame:
        """Return layer_sizes of the reference run."""
        return self.ask("layer_sizes", run_id=self.reference(experiment, dataset).run_id)

    def stored_norms(
        self,
        experiment: str,
        dataset: str,
        layers: tuple[int, ...],
        decimals: int,
        filler: float,
        epochs: tuple[int, int] = (1, paper.EPOCHS),
    ) -> pd.DataFrame:
        """Return norms after a lossy storage, epochs down, layers across."""
        run = self.full(experiment, dataset)
        self.asked += [
            statement("stored_norm_avg", **question(run, layer, decimals, filler, epochs))
            for layer in layers
        ]
        return self._storage.norms(run, layers, decimals, filler, epochs)

    def layer(self, run: Run, number: int) -> Layer:
        """Return a layer of a run, for queries about it."""
        with self._engine.connect() as connection:
            return layer_of(connection, run.run_id, number)

    def ask(self, view: str, **asked: object) -> pd.DataFrame:
        """Return the result of views.ask, cached by the arguments, which must be hashable."""
        key = (view, *sorted(asked.items()))
        if key not in self._answers:
            with self._engine.connect() as connection:
                self._answers[key] = ask(connection, view, **asked)
        self.asked.append(statement(view, **asked))
        return self._answers[key]

    @cached_property
    def distances(self) -> dict[str, pd.Series]:
        """The distance of our layer-12 norms from Table 9, by data set and seed: the largest of
        ten.

        Infinite if a norm was not finite.
        """
        printed = paper.printed_norms()["layer_12_norm"]
        found = {}
        for dataset in self.datasets:
            with suppress(NoRowsError):
                norms = self.norms("relu_sgd", dataset)
                last = norms[norms["layer"] == paper.LAYERS]
                off = (last["norm"] - last["epoch"].map(printed)).abs().fillna(math.inf)
                found[dataset] = off.groupby(last["seed"]).max()
        return found

    @property
    def fitting(self) -> str:
        """The data set that fits Table 9, or, if that cannot be decided, the paper's."""
        middle = {name: float(off.median()) for name, off in self.distances.items()}
        near = sorted(middle, key=middle.__getitem__)
        if len(near) > 1 and LIKELY * middle[near[0]] <= middle[near[1]] > middle[near[0]]:
            return near[0]
        return self.datasets[0]

    def _of_seeds(self, view: str, experiment: str, dataset: str, layers: int) -> pd.DataFrame:
        """Return the rows of every seed; raise NoRowsError if a layer or an epoch is missing."""
        runs = self.seeds(experiment, dataset)
        frame = self.ask(view, run_id=tuple(run.run_id for run in runs))
        for run_id, count in frame["run_id"].value_counts().items():
            if count != layers * paper.EPOCHS:
                raise NoRowsError(
                    f"Run {run_id} of {experiment} on {dataset} has {count} of "
                    f"{layers * paper.EPOCHS} rows for it: remove the run, and train another with "
                    f"`make train EXP={experiment} DATASET={dataset}`."
                )
        return frame.assign(seed=frame["run_id"].map({run.run_id: run.seed for run in runs}))

    def _none(self, experiment: str, dataset: str) -> str:
        why = [
            f"run {each.run_id} is left out, because {each.reason}"
            for each in self.left_out
            if (each.experiment, each.dataset) == (experiment, dataset)
        ]
        if len(why) > REASONS:
            why = [*why[-REASONS:], f"and so are {len(why) - REASONS} more"]
        reasons = f" ({'; '.join(why)})" if why else ""
        return (
            f"There is no finished run of {experiment} on {dataset} as the paper has it{reasons}: "
            f"`make train EXP={experiment} DATASET={dataset}`."
        )
