"""What seed, LIMIT, RECORD_EVERY and TELEMETRY change about a run, and what they do not."""

import numpy as np
import pytest
from sqlalchemy import inspect

LAYERS = range(1, 7)


@pytest.fixture(scope="module")
def experiment(small):
    return small("settings", "relu", optimizer="adam", batch_size=40)


@pytest.fixture(scope="module")
def run(laboratory, experiment):
    return laboratory.run(experiment, seed=3)


def tables(laboratory, experiment, run_id) -> list[dict]:
    return [laboratory.stored(experiment, number, run_id) for number in LAYERS]


def equal(one: dict, other: dict) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[key], other[key]) for key in one)


def test_the_same_seed_fills_the_tables_with_the_same_bits(laboratory, experiment, run):
    again = laboratory.run(experiment, seed=3)
    pairs = zip(
        tables(laboratory, experiment, run), tables(laboratory, experiment, again), strict=True
    )
    assert all(equal(one, other) for one, other in pairs)
    columns = "epoch, loss, accuracy, test_loss, test_accuracy, learning_rate"
    curve = f"SELECT {columns} FROM epoch_metrics WHERE run_id = {{}} ORDER BY epoch"
    assert laboratory.select(curve.format(run)) == laboratory.select(curve.format(again))


def test_another_seed_fills_them_with_others(laboratory, experiment, run):
    other = laboratory.run(experiment, seed=4)
    pairs = zip(
        tables(laboratory, experiment, run), tables(laboratory, experiment, other), strict=True
    )
    assert not any(equal(one, another) for one, another in pairs)


def test_every_third_batch_is_recorded_as_in_a_full_run(laboratory, experiment, run):
    """Eight steps per epoch: the first, fourth and seventh are kept, with the same gradients."""
    thinned = laboratory.run(experiment, seed=3, record_every=3)
    kept = [(epoch, step) for epoch in (1, 2) for step in (1, 4, 7)]
    pairs = zip(
        tables(laboratory, experiment, run), tables(laboratory, experiment, thinned), strict=True
    )
    for full, thin in pairs:
        assert list(thin) == kept
        assert equal(thin, {key: full[key] for key in kept})
    steps = f"SELECT DISTINCT epoch, step FROM step_statistics WHERE run_id = {thinned}"
    assert sorted(laboratory.select(steps)) == kept


def test_a_run_says_how_many_training_images_it_uses(laboratory, experiment, sample):
    limited = laboratory.run(experiment, limit=120, telemetry="statistics")
    unlimited = laboratory.run(experiment, limit=None, telemetry="statistics")
    query = "SELECT training_images FROM experiment_summary WHERE run_id = {}"
    assert laboratory.select(query.format(limited)) == [(120,)]
    assert laboratory.select(query.format(unlimited)) == [(len(sample.train_images),)]


def test_statistics_alone_answer_with_the_numbers_of_a_full_run(laboratory, small, run):
    swept = small("swept", "relu", optimizer="adam", batch_size=40)
    sweep = laboratory.run(swept, seed=3, telemetry="statistics")
    query = (
        "SELECT norm, gradient_norm, mean, median, below_1em3, below_1em5, non_finite "
        "FROM gradient_norms WHERE run_id = {} ORDER BY epoch, layer"
    )
    full, found = (np.array(laboratory.select(query.format(each)), float) for each in (run, sweep))
    assert found.shape == (12, 7)
    np.testing.assert_allclose(found, full, rtol=1e-12, atol=1e-19)
    ratios = "SELECT ratio FROM gradient_norm_ratios WHERE run_id = {} ORDER BY epoch, layer"
    full, found = (np.array(laboratory.select(ratios.format(each)), float) for each in (run, sweep))
    np.testing.assert_allclose(found, full, rtol=1e-12)


def test_statistics_alone_make_no_table_and_no_view(laboratory, small):
    laboratory.run(small("tableless"), telemetry="statistics")
    names = inspect(laboratory.engine)
    made = [*names.get_table_names(), *names.get_view_names()]
    assert not [name for name in made if name.startswith("tableless")]
