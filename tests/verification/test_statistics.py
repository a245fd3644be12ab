"""The recorded statistics are compared with the rows, column by column."""

from itertools import product

import pytest

from tests.verification.conftest import Found

PLACE = "layer = 3 AND epoch = 2 AND step = 2"
COLUMNS = (
    "row_count, finite_rows, row_norm_sum, mean, median, mean_abs, gradient_norm, zeros, "
    "below_1em3, below_1em5, non_finite, min, max"
)


@pytest.mark.parametrize("telemetry", ["full", "statistics"])
def test_a_missing_row_of_step_statistics_is_found(bench, telemetry):
    run_id = bench.clean(telemetry=telemetry)
    assert bench.execute(f"DELETE FROM step_statistics WHERE run_id = {run_id} AND {PLACE}") == 1
    (found,) = bench.found(run_id)
    assert str(found) == "layer 3, epoch 2, step 2: step_statistics has no row"


DOUBLED = {"step": (3, 2, 4), "epoch": (3, 3, 1), "layer": (9, 1, 1), "epoch 0": (3, 0, 1)}
"""Keys under which no statistics are expected: layer, epoch, step."""


@pytest.fixture(scope="module", params=["full", "statistics"])
def doubled(request, bench) -> Found:
    run_id = bench.clean(telemetry=request.param)
    for layer, epoch, step in DOUBLED.values():
        assert bench.execute(
            f"INSERT INTO step_statistics (run_id, layer, epoch, step, {COLUMNS}) "
            f"SELECT run_id, {layer}, {epoch}, {step}, {COLUMNS} FROM step_statistics "
            f"WHERE run_id = {run_id} AND {PLACE}"
        ) == 1  # fmt: skip
    return bench.told(run_id)


@pytest.mark.parametrize("key", DOUBLED)
def test_statistics_doubled_under_another_key_are_found(doubled, key):
    assert doubled[DOUBLED[key]] == ["step_statistics has a row, and none is expected"]


def test_nothing_but_doubled_statistics_is_found(doubled):
    assert doubled.keys() == set(DOUBLED.values())


def places(*layers: int) -> list[tuple[int, int, int]]:
    """Return (layer, epoch, step) of all steps of some layers."""
    return list(product(layers, (1, 2), (1, 2, 3)))


SUMS = ("row_norm_sum", "mean", "mean_abs", "gradient_norm", "min", "max")
COUNTS = ("row_count", "finite_rows", "non_finite")
FRACTIONS = ("zeros", "below_1em3", "below_1em5")
ONE_OF_50 = "{0} + 1 / 50e0"  # layer 5 has 5 x 10 values
ALTERED = {
    **dict(zip(product(SUMS, ("{0} * (1 + 1e-12)", "-{0} - 1e-9", "NULL")), places(2, 3, 4),
               strict=True)),
    **dict(zip([*product(COUNTS, ["{0} + 1"]), *product(FRACTIONS, [ONE_OF_50])], places(5),
               strict=True)),
    **dict(zip(product(["median"], ("`min`", "`max`", "-{0}", "NULL")), places(6), strict=False)),
}  # fmt: skip
"""A column and what it becomes, and where, each at another step of one run."""
OF_STATISTICS = dict(zip(COUNTS, places(3), strict=False))
"""In a run that kept statistics alone."""


@pytest.fixture(scope="module")
def altered(bench) -> Found:
    run_id = bench.clean()
    for (column, change), place in ALTERED.items():
        alter(bench, run_id, f"`{column}` = {change.format(f'`{column}`')}", place)
    return bench.told(run_id)


@pytest.fixture(scope="module")
def altered_of_statistics(bench) -> Found:
    run_id = bench.clean(telemetry="statistics")
    for column, place in OF_STATISTICS.items():
        alter(bench, run_id, f"{column} = {column} + 1", place)
    return bench.told(run_id)


def alter(bench, run_id: int, change: str, place: tuple[int, int, int]) -> None:
    where = "layer = {} AND epoch = {} AND step = {}".format(*place)
    bench.spoil("step_statistics", run_id, change, where)


@pytest.mark.parametrize(("column", "change"), ALTERED)
def test_an_altered_number_is_found_at_its_step(altered, column, change):
    told = altered[ALTERED[column, change]]
    assert column in COUNTS or column in "".join(told)


def test_nothing_but_altered_numbers_is_found(altered):
    assert altered.keys() == set(ALTERED.values())


@pytest.mark.parametrize("column", COUNTS)
def test_a_count_of_a_run_that_kept_statistics_alone_is_verified(altered_of_statistics, column):
    assert altered_of_statistics[OF_STATISTICS[column]]


def test_nothing_but_altered_counts_of_statistics_alone_is_found(altered_of_statistics):
    assert altered_of_statistics.keys() == set(OF_STATISTICS.values())


def test_a_missing_row_of_epoch_metrics_is_found(bench, run_id):
    bench.execute(f"DELETE FROM epoch_metrics WHERE run_id = {run_id} AND epoch = 1")
    assert [str(each) for each in bench.found(run_id)] == ["epoch 1: epoch_metrics has no row"]


def test_epoch_metrics_under_another_epoch_are_found(bench, run_id):
    bench.spoil("epoch_metrics", run_id, "epoch = 3", "epoch = 2")
    assert bench.places(run_id) == {(None, 2, None), (None, 3, None)}


@pytest.mark.parametrize(
    ("change", "where"),
    [("row_count = row_count - 1", "layer = 2"), ("row_count = row_count + 1", "layer = 3"),
     ("layer = 9", "layer = 4")],
    ids=["activation", "dense", "number"],
)  # fmt: skip
def test_a_layer_that_is_not_as_it_was_registered_is_found(bench, run_id, change, where):
    bench.spoil("layers", run_id, change, where)
    assert bench.found(run_id)


def test_a_missing_layer_is_found(bench, run_id):
    bench.execute(f"DELETE FROM layers WHERE run_id = {run_id} AND layer = 6")
    assert (6, 1, 1) in bench.places(run_id)


@pytest.mark.parametrize(
    "change",
    ["training_images = 71", "training_images = 64", "record_every = 2",
     "config = JSON_SET(config, '$.batch_size', 16)", "config = '{}'"],
)  # fmt: skip
def test_a_run_whose_settings_do_not_fit_its_rows_is_found(bench, run_id, change):
    bench.spoil("runs", run_id, change, "epochs = 2")
    assert bench.found(run_id)
