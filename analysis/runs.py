"""Which runs a report is about: finished ones, all or chosen by id or by experiment.

RUNS=3,7,9 or RUNS=relu_sgd,7 chooses several of any kind.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from vanishing_gradients.analysis.errors import NoRowsError, WrongChoiceError
from vanishing_gradients.analysis.words import counted
from vanishing_gradients.sql.errors import ObjectError
from vanishing_gradients.sql.names import checked_experiment

EVERY_EXPERIMENT = "all"
TRAINER = "trainer"
"""The source of our own trainer's runs; all others are watched models."""
MOST_RUNS = 12
HOW = "such as RUNS=3,7,9 or RUNS=relu_sgd,7 (`make runs` lists all; a name is its newest run)"


@dataclass(frozen=True)
class Run:
    """One finished run, with what titles and tables show.

    Accuracies are fractions; a loss that was not finite is None; seconds are wall time; times UTC.
    `telemetry` is full or statistics. If no epoch is kept, accuracies, losses and seconds are all
    None. `source` is who trained. For a watched model, data set, seed, images, accuracies and
    losses are None if unknown, and `epochs` are those that it completed. `remedy_of` is the run
    whose diagnosis named the change that this one tries.
    """

    run_id: int
    experiment: str
    dataset: str | None
    seed: int | None
    float_type: str
    record_every: int
    training_images: int | None
    epochs: int
    accuracy: float | None
    loss: float | None
    test_accuracy: float | None
    test_loss: float | None
    seconds: float | None
    finished_at: datetime
    telemetry: str = "full"
    source: str = TRAINER
    remedy_of: int | None = None

    @property
    def watched(self) -> bool:
        """Whether it is of a watched model, trained by another loop."""
        return self.source != TRAINER

    @property
    def has_epochs(self) -> bool:
        """Whether any of its epochs is kept."""
        return self.seconds is not None

    @property
    def place(self) -> str:
        """A short description: experiment, data set if known, and its number."""
        return ", ".join(filter(None, (self.experiment, self.dataset, f"run {self.run_id}")))


def finished_runs(
    summary: pd.DataFrame, run_id: int | None = None, experiment: str | None = None
) -> list[Run]:
    """Return the requested finished runs of `summary` (rows of experiment_summary), by id.

    Raises NoRowsError if there are none, ObjectError for an invalid `experiment` name.
    """
    experiment = None if experiment == EVERY_EXPERIMENT else experiment
    if experiment is not None:
        checked_experiment(experiment)
    finished = chosen = summary[summary["status"] == "finished"]
    if run_id is not None:
        run = known_run(summary, run_id, experiment)
        if run["status"] != "finished":
            raise NoRowsError(
                f"Run {run_id} of {run['experiment']} is {run['status']} after {epochs_of(run)}: "
                f"figures are drawn of finished runs, so let it finish, or {another(run)}."
            )
        chosen = chosen[chosen["run_id"] == run_id]
    if experiment is not None:
        chosen = chosen[chosen["experiment"] == experiment]
    if chosen.empty and experiment is None:
        raise NoRowsError("There is no finished run: train one with `make train EXP=sigmoid_sgd`.")
    if chosen.empty:
        known = ", ".join(sorted(set(finished["experiment"])))
        others = f" (there is one of {known})" if known else ""
        raise NoRowsError(
            f"There is no finished run of {experiment}{others}: run `make train EXP={experiment}`."
        )
    return runs_of(chosen)


