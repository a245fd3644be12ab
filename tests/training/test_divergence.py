"""A network that diverges is recorded as it is: NULL cells, counted, and never a zero."""

import numpy as np
import pytest

from vanishing_gradients.trainer import experiments
from vanishing_gradients.trainer.experiments import Experiment

TOML = """
name = "{name}"
activation = "relu"
hidden_widths = [7, 5]
batch_size = 20
epochs = 2
initial_weight_scale = 10.0

[optimizer]
kind = "sgd"
learning_rate = 1e6

[penalties]
weight_l2 = 1.0
"""
BOUND = {"double": 1e150, "single": float(np.finfo(np.float32).max)}
LAYERS = range(1, 7)


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """Return a function that writes an experiment's file and reads it."""

    def experiment(name: str) -> Experiment:
        path = tmp_path_factory.mktemp("experiments") / f"{name}.toml"
        path.write_text(TOML.format(name=name))
        return experiments.load(path)

    return experiment


@pytest.fixture(scope="module", params=["double", "single"])
def diverged(request, laboratory, read):
    """(experiment, run id, gradients collected without a database, largest storable number)."""
    precision = request.param
    experiment = read(f"diverging_{precision}")
    run_id = laboratory.run(experiment, precision=precision)
    collection = laboratory.collect(experiment, precision=precision)
    return experiment, run_id, collection, BOUND[precision]


def storable(gradient: np.ndarray, bound: float) -> np.ndarray:
    return np.isfinite(gradient) & (abs(gradient.astype(np.float64)) <= bound)


def test_the_experiment_begins_with_finite_gradients_and_ends_with_none(diverged):
    *_, collection, bound = diverged
    steps = list(collection.gradients.values())
    assert all(storable(gradient, bound).all() for gradient in steps[0])
    assert not any(np.isfinite(gradient).any() for gradient in steps[-1])


def test_cells_are_null_where_the_gradient_is_not_finite_and_exact_elsewhere(laboratory, diverged):
    experiment, run_id, collection, bound = diverged
    for number in LAYERS:
        stored = laboratory.stored(experiment, number, run_id)
        for key, layers in collection.gradients.items():
            gradient = layers[number - 1]
            expected = np.where(storable(gradient, bound), gradient, np.nan).astype(np.float64)
            assert np.array_equal(stored[key], expected, equal_nan=True)


def test_no_gradient_is_zero_once_the_weights_are_not_finite(laboratory, diverged):
    experiment, run_id, collection, _ = diverged
    lost = {key for key, layers in collection.gradients.items() if np.isnan(layers[-1]).all()}
    assert lost
    for number in LAYERS:
        stored = laboratory.stored(experiment, number, run_id)
        assert all(np.isnan(stored[key]).all() for key in lost)


def test_every_null_is_counted(laboratory, diverged):
    _, run_id, collection, bound = diverged
    expected = {
        (number, epoch, step): int((~storable(gradient, bound)).sum())
        for (epoch, step), layers in collection.gradients.items()
        for number, gradient in enumerate(layers, start=1)
    }
    found = laboratory.select(
        f"SELECT layer, epoch, step, non_finite FROM step_statistics WHERE run_id = {run_id}"
    )
    assert {row[:3]: row[3] for row in found} == expected
    total = f"SELECT SUM(non_finite) FROM gradient_norms WHERE run_id = {run_id}"
    assert laboratory.select(total) == [(sum(expected.values()),)]


def test_the_run_is_finished_and_a_loss_that_is_not_finite_is_null(laboratory, diverged):
    _, run_id, collection, _ = diverged
    assert laboratory.status(run_id) == "finished"
    losses = f"SELECT loss FROM training_curves WHERE run_id = {run_id} ORDER BY epoch"
    assert [np.isfinite(each.loss) for each in collection.metrics] == [False, False]
    assert laboratory.select(losses) == [(None,), (None,)]


def test_the_views_answer_null_for_an_epoch_without_a_finite_row(laboratory, diverged):
    experiment, run_id, *_ = diverged
    where = f"WHERE run_id = {run_id} AND Epoch = 2"
    assert laboratory.select(f"SELECT norm FROM {experiment.name}_layer_1_norm_avg {where}") == [
        (None,)
    ]
    assert laboratory.select(
        f"SELECT DISTINCT class FROM gradient_norm_ratios WHERE run_id = {run_id} AND epoch = 2"
    ) == [("undefined",)]


def test_a_finite_number_whose_square_overflows_is_null_too(laboratory, read):
    experiment = read("overflowing")
    run_id = laboratory.run(experiment)
    found = 0
    for key, layers in laboratory.collect(experiment).gradients.items():
        beyond = np.isfinite(layers[0]) & (abs(layers[0]) > 1e150)
        if beyond.any():
            assert np.isnan(laboratory.stored(experiment, 1, run_id)[key][beyond]).all()
            found += 1
    assert found > 0
