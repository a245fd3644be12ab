"""What a run tells of the epoch that it is in, and that this disturbs nothing."""

import threading
from types import SimpleNamespace

import numpy as np
import pytest

from tests.faults.test_busy_server import until
from tests.telemetry.test_session import LAYERS, record
from vanishing_gradients import watch
from vanishing_gradients.telemetry import lock
from vanishing_gradients.telemetry.pulse import Layer
from vanishing_gradients.telemetry.recording import EpochMetrics
from vanishing_gradients.telemetry.session import RecordingSession
from vanishing_gradients.telemetry.statistics import OF_A_STEP, step_statistics

TOLD = "SELECT epoch, step, steps, loss, accuracy, waiting_rows FROM run_pulse WHERE run_id = {}"
LAYER_ROWS = (
    "SELECT layer, epoch, step, gradient_norm, norm, zeros, update_ratio, non_finite, "
    "recent_median FROM pulse_layers WHERE run_id = {} ORDER BY layer"
)
METRICS = EpochMetrics(1, 2.3, 0.1, 2.3, 0.1, 1.0, 5.0)


@pytest.fixture
def select(catalogue):
    """Return a function that reads the rows of a query about a run."""

    def ask(query: str, run_id: int) -> list[tuple]:
        with catalogue.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query.format(run_id))]

    return ask


@pytest.fixture
def open_session(migrated, describe, monkeypatch):
    """Return a function that begins a run whose heartbeat tells nothing by itself."""
    monkeypatch.setattr(lock, "BEAT", 1e6)
    return lambda name: RecordingSession(migrated, describe(name))


def tell(catalogue, session: RecordingSession, owner: str | None = None) -> None:
    with catalogue.connect() as connection:
        session.pulse.tell(connection, owner or session.run.lock.owner)


def test_the_heartbeat_tells_where_training_is_until_the_epoch_closes(
    migrated, describe, select, monkeypatch
):
    monkeypatch.setattr(lock, "BEAT", 0.01)
    with RecordingSession(migrated, describe("beating")) as session:
        run_id = session.run.run_id
        session.pulse.at(1, 3, 469, 2.25, 0.125)
        until(lambda: select(TOLD, run_id))
        assert select(TOLD, run_id) == [(1, 3, 469, 2.25, 0.125, 0)]
        record(session, 1)
        session.recorder.finish()
        assert select(TOLD, run_id) == []
        session.finish()


def test_layers_tell_their_newest_step_until_the_epoch_closes(open_session, catalogue, select):
    with open_session("layers") as session:
        run_id = session.run.run_id
        session.recorder.record(1, 1, LAYERS)
        session.recorder.close_epoch(METRICS, lambda: None)
        session.recorder.finish()
        rows = [step_statistics(each.gradient) for each in LAYERS]
        for number, row in enumerate(rows, 1):
            values = [getattr(row, name) for name in OF_A_STEP]
            session.pulse.seen([(number, 2, 7, *values)])
        session.pulse.at(2, 8, None, None, None)
        tell(catalogue, session)
        norms = [(row.gradient_norm, row.row_norm_sum / row.row_count, row.zeros) for row in rows]
        assert select(LAYER_ROWS, run_id) == [
            (number, 2, 7, *norm, None, 0, norm[0]) for number, norm in enumerate(norms, 1)
        ]
        record(session, 2)
        session.finish()
        assert select(LAYER_ROWS, run_id) == []


def test_what_the_writers_have_seen_is_what_a_layer_tells(open_session, catalogue, select):
    with open_session("writers") as session:
        session.pulse.at(1, 1, None, None, None)
        session.recorder.record(1, 1, LAYERS)
        for assembler in session.recorder._assemblers:
            session.sink.put(assembler.take())
        until(lambda: session.sink.traffic().waiting_rows == 0)
        tell(catalogue, session)
        found = select(LAYER_ROWS, session.run.run_id)
    assert [row[:4] for row in found] == [
        (each.number, 1, 1, np.linalg.norm(each.gradient)) for each in LAYERS
    ]


def test_a_layer_of_which_many_steps_fill_a_chunk_tells_of_one_before(
    open_session, catalogue, select
):
    with open_session("open") as session:
        for step in (1, 2, 3):
            session.recorder.record(1, step, LAYERS)
        session.pulse.at(1, 3, None, None, None)
        tell(catalogue, session)
        found = select(LAYER_ROWS, session.run.run_id)
    assert [row[:4] for row in found] == [
        (each.number, 1, 2, np.linalg.norm(each.gradient)) for each in LAYERS
    ]


def rows(*norms: float | None, first: int = 1) -> list[tuple]:
    """A layer's steps of epoch 1 with these gradient norms."""
    values = [dict.fromkeys(OF_A_STEP) | {"gradient_norm": norm} for norm in norms]
    return [(1, 1, step, *each.values()) for step, each in enumerate(values, first)]


