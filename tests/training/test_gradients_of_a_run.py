"""A run's rows in the database, against gradients collected in a list."""

from itertools import product

import numpy as np
import pytest

from vanishing_gradients.telemetry.statistics import STEP_COLUMNS

KINDS = [("sigmoid", "sgd"), ("relu", "adam")]
LAYERS = range(1, 7)


@pytest.fixture(scope="module", params=["double", "single"])
def precision(request):
    return request.param


@pytest.fixture(scope="module", params=KINDS, ids="_".join)
def compared(request, laboratory, small, precision):
    """(experiment, run id, gradients collected without a database)."""
    activation, optimizer = request.param
    experiment = small(f"{activation}_{precision}", activation, optimizer)
    run_id = laboratory.run(experiment, precision=precision, seed=5)
    return experiment, run_id, laboratory.collect(experiment, precision=precision, seed=5)


def test_every_cell_is_the_gradient_that_was_computed_to_the_bit(laboratory, compared):
    experiment, run_id, collection = compared
    for number in LAYERS:
        stored = laboratory.stored(experiment, number, run_id)
        assert stored.keys() == collection.gradients.keys()
        for key, layers in collection.gradients.items():
            assert np.array_equal(stored[key], layers[number - 1].astype(np.float64))


def test_gradient_norms_is_what_numpy_makes_of_the_gradients(laboratory, compared):
    _, run_id, collection = compared
    found = laboratory.select(
        "SELECT norm, gradient_norm, mean, median, below_1em3, below_1em5, non_finite "
        f"FROM gradient_norms WHERE run_id = {run_id} ORDER BY layer, epoch"
    )
    expected = []
    for number in LAYERS:
        for epoch in (1, 2):
            steps = collection.layer(number, epoch)
            rows = np.concatenate(steps)
            expected.append((
                np.linalg.norm(rows, axis=1).mean(),
                np.mean([np.linalg.norm(step) for step in steps]),
                rows.mean(),
                np.median([np.median(step) for step in steps]),
                (abs(rows) < 1e-3).mean(),
                (abs(rows) < 1e-5).mean(),
                0,
            ))  # fmt: skip
    np.testing.assert_allclose(np.array(found, float), expected, rtol=1e-11, atol=1e-18)


def test_the_views_of_each_layer_are_what_numpy_makes_of_the_gradients(laboratory, compared):
    experiment, run_id, collection = compared
    for number in LAYERS:
        name = f"{experiment.name}_layer_{number}"
        for epoch in (1, 2):
            steps = collection.layer(number, epoch)
            rows = np.concatenate(steps)
            where = f"WHERE run_id = {run_id} AND Epoch = {epoch}"
            found = [
                laboratory.select(f"SELECT norm FROM {name}_norm_avg {where}"),
                laboratory.select(f"SELECT norm FROM {name}_gradient_norm_avg {where}"),
                laboratory.select(f"SELECT mean FROM {name}_mean_avg {where}"),
                laboratory.select(f"SELECT below_1em3 FROM {name}_near_zero {where}"),
            ]
            expected = [
                np.linalg.norm(rows, axis=1).mean(),
                np.mean([np.linalg.norm(step) for step in steps]),
                rows.mean(),
                (abs(rows) < 1e-3).mean(),
            ]
            np.testing.assert_allclose(np.ravel(found), expected, rtol=1e-11, atol=1e-18)


def test_the_ratios_are_what_numpy_makes_of_the_gradients(laboratory, compared):
    experiment, run_id, collection = compared
    for epoch in (1, 2):
        norms = [
            np.linalg.norm(np.concatenate(collection.layer(number, epoch)), axis=1).mean()
            for number in LAYERS
        ]
        found, inverse = zip(
            *laboratory.select(
                "SELECT ratio, inverse_ratio FROM gradient_norm_ratios "
                f"WHERE run_id = {run_id} AND epoch = {epoch} ORDER BY layer"
            ),
            strict=True,
        )
        own = [
            laboratory.select(
                f"SELECT ratio_{number + 1}_{number} "
                f"FROM {experiment.name}_ratio_{number + 1}_{number}_avg "
                f"WHERE run_id = {run_id} AND Epoch = {epoch}"
            )
            for number in list(LAYERS)[:-1]
        ]
        expected = np.array(norms[1:]) / norms[:-1]
        np.testing.assert_allclose(found, expected, rtol=1e-11)
        np.testing.assert_allclose(inverse, 1 / expected, rtol=1e-11)
        np.testing.assert_allclose(np.ravel(own), expected, rtol=1e-11)


