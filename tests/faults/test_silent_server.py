"""A silent server with open connections, and a network that forgets connections."""

import signal
import threading
import time

import pytest

from tests.faults.moments import CHUNKS, Hearing
from vanishing_gradients.telemetry import session, timeouts
from vanishing_gradients.telemetry.retry import SECONDS as PATIENCE
from vanishing_gradients.trainer.run import RunOptions


def later(seconds: float, action) -> None:
    """Run `action` later, in its own thread."""
    threading.Timer(seconds, action).start()


@pytest.fixture
def impatient(monkeypatch):
    """One second of silence is enough for a connection to count as lost."""
    monkeypatch.setattr(session, "SILENCE", 1)


@pytest.mark.faults
@pytest.mark.parametrize("times", [1, 5])
def test_a_server_that_is_suspended_for_some_seconds_costs_no_row(
    ground, server, moments, chance, undisturbed, impatient, times
):
    def suspend() -> None:
        server.suspend()
        later(2.5, server.wake)

    moments.scatter(chance, [suspend] * times)
    assert ground.digest(ground.run()) == undisturbed
    assert len(moments.happened) == times


@pytest.mark.faults
@pytest.mark.parametrize("number", [4, 12, 20])
def test_a_server_that_is_suspended_while_an_epoch_is_closed_costs_no_row(
    ground, server, moments, undisturbed, impatient, number
):
    def suspend() -> None:
        server.suspend()
        later(2.5, server.wake)

    moments.when("close", number, suspend)
    assert ground.digest(ground.run()) == undisturbed
    assert moments.happened


@pytest.mark.parametrize("times", [1, pytest.param(6, marks=pytest.mark.faults)])
def test_connections_whose_end_the_server_does_not_hear_of_cost_no_row(
    ground, proxy, moments, chance, undisturbed, impatient, times
):
    """Such a session's row locks, and the run's lock, are released."""
    moments.scatter(chance, [proxy.forget_all] * times)
    assert ground.digest(ground.run(url=ground.url.set(port=proxy.port))) == undisturbed
    assert len(moments.happened) == times


@pytest.mark.faults
def test_an_epochs_end_that_the_server_does_not_hear_of_costs_no_row(
    ground, proxy, moments, undisturbed, impatient
):
    moments.when("closing", 2, proxy.forget_all)
    assert ground.digest(ground.run(url=ground.url.set(port=proxy.port))) == undisturbed
    assert moments.happened


@pytest.mark.faults
def test_a_network_that_carries_nothing_for_a_while_costs_no_row(
    ground, proxy, moments, undisturbed, impatient
):
    def fall_silent() -> None:
        proxy.silence()
        later(2.5, proxy.speak)

    moments.at(2 * CHUNKS, fall_silent)
    assert ground.digest(ground.run(url=ground.url.set(port=proxy.port))) == undisturbed
    assert moments.happened


@pytest.mark.parametrize("kind", ["loaded", pytest.param("closing", marks=pytest.mark.faults)])
def test_ctrl_c_does_not_wait_long_for_a_suspended_server(
    ground, server, moments, monkeypatch, kind
):
    """The run is marked interrupted the next time anyone looks."""
    monkeypatch.setattr(timeouts, "STALLED", 0.7)
    pressed = []

    def suspend() -> None:
        server.suspend()
        later(0.3, press)

    def press() -> None:
        pressed.append(time.monotonic())
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    watcher = Hearing()
    moments.when(kind, 2, suspend)
    try:
        with pytest.raises(KeyboardInterrupt):
            ground.run(watcher, RunOptions(patience=PATIENCE))
        assert time.monotonic() - pressed[0] < PATIENCE / 10  # on a busy machine too
    finally:
        server.wake()
    assert "does not know yet" in watcher.said[-1]
    ground.run()
    assert ground.status(watcher.run_id) == "interrupted"