@pytest.mark.parametrize(
    ("chunks", "newest", "median"),
    [
        ([rows(3.0)], 1, None),
        ([rows(3.0, 5.0)], 2, 4.0),
        ([rows(3.0, None, 4.0)], 3, 3.5),
        ([rows(9.0, first=3), rows(1.0, 2.0)], 3, 2.0),
        ([rows(*range(100)), rows(*range(100, 110), first=101)], 110, 84.5),
    ],
    ids=["one", "two", "unknown", "not in order", "the last fifty"],
)
def test_the_median_is_that_of_the_last_recorded_steps_in_order(chunks, newest, median):
    layer = Layer()
    for chunk in chunks:
        layer.add(chunk)
    values = layer.values()
    assert (values[2], values[-1]) == (newest, median)


def test_what_is_not_finite_is_unknown(open_session, catalogue, select):
    with open_session("infinite") as session:
        session.pulse.at(1, 1, 2, float("inf"), float("nan"))
        tell(catalogue, session)
        assert select(TOLD, session.run.run_id) == [(1, 1, 2, None, None, 0)]


def test_the_speed_is_that_since_it_was_told_last(open_session, catalogue, select, monkeypatch):
    seconds = iter([0.0, 0.0, 10.0, 10.0, 12.0, 14.0, 14.0])
    clock = SimpleNamespace(monotonic=lambda: next(seconds))
    monkeypatch.setattr("vanishing_gradients.telemetry.pulse.time", clock)
    with open_session("speed") as session:
        speeds = []
        for steps in ((1,), (2,), (3, 4)):
            for step in steps:
                session.pulse.at(1, step, None, None, None)
            tell(catalogue, session)
            query = "SELECT steps_per_second FROM run_pulse WHERE run_id = {}"
            speeds += select(query, session.run.run_id)
    assert speeds == [(None,), (0.1,), (0.5,)]


@pytest.mark.parametrize(("each", "done", "steps"), [(1, 5, 5), (2, 3, None)])
def test_a_watched_loop_tells_its_place_and_how_many_steps_if_each_batch_is_one(
    migrated, catalogue, select, monkeypatch, each, done, steps
):
    monkeypatch.setattr(lock, "BEAT", 1e6)
    grads = {"w": np.ones((2, 3))}
    with watch(experiment="loop", url=migrated, on_error="raise") as w:
        for batch in w.epoch(range(5)):
            w.log(loss=batch)
            if batch % each == 0:
                w.step(grads)
        session = w._run._session
        tell(catalogue, session)
        found = select(TOLD, session.run.run_id)
    assert [row[:4] for row in found] == [(1, done, steps, 2.0)]


def test_nothing_is_told_of_a_closed_epoch(open_session, catalogue, select):
    with open_session("closed") as session:
        session.pulse.at(1, 1, None, None, None)
        record(session, 1)
        session.recorder.finish()
        tell(catalogue, session)
        assert select(TOLD, session.run.run_id) == []


def test_who_does_not_hold_the_run_tells_nothing(open_session, catalogue, select):
    with open_session("held") as session:
        session.pulse.at(1, 1, None, None, None)
        tell(catalogue, session, "another")
        assert select(TOLD, session.run.run_id) == []


def test_a_run_that_ends_within_an_epoch_takes_what_it_told_along(open_session, catalogue, select):
    def stop(session: RecordingSession) -> None:
        with session:
            session.pulse.at(1, 1, None, None, None)
            tell(catalogue, session)
            told.extend(select(TOLD, session.run.run_id))
            raise KeyboardInterrupt

    session, told = open_session("early"), []
    with pytest.raises(KeyboardInterrupt):
        stop(session)
    assert (len(told), select(TOLD, session.run.run_id)) == (1, [])


def test_a_pulse_that_fails_ends_nothing_and_the_lease_goes_on(
    migrated, describe, select, monkeypatch
):
    monkeypatch.setattr(lock, "BEAT", 0.01)
    monkeypatch.setattr(lock, "RENEWAL", 0.01)
    failed = threading.Semaphore(0)

    def fail(connection, owner) -> None:
        failed.release()
        connection.exec_driver_sql("SELECT * FROM nowhere")

    with RecordingSession(migrated, describe("failing")) as session:
        run_id = session.run.run_id
        session.run.lock.tell(fail)
        for _ in range(3):
            assert failed.acquire(timeout=20)
        lease = "SELECT lease_until FROM runs WHERE run_id = {}"
        before = select(lease, run_id)
        until(lambda: select(lease, run_id) > before)
        record(session, 1)
        session.finish()
    assert select("SELECT status FROM runs WHERE run_id = {}", run_id) == [("finished",)]
