"""Runs that are stopped and resumed."""

import pytest
from sqlalchemy import delete, update

from tests.faults.digest import digest
from vanishing_gradients.sql.catalogue import checkpoints, runs
from vanishing_gradients.telemetry.errors import ResumeError, RunBusyError
from vanishing_gradients.telemetry.lock import RunLock
from vanishing_gradients.trainer.run import RunOptions, TrainingListener

SETTINGS = {
    "everything": {},
    "single precision": {"precision": "single"},
    "every third batch": {"record_every": 3},
    "statistics alone": {"telemetry": "statistics"},
}


class Stop(TrainingListener):
    """Stops a run at one step, as Ctrl-C does."""

    def __init__(self, epoch: int, step: int) -> None:
        self.moment = (epoch, step)

    def progress(self, progress) -> None:
        if (progress.epoch, progress.step) == self.moment:
            raise KeyboardInterrupt


class Listener(TrainingListener):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.completed, self.warnings, self.epochs = None, [], []

    def registered(self, run_id, description, traffic, completed_epoch) -> None:
        self.completed = completed_epoch

    def epoch(self, metrics) -> None:
        self.epochs.append(metrics.epoch)

    def warn(self, sentence: str) -> None:
        self.warnings.append(sentence)


@pytest.fixture
def stopped(laboratory, small):
    """Return a function that starts a run, stops it in its third epoch and returns its number."""

    def stop(name: str, epoch: int = 3, **settings) -> int:
        with pytest.raises(KeyboardInterrupt):
            laboratory.run(experiment(small, name), Stop(epoch, 2), **settings)
        return laboratory.newest_run()

    return stop


def experiment(small, name: str):
    """Four epochs of Adam; those named on_... also draw from the generator in every step."""
    drawing = name.startswith("on_")
    return small(
        name, optimizer="adam", epochs=4, hidden_widths=[7],
        dropout=0.2 * drawing, input_dropout=0.1 * drawing, batch_normalization=drawing,
    )  # fmt: skip


@pytest.mark.parametrize("which", SETTINGS)
def test_a_run_that_goes_on_leaves_what_one_without_a_stop_leaves(
    laboratory, small, stopped, which
):
    name, settings = "on_" + which.replace(" ", "_"), SETTINGS[which]
    run_id = stopped(name, **settings)
    laboratory.run(experiment(small, name), options=RunOptions(run_id), **settings)
    undisturbed = laboratory.run(experiment(small, name), **settings)
    assert digest(laboratory.url, run_id) == digest(laboratory.url, undisturbed)


def test_a_run_with_a_layer_wider_than_a_table_goes_on_as_one_without_a_stop(laboratory, small):
    wide = small("on_wide", "relu", "adam", hidden_widths=[801, 5], epochs=3)
    with pytest.raises(KeyboardInterrupt):
        laboratory.run(wide, Stop(3, 2))
    run_id = laboratory.newest_run()
    laboratory.run(wide, options=RunOptions(run_id))
    assert digest(laboratory.url, run_id) == digest(laboratory.url, laboratory.run(wide))


def test_a_run_stopped_in_its_first_epoch_begins_again(laboratory, small, stopped):
    run_id = stopped("first", epoch=1)
    laboratory.run(experiment(small, "first"), options=RunOptions(run_id))
    undisturbed = laboratory.run(experiment(small, "first"))
    assert digest(laboratory.url, run_id) == digest(laboratory.url, undisturbed)


def test_it_goes_on_behind_the_last_completed_epoch(laboratory, small, stopped):
    run_id, listener = stopped("behind"), Listener()
    laboratory.run(experiment(small, "behind"), listener, RunOptions(run_id))
    assert (listener.completed, listener.epochs) == (2, [3, 4])


def test_a_finished_run_has_nothing_left_to_do(laboratory, small):
    run_id = laboratory.run(experiment(small, "done"))
    with pytest.raises(ResumeError, match=f"Run {run_id} is finished"):
        laboratory.run(experiment(small, "done"), options=RunOptions(run_id))


def test_a_run_begun_otherwise_is_refused_with_what_differs(laboratory, small, stopped):
    run_id = stopped("otherwise")
    with pytest.raises(ResumeError, match="started with another seed and another precision"):
        laboratory.run(
            experiment(small, "otherwise"), options=RunOptions(run_id), seed=9, precision="single"
        )
    assert laboratory.status(run_id) == "interrupted"


def test_a_run_that_does_not_exist_is_refused(laboratory, small):
    with pytest.raises(ResumeError, match="no run 999999"):
        laboratory.run(experiment(small, "absent"), options=RunOptions(999999))


def test_a_run_in_other_hands_is_refused(laboratory, small, stopped):
    run_id = stopped("busy")
    with (
        laboratory.engine.connect() as other,
        RunLock(other, run_id),
        pytest.raises(RunBusyError, match="another process"),
    ):
        laboratory.run(experiment(small, "busy"), options=RunOptions(run_id))


def test_a_run_without_its_checkpoint_is_refused(laboratory, small, stopped):
    run_id = stopped("bare")
    with laboratory.engine.begin() as connection:
        connection.execute(delete(checkpoints).where(checkpoints.c.run_id == run_id))
    with pytest.raises(ResumeError, match="no checkpoint of epoch 2"):
        laboratory.run(experiment(small, "bare"), options=RunOptions(run_id))


def test_other_package_versions_are_said(laboratory, small, stopped):
    run_id, listener = stopped("versions"), Listener()
    with laboratory.engine.begin() as connection:
        connection.execute(
            update(runs).where(runs.c.run_id == run_id).values(package_versions={"numpy": "1.0"})
        )
    laboratory.run(experiment(small, "versions"), listener, RunOptions(run_id))
    assert any("numpy 1.0 (now" in warning for warning in listener.warnings)


def test_a_run_abandoned_by_its_process_is_called_interrupted_by_the_next(
    laboratory, small, stopped
):
    run_id = stopped("abandoned")
    with laboratory.engine.begin() as connection:
        connection.execute(update(runs).where(runs.c.run_id == run_id).values(status="running"))
    laboratory.run(experiment(small, "next"))
    assert laboratory.status(run_id) == "interrupted"


def test_a_run_under_way_is_not_called_interrupted(laboratory, small):
    seen = []

    class Another(TrainingListener):
        def progress(self, progress) -> None:
            if not seen:
                seen.append(laboratory.newest_run())
                laboratory.run(experiment(small, "beside"))
                seen.append(laboratory.status(seen[0]))

    laboratory.run(experiment(small, "under_way"), Another())
    assert seen[1] == "running"
