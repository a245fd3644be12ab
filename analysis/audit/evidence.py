"""What the runs say that are evidence about the paper: the audit's queries of views, cached."""

import math
from contextlib import suppress
from functools import cached_property
from pathlib import Path

import pandas as pd
from sqlalchemy import Engine

from vanishing_gradients.analysis import paper
from vanishing_gradients.analysis.audit.eligibility import CONTROLS, eligible
from vanishing_gradients.analysis.audit.storage import CONNECTIONS, Storage, question
from vanishing_gradients.analysis.errors import NoRowsError
from vanishing_gradients.analysis.hypotheses import Effect, effects
from vanishing_gradients.analysis.runs import Run
from vanishing_gradients.analysis.views import ask, layer_of, rows, statement
from vanishing_gradients.analysis.words import Say
from vanishing_gradients.sql.connection import affordable
from vanishing_gradients.sql.objects import Layer

LIKELY = 5.0  # times nearer to Table 9 than the other data set
REASONS = 2  # runs left out that a sentence names
DENSE_LAYERS = paper.LAYERS // 2


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
            runs, self.left_out = eligible(connection, self.summary)
        self.controls = [
            run
            for run in runs
            if run.experiment in CONTROLS or run.dataset == paper.CONTROL_DATASET
        ]
        self.runs = [run for run in runs if run not in self.controls]
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

    def updates(self, experiment: str, dataset: str) -> pd.DataFrame:
        """Return update_ratios of every seed: the layers with weights."""
        return self._of_seeds("update_ratios", experiment, dataset, DENSE_LAYERS)

    def saturation(self, experiment: str, dataset: str) -> pd.DataFrame:
        """Return saturation of every seed: the activations between the layers with weights."""
        return self._of_seeds("saturation", experiment, dataset, DENSE_LAYERS - 1)

    def dead(self, experiment: str, dataset: str) -> pd.DataFrame:
        """Return dead_neurons of every seed."""
        return self._of_seeds("dead_neurons", experiment, dataset, paper.LAYERS)

    def control(self, view: str, experiment: str, dataset: str) -> pd.DataFrame:
        """Return a view's rows of the newest run of a control, or of a remedy of the gallery."""
        return self.ask(view, run_id=self._runs_of(experiment, dataset)[-1].run_id)

    def control_curves(self, experiment: str, dataset: str) -> pd.DataFrame:
        """Return training_curves of the newest run of each seed of a control."""
        newest = {run.seed: run.run_id for run in self._runs_of(experiment, dataset)}
        return self.ask("training_curves", run_id=tuple(sorted(newest.values())))

    def _runs_of(self, experiment: str, dataset: str) -> list[Run]:
        runs = [
            run for run in self.controls if (run.experiment, run.dataset) == (experiment, dataset)
        ]
        if not runs:
            control = experiment.startswith("control_")
            group = "controls" if control else experiment
            own = control and dataset != paper.STATED_DATASET  # its file names the data set
            chosen = "" if own else f" DATASET={dataset}"
            raise NoRowsError(
                f"There is no finished run of {experiment} on {dataset} with all images and "
                f"epochs: `make train EXP={group} TELEMETRY=statistics{chosen}`."
            )
        return runs

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
