"""Keras on PyTorch: its gradients are in the tables, by the paths of its variables."""

import os

import numpy as np
import pytest

os.environ.setdefault("KERAS_BACKEND", "torch")

from tests.peers.conftest import library
from vanishing_gradients import KerasWatch
from vanishing_gradients.telemetry.errors import WatchError

library("torch")
keras = library("keras")
X = np.random.default_rng(0).standard_normal((64, 6)).astype(np.float32)
Y = (X[:, 0] > 0).astype(np.int64)


def network(optimizer, **options):
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(8, "relu", name="a"),
            keras.layers.Dense(2, name="b"),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss, metrics=["accuracy"], **options)
    return model


@pytest.fixture
def fit(migrated):
    """Return a function that fits a model for two epochs of four batches."""

    def fitted(model):
        model.fit(
            X, Y, batch_size=16, epochs=2, validation_data=(X, Y), verbose=0, shuffle=False,
            callbacks=[KerasWatch("net", url=migrated, on_error="raise", telemetry="full")],
        )  # fmt: skip

    return fitted


def test_gradients_losses_and_updates_of_every_step_are_kept(fit, stored):
    model = network(keras.optimizers.SGD(0.5))
    fit(model)
    assert [name.rpartition("/")[0][-1] for name in stored.names] == ["a", "b"]
    run = stored.run
    assert (run["source"], run["status"], run["epochs"]) == ("keras", "finished", 2)
    name = stored.names[0]
    for row in stored.steps(name):
        assert row["update_norm"] == pytest.approx(0.5 * row["gradient_norm"], rel=1e-5)
    first, second = stored.epochs
    assert first["loss"] > second["loss"]
    assert 0 < first["accuracy"] <= 1
    assert second["test_loss"] > 0
    assert second["learning_rate"] == 0.5
    assert "apply" not in vars(model.optimizer)


def test_the_steps_of_an_epoch_are_told(fit, told_steps):
    fit(network(keras.optimizers.SGD(0.5)))
    assert told_steps == {4}


def test_neurons_are_the_columns_of_a_kernel(fit, stored):
    fit(network("sgd"))
    rows = stored.ask("SELECT width, row_count FROM layers WHERE run_id = :run ORDER BY layer")
    assert [(row["row_count"], row["width"]) for row in rows] == [(6, 8), (8, 2)]


def test_gradients_under_a_scaled_loss_are_the_true_ones(fit, stored):
    fit(network(keras.optimizers.SGD(0.1)))
    plain = stored.norms(stored.names[0])
    fit(network(keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1), 1024.0)))
    assert stored.norms(stored.names[0]) == pytest.approx(plain, rel=1e-4)


def test_rows_are_those_before_clipping(fit, stored):
    fit(network(keras.optimizers.SGD(0.1)))
    plain = stored.norms(stored.names[0])[0]
    fit(network(keras.optimizers.SGD(0.1, clipnorm=1e-3)))
    assert stored.norms(stored.names[0])[0] == pytest.approx(plain, rel=1e-5)
    assert stored.run["recorded_at"] == "before_clipping"


def test_a_compiled_train_step_and_other_backends_are_refused_in_one_sentence(fit, monkeypatch):
    with pytest.raises(WatchError, match="jit_compile"):
        fit(network("sgd", jit_compile=True))
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(WatchError, match=r"w\.step"):
        KerasWatch("net").on_train_begin()
