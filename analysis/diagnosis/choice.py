"""Which run is diagnosed: one by its number, an experiment's newest finished one, or the newest."""

import pandas as pd

from vanishing_gradients.analysis.errors import NoRowsError
from vanishing_gradients.analysis.runs import (
    EVERY_EXPERIMENT,
    finished_runs,
    latest_of_each_experiment,
)


def chosen_run(summary: pd.DataFrame, run_id: int | None, experiment: str | None) -> pd.Series:
    """Return a row of `summary`, which has the rows of experiment_summary.

    A run that is asked for by number, and the newest, may be in any state: what does not learn is
    often stopped. Raises NoRowsError where there is no such run, or no complete epoch of it;
    ObjectError for an `experiment` that cannot be a name.
    """
    if experiment is not None and run_id is None and experiment != EVERY_EXPERIMENT:
        run_id = latest_of_each_experiment(finished_runs(summary, experiment=experiment))[0].run_id
    rows = summary if run_id is None else summary[summary["run_id"] == run_id]
    if rows.empty:
        raise NoRowsError(f"There is no run {run_id}: `make runs` lists those there are.")
    run = rows.sort_values("run_id").iloc[-1]
    if experiment not in (None, EVERY_EXPERIMENT, run["experiment"]):
        raise NoRowsError(
            f"Run {run_id} is one of {run['experiment']}, not of {experiment}: give one of the two."
        )
    if pd.isna(run["test_accuracy"]):
        raise NoRowsError(
            f"Run {run['run_id']} of {run['experiment']} is {run['status']} and has no complete "
            "epoch to judge by: wait for one, or name another run (`make runs` lists all)."
        )
    return run
