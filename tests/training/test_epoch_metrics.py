"""The metrics of every epoch, recomputed from what else the run stored in the database."""

import numpy as np
import pytest
from sqlalchemy import select

from vanishing_gradients.sql.catalogue import checkpoints
from vanishing_gradients.telemetry.checkpoints import unpack

LABELS = 10


@pytest.fixture(scope="module")
def run(laboratory, small):
    experiment = small("metrics", "sigmoid", optimizer="sgd")
    return experiment, laboratory.run(experiment)


@pytest.fixture(scope="module")
def curves(laboratory, run):
    return laboratory.select(
        "SELECT loss, accuracy, test_loss, test_accuracy, learning_rate, seconds "
        f"FROM training_curves WHERE run_id = {run[1]} ORDER BY epoch"
    )


@pytest.mark.parametrize("epoch", [1, 2])
def test_loss_and_accuracy_follow_from_the_stored_gradients_of_softmax(
    laboratory, run, curves, epoch
):
    """A row of dL/dz is (p - y) / batch: the one negative cell is the label's."""
    experiment, run_id = run
    stored = laboratory.stored(experiment, 6, run_id)
    probabilities, labels = [], []
    for (each, _), gradient in stored.items():
        if each == epoch:
            label = gradient.argmin(axis=1)
            probabilities.append(gradient * len(gradient) + np.eye(LABELS)[label])
            labels.append(label)
    p, y = np.concatenate(probabilities), np.concatenate(labels)
    assert len(y) == 300
    loss, accuracy, *_ = curves[epoch - 1]
    assert loss == pytest.approx(-np.log(p[np.arange(300), y]).mean(), rel=1e-9)
    assert accuracy == (p.argmax(axis=1) == y).mean()


def test_loss_and_accuracy_over_the_test_set_follow_from_the_weights_of_the_checkpoint(
    laboratory, run, curves, sample
):
    with laboratory.engine.connect() as connection:
        packed = connection.scalar(select(checkpoints.c.state).filter_by(run_id=run[1]))
    state = unpack(packed)
    outputs = (sample.test_images - 127.5) / 127.5
    for name in ("layer_1_input", "layer_3_hidden", "layer_5_hidden"):
        sums = outputs @ state[f"network.{name}.weights"] + state[f"network.{name}.biases"]
        outputs = 1 / (1 + np.exp(-sums))
    p = np.exp(sums) / np.exp(sums).sum(axis=1, keepdims=True)
    right = p[np.arange(len(p)), sample.test_labels]
    _, _, loss, accuracy, *_ = curves[-1]
    assert loss == pytest.approx(-np.log(right).mean(), rel=1e-9)
    assert accuracy == (p.argmax(axis=1) == sample.test_labels).mean()


def test_the_learning_rate_is_that_of_the_epochs_last_step(curves):
    """Five steps per epoch: 1 / (1 + decay k) after k earlier steps; the last has k = 4 and 9."""
    assert [row[4] for row in curves] == [1 / (1 + 1e-3 * 4), 1 / (1 + 1e-3 * 9)]


def test_the_epochs_take_some_of_the_time_between_start_and_end(laboratory, run, curves):
    query = (
        "SELECT TIMESTAMPDIFF(MICROSECOND, started_at, finished_at) FROM runs "
        f"WHERE run_id = {run[1]}"
    )
    assert all(seconds > 0 for *_, seconds in curves)
    assert sum(seconds for *_, seconds in curves) * 1e6 < laboratory.select(query)[0][0]
