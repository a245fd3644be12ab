"""The server goes away while a model is watched: training continues, and gaps are reported."""

import numpy as np
import pytest

from vanishing_gradients import watch
from vanishing_gradients.telemetry.errors import OutageError

STEPS = 60
"""Steps per epoch; a chunk of full rows has twenty."""


def train(w, epochs, between=None):
    grads = {"w": np.random.default_rng(0).standard_normal((20, 5))}
    for epoch in range(epochs):
        for _ in w.epoch(range(STEPS)):
            w.step(grads)
        if between:
            between(epoch)


def test_statistics_wait_for_a_server_that_comes_back(ground, server):
    def between(epoch):
        if epoch == 0:
            server.kill()
        if epoch == 2:
            server.start()

    with watch(experiment="returning", url=ground.url, patience=60) as w:
        train(w, 4, between)
    run = ground.newest_run()
    assert ground.status(run) == "finished"
    counted = f"SELECT COUNT(*) FROM recorded_steps WHERE run_id = {run}"
    assert ground.ask(counted) == [(4 * STEPS,)]


def test_training_goes_on_without_a_server_and_missing_steps_are_counted(ground, server, capfd):
    def between(epoch):
        if epoch == 0:
            server.kill()

    with watch(experiment="thinned", url=ground.url, telemetry="full", patience=0.5) as w:
        train(w, 12, between)
    said = capfd.readouterr().err
    assert "steps are dropped until it does, and training continues" in said
    assert "steps that should have been recorded are missing" in said
    server.start()


def test_a_server_that_is_back_gets_what_comes(ground, server, capfd):
    def between(epoch):
        if epoch == 0:
            server.kill()
        if epoch == 11:
            server.start()
            w._run._session.recorder.finish(60)

    with watch(experiment="back", url=ground.url, telemetry="full", patience=0.5) as w:
        train(w, 14, between)
    run = ground.newest_run()
    assert ground.status(run) == "finished"
    said = capfd.readouterr().err
    assert "The server is back" in said
    ((recorded,),) = ground.ask(f"SELECT COUNT(*) FROM recorded_steps WHERE run_id = {run}")
    ((rows,),) = ground.ask(f"SELECT COUNT(*) FROM back_layer_1_input WHERE run_id = {run}")
    assert rows == 20 * recorded
    assert 2 * STEPS < recorded < 14 * STEPS


def test_a_server_that_stays_away_ends_training_where_that_is_asked_for(ground, server):
    w = watch(experiment="strict", url=ground.url, on_error="raise", patience=0.5)
    w.start()
    train(w, 1)
    server.kill()
    train(w, 1)
    with pytest.raises(OutageError, match=r"could not be stored within 0\.5 s"):
        w.stop()
    server.start()
    with watch(experiment="next", url=ground.url) as w:
        train(w, 1)
    assert ground.ask("SELECT status FROM runs WHERE experiment = 'strict'")[0][0] == "interrupted"
