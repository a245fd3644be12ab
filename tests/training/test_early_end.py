"""Runs that end early: Ctrl-C, a failing writer, a server that hangs up, a view in the way."""

import signal
import time
from collections import defaultdict
from contextlib import suppress

import pytest
from sqlalchemy import event, inspect
from sqlalchemy.exc import OperationalError

from vanishing_gradients.telemetry import session
from vanishing_gradients.telemetry.errors import OutageError, TelemetryError
from vanishing_gradients.trainer.run import RunOptions, TrainingListener

ROWS = {1: 784, 2: 64, 3: 7, 4: 64, 5: 5, 6: 64}
"""Rows of a layer's gradient in a whole batch."""
NOT_A_VIEW = r"is not VIEW|is not of type 'VIEW'"


class AtStep(TrainingListener):
    """Does something at one step, given the run's number."""

    def __init__(self, epoch: int, step: int, action) -> None:
        self.moment, self.action, self.run_id = (epoch, step), action, 0

    def registered(self, run_id, description, traffic, completed_epoch) -> None:
        self.run_id = run_id

    def progress(self, progress) -> None:
        if (progress.epoch, progress.step) == self.moment:
            self.action(self.run_id)


def press_ctrl_c(_run_id: int) -> None:
    signal.raise_signal(signal.SIGINT)


@pytest.fixture
def small_chunks(monkeypatch):
    """Make a chunk of the first layer hold two steps."""
    monkeypatch.setattr("vanishing_gradients.telemetry.chunk.CHUNK_VALUES", 2 * 784 * 7)


@pytest.fixture
def interrupted(laboratory, small, small_chunks):
    """A run stopped in its second epoch."""
    with pytest.raises(KeyboardInterrupt):
        laboratory.run(small("interrupted"), AtStep(2, 5, press_ctrl_c))
    return laboratory.newest_run()


def test_ctrl_c_leaves_the_run_interrupted_with_its_complete_epochs(laboratory, interrupted):
    found = laboratory.select(
        "SELECT status, completed_epoch, finished_at >= started_at "
        f"FROM runs WHERE run_id = {interrupted}"
    )
    assert found == [("interrupted", 1, 1)]
    for table in ("epoch_metrics", "step_statistics", "checkpoints"):
        epochs = f"SELECT DISTINCT epoch FROM {table} WHERE run_id = {interrupted}"
        assert laboratory.select(epochs) == [(1,)]


def test_ctrl_c_leaves_whole_chunks_and_each_of_them_noted(laboratory, small, interrupted):
    noted = defaultdict(set)
    chunks = laboratory.select(
        "SELECT layer, epoch, first_step, last_step FROM telemetry_progress "
        f"WHERE run_id = {interrupted}"
    )
    for layer, epoch, first, last in chunks:
        noted[layer] |= {(epoch, step) for step in range(first, last + 1)}
    for layer, rows in ROWS.items():
        stored = laboratory.stored(small("interrupted"), layer, interrupted)
        assert stored.keys() == noted[layer]
        for (_, step), values in stored.items():
            assert len(values) == (44 if step == 5 and rows == 64 else rows)
    assert all((1, step) in noted[1] for step in range(1, 6))


@pytest.mark.not_on_oceanbase("LOAD DATA skips such a row there, and does not say so")
def test_a_writer_that_fails_ends_the_run_as_failed(laboratory, small, small_chunks):
    """The writer fails on a row that already exists."""

    def take_a_place(run_id: int) -> None:
        laboratory.execute(
            "INSERT INTO taken_layer_2_sigmoid (run_id, Epoch, Step, RowIndex) "
            f"VALUES ({run_id}, 2, 1, 0)"
        )

    with pytest.raises(TelemetryError, match=r"taken_layer_2_sigmoid.* epoch 2, .* of \d+ rows"):
        laboratory.run(small("taken"), AtStep(1, 5, take_a_place))
    run_id = laboratory.newest_run()
    assert laboratory.status(run_id) == "failed"
    assert laboratory.select(
        f"SELECT COUNT(*) FROM taken_layer_2_sigmoid WHERE run_id = {run_id} AND Epoch = 2"
    ) == [(1,)]