def chosen_runs(summary: pd.DataFrame, text: str) -> list[Run]:
    """Return the finished runs that `text` names, in its order, each once.

    A number is a run; a name is the newest finished run of that experiment; one run alone stands
    for it and the remedies that were tried for it. `summary` holds the rows of experiment_summary.
    Raises WrongChoiceError for anything else, for fewer than two runs and for more than MOST_RUNS;
    NoRowsError for runs that do not exist or are not finished.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words:
        raise WrongChoiceError(f"Say which runs to compare, {HOW}.")
    runs = list(dict.fromkeys(_run_named(summary, word) for word in words))
    if len(runs) == 1:
        runs += _remedies(summary, runs[0].run_id)
    if len(runs) < 2:
        raise WrongChoiceError(
            f"A comparison takes at least two runs, and {text!r} is run {runs[0].run_id} alone: "
            f"name another, {HOW}."
        )
    if len(runs) > MOST_RUNS:
        raise WrongChoiceError(
            f"{len(runs)} runs are more than one can tell apart: name at most {MOST_RUNS}, {HOW}."
        )
    return runs


def runs_of(summary: pd.DataFrame) -> list[Run]:
    """Return rows of experiment_summary as runs, by id."""
    fields = list(Run.__dataclass_fields__)
    watched = summary["source"] != TRAINER
    epochs = summary["completed_epoch"].where(watched, summary["epochs"])
    rows = summary.assign(epochs=epochs).sort_values("run_id")[fields].astype("object")
    return [Run(**row) for row in rows.where(rows.notna(), None).to_dict("records")]


def known_run(summary: pd.DataFrame, run_id: int, experiment: str | None = None) -> pd.Series:
    """Return the row of a run in `summary`, whatever its status.

    Raises NoRowsError if there is no such run, or it is not one of `experiment`.
    """
    found = summary[summary["run_id"] == run_id]
    if found.empty:
        raise no_run(run_id)
    run = found.iloc[0]
    if experiment not in (None, EVERY_EXPERIMENT, run["experiment"]):
        raise NoRowsError(
            f"Run {run_id} is one of {run['experiment']}, not of {experiment}: give one of the two."
        )
    return run


def no_run(run_id: int) -> NoRowsError:
    """Return the error for a run that does not exist."""
    return NoRowsError(f"There is no run {run_id}: `make runs` lists those there are.")


def epochs_of(run: pd.Series) -> str:
    """Say how many epochs a row of experiment_summary has completed, and of how many if known."""
    return epochs_done(run["completed_epoch"], None if pd.isna(run["epochs"]) else run["epochs"])


def epochs_done(done: int, planned: int | None) -> str:
    """Say how many epochs are done, and of how many if that is known."""
    return counted(done, "epoch") if planned is None else f"{done} of {counted(planned, 'epoch')}"


def another(run: pd.Series) -> str:
    """Say how to get another run like a row of experiment_summary."""
    if run["source"] != TRAINER:
        return "watch its training again"
    return f"start another with `make train EXP={run['experiment']}`"


def latest_of_each_experiment(runs: Iterable[Run]) -> list[Run]:
    """Return, for each experiment, the run that finished last, by name of the experiment."""
    by_age = sorted(runs, key=lambda run: (run.finished_at, run.run_id))
    latest = {run.experiment: run for run in by_age}
    return [latest[name] for name in sorted(latest)]


def _remedies(summary: pd.DataFrame, run_id: int) -> list[Run]:
    tried = (summary["status"] == "finished") & (summary["remedy_of"] == run_id)
    return runs_of(summary[tried])


def _run_named(summary: pd.DataFrame, word: str) -> Run:
    """Return the run, with epochs to show, that a number or an experiment's name stands for."""
    by_number = word.isascii() and word.isdigit()
    if by_number:
        runs = finished_runs(summary, int(word))
    else:
        try:
            checked_experiment("" if word == EVERY_EXPERIMENT else word)
        except ObjectError as error:
            told = f"{word!r} is neither the number of a run nor the name of an experiment"
            raise WrongChoiceError(f"{told}: name runs {HOW}.") from error
        runs = finished_runs(summary, experiment=word)
    known = [run for run in runs if run.has_epochs]
    if not known:
        which = f"No run of {word} has an"
        if by_number:
            which = f"Run {runs[0].run_id} of {runs[0].experiment} has no"
        raise NoRowsError(f"{which} epoch left to compare: name another, {HOW}.")
    return max(known, key=lambda run: (run.finished_at, run.run_id))
