"""The server is killed in the middle of a run, and restarted: the run ends undisturbed."""

import threading
import time

import pytest

from tests.faults.moments import Hearing
from vanishing_gradients.telemetry import session


def test_a_server_killed_and_started_again_costs_no_row(
    ground, server, moments, chance, undisturbed
):
    moments.scatter(chance, [server.restart])
    assert ground.digest(ground.run()) == undisturbed
    assert len(moments.happened) == 1


@pytest.mark.faults
@pytest.mark.parametrize("writers", [4, 1])
@pytest.mark.parametrize("settings", [{}, {"precision": "single"}], ids=["double", "single"])
def test_a_server_killed_eight_times_costs_no_row(
    ground, server, moments, chance, monkeypatch, writers, settings
):
    expected = ground.undisturbed(**settings)
    monkeypatch.setattr(session, "WRITERS", writers)
    moments.scatter(chance, [server.restart] * 8)
    assert ground.digest(ground.run(**settings)) == expected
    assert len(moments.happened) == 8


@pytest.mark.faults
def test_a_server_killed_before_an_epoch_is_closed_closes_it_once(
    ground, server, moments, undisturbed
):
    moments.when("closing", 2, server.restart)
    assert ground.digest(ground.run()) == undisturbed
    assert moments.happened


@pytest.mark.faults
@pytest.mark.parametrize("number", range(1, 25, 3))
def test_a_server_killed_at_any_statement_that_closes_an_epoch_closes_it_once(
    ground, server, moments, undisturbed, number
):
    moments.when("close", number, server.restart)
    assert ground.digest(ground.run()) == undisturbed
    assert moments.happened


@pytest.mark.faults
def test_a_server_killed_after_the_last_epoch_still_hears_that_the_run_is_finished(
    ground, server, undisturbed, monkeypatch
):
    class Killer(Hearing):
        def epoch(self, metrics) -> None:
            if metrics.epoch == 3:
                server.kill()
                threading.Timer(0.7, server.start).start()

    assert ground.digest(ground.run(Killer())) == undisturbed


@pytest.mark.faults
def test_an_outage_is_told_once_when_it_begins_and_once_when_it_ends(
    ground, server, moments, undisturbed
):
    def away_for_a_while() -> None:
        server.kill()
        waiting = time.monotonic() + 20
        while not watcher.away and time.monotonic() < waiting:
            time.sleep(0.01)
        server.start()

    watcher = Hearing()
    moments.at(200, lambda: threading.Thread(target=away_for_a_while).start())
    assert ground.digest(ground.run(watcher)) == undisturbed
    assert (len(watcher.away), len(watcher.back), len(watcher.said)) == (1, 1, 2)
