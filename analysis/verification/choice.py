"""Which runs are verified."""

import pandas as pd

from vanishing_gradients.analysis.errors import NoRowsError
from vanishing_gradients.analysis.runs import Run, finished_runs, runs_of
from vanishing_gradients.sql.names import checked_experiment


def to_verify(summary: pd.DataFrame, run_id: int | None, experiment: str | None) -> list[Run]:
    """Return the finished runs with full telemetry, all or of one experiment; or run `run_id`.

    `summary` has rows of experiment_summary. Raises NoRowsError where there is none, ObjectError
    for an `experiment` that cannot be a name.
    """
    if run_id is None:
        return _full(finished_runs(summary, None, experiment))
    if experiment is not None:
        checked_experiment(experiment)
    found = summary[summary["run_id"] == run_id]
    if found.empty:
        raise NoRowsError(f"There is no run {run_id}: `make runs` lists those there are.")
    own = found.iloc[0]["experiment"]
    if experiment not in (None, "all", own):
        raise NoRowsError(
            f"Run {run_id} is one of {own}, not of {experiment}: give one of the two."
        )
    return runs_of(found)


def _full(runs: list[Run]) -> list[Run]:
    full = [run for run in runs if run.telemetry == "full"]
    if not full:
        raise NoRowsError(
            "The finished runs kept statistics alone, and have no rows to verify: train one with "
            f"`make train EXP={runs[0].experiment}`, or count those of one with "
            f"`make verify RUN={runs[0].run_id}`."
        )
    return full
