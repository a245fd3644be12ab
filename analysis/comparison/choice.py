"""Which runs are meant by RUNS=3,7,9 or RUNS=relu_sgd,7."""

import pandas as pd

from vanishing_gradients.analysis.errors import NoRowsError, WrongChoiceError
from vanishing_gradients.analysis.runs import EVERY_EXPERIMENT, Run, finished_runs
from vanishing_gradients.sql.errors import ObjectError
from vanishing_gradients.sql.names import checked_experiment

MOST_RUNS = 12
HOW = "such as RUNS=3,7,9 or RUNS=relu_sgd,7 (`make runs` lists all; a name is its newest run)"


def chosen_runs(summary: pd.DataFrame, text: str) -> list[Run]:
    """Return the finished runs that `text` names, in its order, each once.

    A number is a run; a name is the newest finished run of that experiment. `summary` holds the
    rows of experiment_summary. Raises WrongChoiceError for what is neither, for fewer than two runs
    and for more than MOST_RUNS; NoRowsError for runs that are not there or not finished.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words:
        raise WrongChoiceError(f"Say which runs to compare, {HOW}.")
    runs = list(dict.fromkeys(_run(summary, word) for word in words))
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


def _run(summary: pd.DataFrame, word: str) -> Run:
    if word.isascii() and word.isdigit():
        run = finished_runs(summary, int(word))[0]
        if run.accuracy is None:
            raise NoRowsError(
                f"Run {run.run_id} of {run.experiment} has no epoch left to compare: name another, "
                f"{HOW}."
            )
        return run
    try:
        checked_experiment("" if word == EVERY_EXPERIMENT else word)
    except ObjectError as error:
        raise WrongChoiceError(
            f"{word!r} is neither the number of a run nor the name of an experiment: name runs "
            f"{HOW}."
        ) from error
    found = [run for run in finished_runs(summary, experiment=word) if run.accuracy is not None]
    if not found:
        raise NoRowsError(f"No run of {word} has an epoch left to compare: name another, {HOW}.")
    return max(found, key=lambda run: (run.finished_at, run.run_id))
