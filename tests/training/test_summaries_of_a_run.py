"""A run's summaries of epochs, against SQL over its steps and its cells, and NumPy."""

import numpy as np
import pytest

from tests.summed import sum_up

COLUMNS = (
    "norm, gradient_norm, mean, median, mean_abs, zeros, below_1em3, below_1em5, non_finite, "
    "steps, mean_norm, std, min, max, weight_norm, update_norm, ratio, clipped_norm, clipped, "
    "width, dead, fraction, saturated, saturated_neurons, norm_1, norm_max"
)
NOISE = "steps, mean_square, square_of_mean, noise_scale"
STEPS = 24


def trained(laboratory, small, precision: str):
    """(experiment, run id) of a run with more steps than one in ten."""
    experiment = small(f"summed_{precision}", "relu", batch_size=13)
    return experiment, laboratory.run(experiment, precision=precision)


@pytest.fixture(scope="module")
def double(laboratory, small):
    return trained(laboratory, small, "double")


@pytest.fixture(scope="module")
def single(laboratory, small):
    return trained(laboratory, small, "single")


@pytest.fixture(scope="module")
def sick(laboratory, small):
    """A run with some gradients, and some rows of others, that are not finite."""
    calm = small("summed_sick", "relu", batch_size=20, initial_weight_scale=10.0)
    changes = {"optimizer": calm.optimizer.model_copy(update={"learning_rate": 1e6})}
    experiment = calm.model_copy(update=changes)
    return experiment, laboratory.run(experiment)


@pytest.mark.parametrize("kind", ["double", "single", "sick"])
def test_epochs_come_to_what_sql_makes_of_their_steps_and_neurons(laboratory, request, kind):
    _, run_id = request.getfixturevalue(kind)
    query = f"SELECT {COLUMNS} FROM epoch_layers WHERE run_id = {run_id} ORDER BY layer, epoch"
    found = np.array(laboratory.select(query), float)
    connection = laboratory.engine.connect()
    sum_up(connection)
    expected = np.array(connection.exec_driver_sql(query).all(), float)
    connection.rollback()
    connection.close()
    assert len(found) == 12
    assert np.isfinite(found).any(axis=0).all() or kind == "sick"
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("kind", ["double", "single", "sick"])
def test_noise_scales_are_those_of_the_cells(laboratory, request, kind):
    experiment, run_id = request.getfixturevalue(kind)
    for layer in (1, 3, 5):
        (found, expected) = (
            np.array(laboratory.select(f"SELECT {NOISE} FROM {view} ORDER BY epoch"), float)
            for view in (
                f"noise_scales WHERE run_id = {run_id} AND layer = {layer}",
                f"{experiment.name}_layer_{layer}_noise_scale WHERE run_id = {run_id}",
            )
        )
        assert len(found) == 2
        np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_layers_without_weights_have_no_noise_scale(laboratory, double):
    query = f"SELECT DISTINCT layer FROM noise_scales WHERE run_id = {double[1]} ORDER BY layer"
    assert laboratory.select(query) == [(1,), (3,), (5,)]


def test_cells_are_counted_by_powers_of_two_at_some_steps(laboratory, double):
    experiment, run_id = double
    found: dict = {}
    for epoch, layer, step, exponent, cells, counted in laboratory.select(
        "SELECT epoch, layer, step, exponent, cells, counted FROM gradient_histograms "
        f"WHERE run_id = {run_id}"
    ):
        found.setdefault((layer, epoch, step), {})[exponent] = (cells, counted)
    assert {step for _, _, step in found} == {1, 11, 21, STEPS}
    for layer in range(1, 7):
        stored = laboratory.stored(experiment, layer, run_id)
        for (epoch, step), values in stored.items():
            if (layer, epoch, step) in found:
                exponents = np.frexp(values[values != 0])[1] - 1
                numbers, counts = np.unique(exponents, return_counts=True)
                expected = dict(zip(numbers.tolist(), counts.tolist(), strict=True))
                expected[None] = np.count_nonzero(values == 0)
                own = found[layer, epoch, step]
                assert {key: cells for key, (cells, _) in own.items()} == expected
                assert {counted for _, counted in own.values()} == {values.size}
