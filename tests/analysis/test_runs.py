"""Which runs a report is about."""

from datetime import datetime

import pandas as pd
import pytest

from vanishing_gradients.analysis.errors import NoRowsError
from vanishing_gradients.analysis.runs import Run, finished_runs, latest_of_each_experiment
from vanishing_gradients.sql.errors import ObjectError


@pytest.fixture
def summary() -> pd.DataFrame:
    rows = [
        (1, "sigmoid_sgd", "finished", 10, float("nan")),
        (2, "relu_adam", "finished", 10, 0.5),
        (3, "sigmoid_sgd", "interrupted", 4, 2.3),
        (4, "sigmoid_sgd", "finished", 10, 2.3),
    ]
    frame = pd.DataFrame(
        rows, columns=["run_id", "experiment", "status", "completed_epoch", "loss"]
    )
    rest = dict.fromkeys(set(Run.__dataclass_fields__) - set(frame.columns), 1)
    return frame.assign(
        **rest | {"epochs": 10, "source": "trainer", "finished_at": datetime(2025, 11, 25)}
    )


def ids(runs):
    return [run.run_id for run in runs]


def test_all_finished_runs_are_meant_where_nothing_is_asked_for(summary):
    assert ids(finished_runs(summary)) == [1, 2, 4]


def test_an_experiment_means_its_finished_runs(summary):
    assert ids(finished_runs(summary, experiment="sigmoid_sgd")) == [1, 4]


def test_all_means_every_experiment(summary):
    assert ids(finished_runs(summary, experiment="all")) == [1, 2, 4]


def test_a_run_means_itself(summary):
    assert ids(finished_runs(summary, run_id=4)) == [4]


def test_a_loss_that_was_not_finite_is_none(summary):
    assert finished_runs(summary, run_id=1)[0].loss is None


def test_an_unknown_run_is_an_error(summary):
    with pytest.raises(NoRowsError, match=r"no run 9: `make runs`"):
        finished_runs(summary, run_id=9)


def test_an_unfinished_run_is_an_error_that_says_how_far_it_came(summary):
    with pytest.raises(
        NoRowsError, match=r"Run 3 .* interrupted after 4 of 10 epochs.*`make train"
    ):
        finished_runs(summary, run_id=3)


def test_a_run_of_another_experiment_is_an_error(summary):
    with pytest.raises(NoRowsError, match="Run 2 is one of relu_adam, not of sigmoid_sgd"):
        finished_runs(summary, run_id=2, experiment="sigmoid_sgd")


def test_an_experiment_without_finished_runs_is_an_error_that_names_the_others(summary):
    with pytest.raises(
        NoRowsError, match=r"one of relu_adam, sigmoid_sgd\): run `make train EXP=relu_sgd`"
    ):
        finished_runs(summary, experiment="relu_sgd")


def test_a_database_without_finished_runs_is_an_error(summary):
    with pytest.raises(NoRowsError, match=r"no finished run: train one"):
        finished_runs(summary[summary["status"] != "finished"])


def test_what_cannot_name_an_experiment_is_an_error(summary):
    with pytest.raises(ObjectError, match="cannot name an experiment"):
        finished_runs(summary, experiment="Robert'); DROP TABLE runs; --")


def test_the_run_that_finished_last_stands_for_its_experiment(summary):
    early, late = datetime(2025, 11, 25), datetime(2025, 11, 26)
    summary["finished_at"] = [late, early, early, early]
    assert ids(latest_of_each_experiment(finished_runs(summary))) == [2, 1]
