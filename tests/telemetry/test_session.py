"""A recording session, without any part of the trainer."""

from types import SimpleNamespace

import numpy as np
import pytest

from vanishing_gradients.telemetry.recording import EpochMetrics
from vanishing_gradients.telemetry.session import RecordingSession, RunListener, RunOptions

GRADIENTS = (np.arange(12.0).reshape(4, 3), np.ones((5, 3)))
LAYERS = [
    SimpleNamespace(number=number, gradient=gradient, saturated=lambda: None, row_index=None)
    for number, gradient in enumerate(GRADIENTS, start=1)
]


class Listening(RunListener):
    """Remembers what happened, in order."""

    def __init__(self) -> None:
        self.heard: list[tuple] = []

    def registered(self, run_id, description, traffic, completed_epoch) -> None:
        self.heard.append(("registered", completed_epoch))

    def epoch(self, metrics) -> None:
        self.heard.append(("epoch", metrics.epoch))

    def ended(self, run_id, status) -> None:
        self.heard.append(("ended", status))


def record(session: RecordingSession, epoch: int) -> None:
    session.recorder.record(epoch, 1, LAYERS)
    metrics = EpochMetrics(epoch, 2.3, 0.1, 2.3, 0.1, 1.0, 5.0)
    session.recorder.close_epoch(metrics, lambda: {"weights": epoch})


def end_by(session: RecordingSession, error: type[BaseException]) -> None:
    """Make an error end the session after its first epoch."""
    with session:
        record(session, 1)
        session.recorder.finish()
        raise error


@pytest.fixture
def status(catalogue):
    """Return a function that reads a run's status and its completed epochs."""

    def read(run_id: int) -> tuple[str, int]:
        query = f"SELECT status, completed_epoch FROM runs WHERE run_id = {run_id}"
        with catalogue.connect() as connection:
            return tuple(connection.exec_driver_sql(query).one())

    return read


def test_what_a_session_records_is_in_the_tables(migrated, describe, status, stored):
    listener = Listening()
    with RecordingSession(migrated, describe("watched"), listener) as session:
        record(session, 1)
        record(session, 2)
        session.finish()
    keys, values = stored(session.run, 1)
    assert keys.tolist() == [[epoch, 1, row] for epoch in (1, 2) for row in range(4)]
    assert np.array_equal(values, np.vstack([GRADIENTS[0]] * 2))
    assert status(session.run.run_id) == ("finished", 2)
    assert listener.heard == [
        ("registered", 0), ("epoch", 1), ("epoch", 2), ("ended", "finished"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("error", "said"), [(KeyboardInterrupt, "interrupted"), (ZeroDivisionError, "failed")]
)
def test_whatever_ends_the_block_is_raised_and_written_down(
    migrated, describe, status, error, said
):
    listener = Listening()
    session = RecordingSession(migrated, describe(f"ends_{said}"), listener)
    with pytest.raises(error):
        end_by(session, error)
    assert status(session.run.run_id) == (said, 1)
    assert listener.heard[-1] == ("ended", said)


def test_a_listener_that_fails_while_the_session_opens_leaves_a_failed_run(
    migrated, describe, status
):
    class Failing(Listening):
        def registered(self, run_id, *_) -> None:
            self.run_id = run_id
            raise ZeroDivisionError

    listener = Failing()
    session = RecordingSession(migrated, describe("unheard"), listener)
    with pytest.raises(ZeroDivisionError), session:
        pytest.fail("the block was entered")
    assert status(listener.run_id) == ("failed", 0)


def test_a_session_goes_on_with_a_run_that_stopped(migrated, describe, status):
    session = RecordingSession(migrated, describe("resumed"))
    with pytest.raises(KeyboardInterrupt):
        end_by(session, KeyboardInterrupt)
    run_id = session.run.run_id
    with RecordingSession(
        migrated, describe("resumed"), options=RunOptions(resumed=run_id)
    ) as session:
        assert session.start.completed_epoch == 1
        assert session.start.state["weights"] == 1
        record(session, 2)
        session.finish()
    assert session.run.run_id == run_id
    assert status(run_id) == ("finished", 2)
