"""The recorder: epochs close in order, once stored, while training continues, or not at all."""

import threading
from concurrent.futures import CancelledError
from types import SimpleNamespace

import numpy as np
import pytest

from vanishing_gradients.sql.objects import ExperimentSchema, Layer
from vanishing_gradients.telemetry.recorder import GradientRecorder
from vanishing_gradients.telemetry.recording import EpochMetrics
from vanishing_gradients.telemetry.sink import Sink

SHAPE = ExperimentSchema("small", (Layer(1, "layer_1_input", 3, "input"),))
STEP = [SimpleNamespace(number=1, gradient=np.ones((2, 3)), saturated=lambda: None, row_index=None)]
PATIENCE = 10


def metrics(epoch: int) -> EpochMetrics:
    return EpochMetrics(epoch, 2.3, 0.1, 2.3, 0.1, 1.0, 5.0)


class GatedLoader:
    """Stores a chunk as soon as its epoch is released."""

    def __init__(self) -> None:
        self.gates = {epoch: threading.Event() for epoch in (1, 2)}

    def put(self, chunk) -> None:
        assert self.gates[chunk.epoch].wait(PATIENCE)

    def close(self) -> None:
        pass


@pytest.fixture
def loader():
    return GatedLoader()


@pytest.fixture
def closed():
    return []


@pytest.fixture
def recorder(loader, closed):
    sink = Sink(lambda: loader, writers=1)
    recorder = GradientRecorder(SHAPE, np.float64, sink, lambda *epoch: closed.append(epoch))
    yield recorder
    for gate in loader.gates.values():
        gate.set()
    recorder.close()
    sink.close()


def test_training_goes_on_while_an_epoch_waits_for_its_writers(recorder, loader, closed):
    recorder.record(1, 1, STEP)
    recorder.close_epoch(metrics(1), lambda: {"weights": 1})
    recorder.record(2, 1, STEP)
    assert closed == []
    for gate in loader.gates.values():
        gate.set()
    recorder.close_epoch(metrics(2), lambda: {"weights": 2})
    recorder.finish()
    assert [epoch[0].epoch for epoch in closed] == [1, 2]


def test_an_epoch_is_closed_with_its_own_statistics_and_the_state_at_its_end(
    recorder, loader, closed
):
    for gate in loader.gates.values():
        gate.set()
    for epoch in (1, 2):
        recorder.record(epoch, 1, STEP)
        recorder.close_epoch(metrics(epoch), lambda epoch=epoch: {"weights": epoch})
    recorder.finish()
    assert [[row[:3] for row in statistics.steps] for _, statistics, _ in closed] == [
        [(1, 1, 1)],
        [(1, 2, 1)],
    ]
    assert [state for *_, state in closed] == [{"weights": 1}, {"weights": 2}]


def test_the_seconds_of_all_epochs_add_up_to_the_time_since_the_recorder_began(
    recorder, loader, closed
):
    for gate in loader.gates.values():
        gate.set()
    start = recorder._closed_at
    for epoch in (1, 2):
        recorder.record(epoch, 1, STEP)
        recorder.close_epoch(metrics(epoch), dict)
    recorder.finish()
    seconds = [epoch[0].seconds for epoch in closed]
    assert min(seconds) > 0
    assert sum(seconds) == pytest.approx(recorder._closed_at - start)


def test_an_epoch_whose_chunks_were_given_up_is_never_closed(closed):
    class Interrupted:
        """Ctrl-C comes while the first chunk is being sent: those after it are cancelled."""

        def put(self, chunk) -> None:
            sink._pool.shutdown(wait=False, cancel_futures=True)

        def close(self) -> None:
            pass

    together = threading.Event()

    def connect() -> Interrupted:
        assert together.wait(PATIENCE)
        return Interrupted()

    sink = Sink(connect, writers=1)
    two = ExperimentSchema("small", (*SHAPE.layers, Layer(2, "layer_2_relu", 3, "sample")))
    recorder = GradientRecorder(two, np.float64, sink, lambda *epoch: closed.append(epoch))
    recorder.record(1, 1, STEP * 2)
    recorder.close_epoch(metrics(1), dict)
    together.set()
    with pytest.raises(CancelledError):
        recorder.finish()
    recorder.close()
    sink.close()
    assert closed == []


def test_what_goes_wrong_while_an_epoch_closes_reaches_the_loop(loader):
    def fail(*_) -> None:
        raise OSError("the line is cut")

    sink = Sink(None)
    recorder = GradientRecorder(SHAPE, np.float64, sink, fail)
    recorder.record(1, 1, STEP)
    recorder.close_epoch(metrics(1), dict)
    with pytest.raises(OSError, match="the line is cut"):
        recorder.finish()
    recorder.close()
    sink.close()


def test_a_step_that_is_left_out_costs_nothing_and_its_update_is_not_asked_for(closed):
    looked: list[int] = []

    class Layer:
        number, row_index = 1, None

        def __init__(self, step: int) -> None:
            self.step = step

        @property
        def gradient(self) -> np.ndarray:
            looked.append(self.step)
            return np.ones((2, 3))

        def saturated(self) -> None:
            looked.append(self.step)

    sink = Sink(None)
    recorder = GradientRecorder(SHAPE, np.float64, sink, lambda *epoch: closed.append(epoch), 3)
    said = [recorder.record(1, step, [Layer(step)]) for step in range(1, 8)]
    recorder.close()
    sink.close()
    assert said == [True, False, False, True, False, False, True]
    assert set(looked) == {1, 4, 7}


def test_norms_of_a_step_are_closed_with_its_epoch(closed):
    sink = Sink(None)
    recorder = GradientRecorder(SHAPE, np.float64, sink, lambda *epoch: closed.append(epoch))
    for step in (1, 2):
        assert recorder.record(1, step, STEP)
        update = SimpleNamespace(clipped_norm=1.0 * step, weight_norm=9.0, update_norm=0.5)
        recorder.record_updates([update])
    recorder.close_epoch(metrics(1), dict)
    recorder.finish()
    recorder.close()
    sink.close()
    ((_, statistics, _),) = closed
    assert [row[-4:] for row in statistics.steps] == [(1.0, 9.0, 0.5, None), (2.0, 9.0, 0.5, None)]
