"""The scale of inputs in a run: what the network was given, and what the run is known by."""

import numpy as np
import pytest
from sqlalchemy import select

from tests.training.test_resume import Stop
from vanishing_gradients.sql.catalogue import checkpoints
from vanishing_gradients.telemetry.checkpoints import unpack
from vanishing_gradients.telemetry.errors import ResumeError
from vanishing_gradients.telemetry.resumption import same_run
from vanishing_gradients.trainer.run import RunOptions, Settings, describe

INPUTS = {
    "-1..1": lambda pixels, trained: pixels / 127.5 - 1.0,
    "0..1": lambda pixels, trained: pixels / 255.0,
    "0..255": lambda pixels, trained: pixels + 0.0,
    "standardised": lambda pixels, trained: (pixels - trained.mean()) / trained.std(),
}


@pytest.mark.parametrize("inputs", INPUTS)
def test_the_test_loss_follows_from_the_weights_and_from_pixels_of_that_scale(
    laboratory, small, sample, inputs
):
    experiment = small(f"scaled_{list(INPUTS).index(inputs)}", hidden_widths=[], inputs=inputs)
    run_id = laboratory.run(experiment, telemetry="statistics")
    with laboratory.engine.connect() as connection:
        state = unpack(connection.scalar(select(checkpoints.c.state).filter_by(run_id=run_id)))
    x = INPUTS[inputs](sample.test_images.astype(float), sample.train_images[:300])
    sums = x @ state["network.layer_1_input.weights"] + state["network.layer_1_input.biases"]
    sums -= sums.max(axis=1, keepdims=True)
    logs = sums - np.log(np.exp(sums).sum(axis=1, keepdims=True))
    [(loss,)] = laboratory.select(
        f"SELECT test_loss FROM epoch_metrics WHERE run_id = {run_id} AND epoch = 2"
    )
    assert loss == pytest.approx(-logs[np.arange(len(x)), sample.test_labels].mean(), rel=1e-9)


def test_a_run_of_other_inputs_is_not_the_same_run(laboratory, small, sample):
    laboratory.run(small("known"))
    asked = {
        inputs: same_run(
            laboratory.engine,
            describe(small("known", inputs=inputs), sample.limited(300), Settings(limit=300)),
        )
        for inputs in ("-1..1", "0..1")
    }
    assert (asked["-1..1"].finished, asked["0..1"]) == (True, None)


def test_a_run_does_not_go_on_with_other_inputs(laboratory, small):
    with pytest.raises(KeyboardInterrupt):
        laboratory.run(small("begun"), Stop(2, 2))
    with pytest.raises(ResumeError, match=r"begun with another config \(inputs\): give it what"):
        laboratory.run(small("begun", inputs="0..1"), options=RunOptions(laboratory.newest_run()))