@pytest.fixture
def hang_up(laboratory, monkeypatch):
    """Return a function that ends every connection except the laboratory's, as a server can.

    The only writer has stored a chunk, so it is connected, and the second epoch is still to be
    sent.
    """
    monkeypatch.setattr(session, "WRITERS", 1)

    def end_all(run_id: int) -> None:
        stored = f"SELECT 1 FROM telemetry_progress WHERE run_id = {run_id} LIMIT 1"
        deadline = time.monotonic() + 20
        while not laboratory.select(stored):
            assert time.monotonic() < deadline
            time.sleep(0.005)
        with laboratory.engine.connect() as own:  # one connection, which must not end itself
            others = own.exec_driver_sql(
                "SELECT id FROM information_schema.processlist "
                "WHERE db = DATABASE() AND id <> CONNECTION_ID()"
            ).scalars()
            for number in others.all():
                with suppress(OperationalError):  # it has already ended
                    own.exec_driver_sql(f"KILL {number}")

    return end_all


def test_a_server_that_hangs_up_is_outlasted(laboratory, small, small_chunks, hang_up):
    run_id = laboratory.run(small("hung_up"), AtStep(2, 1, hang_up))
    undisturbed = laboratory.run(small("hung_up"))
    rows = "SELECT COUNT(*), SUM(Norm), MIN(Mean) FROM hung_up_layer_3_hidden WHERE run_id = {}"
    assert laboratory.status(run_id) == "finished"
    assert laboratory.select(rows.format(run_id)) == laboratory.select(rows.format(undisturbed))


def test_a_server_that_stays_away_leaves_the_run_interrupted_with_a_sentence(
    laboratory, small, small_chunks, hang_up
):
    with pytest.raises(OutageError, match="RESUME=1 resumes after"):
        laboratory.run(small("given_up"), AtStep(2, 1, hang_up), RunOptions(patience=0))
    assert laboratory.status(laboratory.newest_run()) == "interrupted"


def test_ctrl_c_while_registering_waits_until_the_run_can_be_called_interrupted(laboratory, small):
    def press(connection, cursor, statement, *_) -> None:
        if "CREATE TABLE" in statement and "hurried_layer_3" in statement:
            press_ctrl_c(0)

    event.listen(type(laboratory.engine), "before_cursor_execute", press)
    try:
        with pytest.raises(KeyboardInterrupt):
            laboratory.run(small("hurried"))
    finally:
        event.remove(type(laboratory.engine), "before_cursor_execute", press)
    assert laboratory.status(laboratory.newest_run()) == "interrupted"
    assert "hurried_layer_6_norm_avg" in inspect(laboratory.engine).get_view_names()


def test_an_experiment_whose_views_cannot_be_made_leaves_nothing(laboratory, small):
    """A table has the name of a view."""
    laboratory.execute("CREATE TABLE blocked_layer_4_norm_avg (a INT)")
    runs = laboratory.select("SELECT COUNT(*) FROM runs")
    with pytest.raises(Exception, match=NOT_A_VIEW):
        laboratory.run(small("blocked"))
    names = inspect(laboratory.engine)
    left = [*names.get_table_names(), *names.get_view_names()]
    assert [name for name in left if name.startswith("blocked")] == ["blocked_layer_4_norm_avg"]
    assert laboratory.select("SELECT COUNT(*) FROM runs") == runs
    assert laboratory.select("SELECT COUNT(*) FROM gradient_norms WHERE experiment = 'x'") == [(0,)]


def test_an_experiment_that_fails_to_register_again_keeps_its_earlier_runs(laboratory, small):
    first = laboratory.run(small("kept"))
    laboratory.execute("DROP VIEW kept_layer_4_norm_avg")
    laboratory.execute("CREATE TABLE kept_layer_4_norm_avg (a INT)")
    with pytest.raises(Exception, match=NOT_A_VIEW):
        laboratory.run(small("kept"))
    assert laboratory.select("SELECT COUNT(*) FROM kept_layer_1_input") == [(784 * 5 * 2,)]
    assert laboratory.newest_run() == first
