"""Scale of inputs, and labels: what a network was given, and what its run is known by."""

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


@pytest.mark.parametrize("changes", [{"inputs": "0..1"}, {"labels": "shuffled"}], ids=str)
def test_a_run_of_other_inputs_or_labels_is_not_the_same_run(laboratory, small, sample, changes):
    laboratory.run(small("known"), telemetry="statistics")
    settings = Settings(limit=300, telemetry="statistics")
    same, other = (
        same_run(laboratory.engine, describe(experiment, sample.limited(300), settings))
        for experiment in (small("known"), small("known", **changes))
    )
    assert (same.finished, other) == (True, None)


def test_other_labels_change_neither_initial_weights_nor_the_order_of_images(laboratory, small):
    """A mean over a batch is of the same sums: the first step's loss alone tells them apart."""
    experiments = [small("first", labels=labels) for labels in ("true", "shuffled")]
    true, shuffled = (laboratory.collect(each).gradients[1, 1] for each in experiments)
    softmax = [each[-1] * 64 for each in (true, shuffled)]
    # A row is p - y: p, the same in both, is where neither has its label.
    differ = ~np.isclose(softmax[0], softmax[1], rtol=1e-12)
    assert set(differ.sum(axis=1)) == {0, 2}
    assert (differ.sum(axis=1) == 2).mean() > 0.7


def test_constant_labels_are_learned_and_the_test_set_is_judged_by_true_ones(laboratory, small):
    run = laboratory.run(small("same", labels="constant"), limit=2000, telemetry="statistics")
    [(accuracy, test_accuracy)] = laboratory.select(
        f"SELECT accuracy, test_accuracy FROM epoch_metrics WHERE run_id = {run} AND epoch = 2"
    )
    assert accuracy == 1.0
    assert test_accuracy < 0.2


def test_a_run_does_not_go_on_with_other_inputs(laboratory, small):
    with pytest.raises(KeyboardInterrupt):
        laboratory.run(small("begun"), Stop(2, 2))
    with pytest.raises(
        ResumeError, match=r"started with another config \(inputs\): use the settings"
    ):
        laboratory.run(small("begun", inputs="0..1"), options=RunOptions(laboratory.newest_run()))
