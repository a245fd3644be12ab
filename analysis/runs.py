"""Which runs a report is about: finished ones, all or chosen by id or by experiment."""

from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from vanishing_gradients.analysis.errors import NoRowsError
from vanishing_gradients.sql.names import checked_experiment

EVERY_EXPERIMENT = "all"


@dataclass(frozen=True)
class Run:
    """One finished run, as titles and tables name it.

    Accuracies are fractions; a loss that was not finite is None; seconds are wall time; times UTC.
    `telemetry` is full or statistics. Where no epoch is kept accuracies, losses and seconds are all
    None.
    """

    run_id: int
    experiment: str
    dataset: str
    seed: int
    precision: str
    record_every: int
    training_images: int
    epochs: int
    accuracy: float | None
    loss: float | None
    validation_accuracy: float | None
    validation_loss: float | None
    seconds: float | None
    finished_at: datetime
    telemetry: str = "full"


def finished_runs(
    summary: pd.DataFrame, run_id: int | None = None, experiment: str | None = None
) -> list[Run]:
    """Return the finished runs of `summary` (rows of experiment_summary) that are asked for, by id.

    Raises NoRowsError where there is none, ObjectError for an `experiment` that cannot be a name.
    """
    if experiment == EVERY_EXPERIMENT:
        experiment = None
    if experiment is not None:
        checked_experiment(experiment)
    chosen = summary
    if run_id is not None:
        _require_finished(known_run(summary, run_id, experiment))
        chosen = chosen[chosen["run_id"] == run_id]
    if experiment is not None:
        chosen = chosen[chosen["experiment"] == experiment]
    chosen = chosen[chosen["status"] == "finished"]
    if chosen.empty:
        raise NoRowsError(_none_finished(summary, experiment))
    return runs_of(chosen)


def runs_of(summary: pd.DataFrame) -> list[Run]:
    """Return rows of experiment_summary as runs, by id."""
    fields = list(Run.__dataclass_fields__)
    rows = summary.sort_values("run_id")[fields].astype("object")
    return [Run(**row) for row in rows.where(rows.notna(), None).to_dict("records")]


def known_run(summary: pd.DataFrame, run_id: int, experiment: str | None = None) -> pd.Series:
    """Return the row of a run in `summary`, whatever its state.

    Raises NoRowsError where there is none, or it is not one of `experiment`.
    """
    found = summary[summary["run_id"] == run_id]
    if found.empty:
        raise NoRowsError(f"There is no run {run_id}: `make runs` lists those there are.")
    run = found.iloc[0]
    if experiment not in (None, EVERY_EXPERIMENT, run["experiment"]):
        raise NoRowsError(
            f"Run {run_id} is one of {run['experiment']}, not of {experiment}: give one of the two."
        )
    return run


def latest_of_each_experiment(runs: list[Run]) -> list[Run]:
    """Return, for each experiment, the run that finished last, by name of the experiment."""
    latest: dict[str, Run] = {}
    for run in sorted(runs, key=lambda run: (run.finished_at, run.run_id)):
        latest[run.experiment] = run
    return [latest[name] for name in sorted(latest)]


def _require_finished(run: pd.Series) -> None:
    if run["status"] != "finished":
        raise NoRowsError(
            f"Run {run['run_id']} of {run['experiment']} is {run['status']} after "
            f"{run['completed_epoch']} of {run['epochs']} epochs: figures are drawn of finished "
            f"runs, so let it finish, or start another with `make train EXP={run['experiment']}`."
        )


def _none_finished(summary: pd.DataFrame, experiment: str | None) -> str:
    if experiment is None:
        return "There is no finished run: train one with `make train EXP=sigmoid_sgd`."
    finished = sorted(set(summary.loc[summary["status"] == "finished", "experiment"]))
    others = f" (there is one of {', '.join(finished)})" if finished else ""
    return f"There is no finished run of {experiment}{others}: run `make train EXP={experiment}`."