def test_norms_of_other_orders_are_what_numpy_makes_of_the_gradients(laboratory, compared):
    _, run_id, collection = compared
    found = laboratory.select(
        f"SELECT norm_1, norm_max FROM step_norms WHERE run_id = {run_id} ORDER BY layer, epoch"
    )
    expected = [
        [
            np.mean([np.linalg.norm(step.ravel(), order) for step in collection.layer(*place)])
            for order in (1, np.inf)
        ]
        for place in product(LAYERS, (1, 2))
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-11)


def test_step_statistics_are_what_numpy_makes_of_the_gradients(laboratory, compared):
    _, run_id, collection = compared
    found = laboratory.select(
        f"SELECT epoch, step, layer, {', '.join(f'`{column}`' for column in STEP_COLUMNS[3:])} "
        f"FROM step_statistics WHERE run_id = {run_id} ORDER BY epoch, step, layer"
    )
    expected = []
    for (epoch, step), layers in collection.gradients.items():
        for number, gradient in enumerate(layers, start=1):
            values = gradient.astype(np.float64)
            update = collection.updates[epoch, step][number - 1]
            saturated = collection.saturated[epoch, step][number - 1]
            expected.append({
                "row_count": len(values),
                "finite_rows": len(values),
                "row_norm_sum": np.linalg.norm(values, axis=1).sum(),
                "mean": values.mean(),
                "median": np.median(values),
                "mean_abs": abs(values).mean(),
                "gradient_norm": np.linalg.norm(values),
                "zeros": (values == 0).mean(),
                "below_1em3": (abs(values) < 1e-3).mean(),
                "below_1em5": (abs(values) < 1e-5).mean(),
                "non_finite": 0,
                "min": values.min(),
                "max": values.max(),
                "clipped_norm": update and update.clipped_norm,
                "weight_norm": update and update.weight_norm,
                "update_norm": update and update.update_norm,
                "saturated": None if saturated is None else saturated.sum() / values.size,
            } | {"key": (epoch, step, number)})  # fmt: skip
    assert [row[:3] for row in found] == [each["key"] for each in expected]
    wanted = np.array([[each[column] for column in STEP_COLUMNS[3:]] for each in expected], float)
    np.testing.assert_allclose(
        np.array([row[3:] for row in found], float), wanted, rtol=1e-11, atol=1e-18
    )
    assert np.isfinite(wanted[:, -4:]).any(axis=0).all()


def test_neuron_statistics_are_what_numpy_makes_of_the_gradients(laboratory, compared):
    _, run_id, collection = compared
    found = laboratory.select(
        "SELECT layer, epoch, neuron, cells, zeros, non_finite, magnitude_sum, saturated "
        f"FROM neuron_statistics WHERE run_id = {run_id} ORDER BY layer, epoch, neuron"
    )
    expected = []
    for number in LAYERS:
        for epoch in (1, 2):
            rows = np.concatenate(collection.layer(number, epoch))
            counts = [
                layers[number - 1]
                for (each, _), layers in collection.saturated.items()
                if each == epoch
            ]
            expected += [
                (number, epoch, neuron + 1, len(rows), (rows[:, neuron] == 0).sum(), 0,
                 abs(rows[:, neuron]).sum(),
                 None if counts[0] is None else sum(count[neuron] for count in counts))
                for neuron in range(rows.shape[1])
            ]  # fmt: skip
    np.testing.assert_allclose(
        np.array(found, float), np.array(expected, float), rtol=1e-12, atol=0
    )
