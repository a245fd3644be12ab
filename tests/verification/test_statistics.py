"""The recorded statistics are compared with the rows, column by column."""

import pytest

PLACE = "layer = 3 AND epoch = 2 AND step = 2"
HERE = {(3, 2, 2)}
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


@pytest.mark.parametrize("telemetry", ["full", "statistics"])
@pytest.mark.parametrize(
    "doubled", [(3, 2, 4), (3, 3, 1), (9, 1, 1), (3, 0, 1)],
    ids=["step", "epoch", "layer", "epoch 0"],
)  # fmt: skip
def test_statistics_doubled_under_another_key_are_found(bench, telemetry, doubled):
    run_id = bench.clean(telemetry=telemetry)
    layer, epoch, step = doubled
    assert bench.execute(
        f"INSERT INTO step_statistics (run_id, layer, epoch, step, {COLUMNS}) "
        f"SELECT run_id, {layer}, {epoch}, {step}, {COLUMNS} FROM step_statistics "
        f"WHERE run_id = {run_id} AND {PLACE}"
    ) == 1  # fmt: skip
    (found,) = bench.found(run_id)
    assert (found.layer, found.epoch, found.step) == doubled
    assert found.text == "step_statistics has a row, and none is expected"


@pytest.mark.parametrize(
    "column", ["row_norm_sum", "mean", "mean_abs", "gradient_norm", "`min`", "`max`"]
)
@pytest.mark.parametrize("change", ["{0} * (1 + 1e-12)", "-{0} - 1e-9", "NULL"])
def test_an_altered_statistic_is_found(bench, run_id, column, change):
    bench.spoil("step_statistics", run_id, f"{column} = {change.format(column)}", PLACE)
    assert bench.places(run_id) == HERE
    assert column.strip("`") in str(bench.found(run_id))


@pytest.mark.parametrize("column", ["row_count", "finite_rows", "non_finite"])
def test_an_altered_count_is_found(bench, run_id, column):
    bench.spoil("step_statistics", run_id, f"{column} = {column} + 1", PLACE)
    assert bench.places(run_id) == HERE


@pytest.mark.parametrize("column", ["zeros", "below_1em3", "below_1em5"])
def test_a_fraction_that_is_one_value_off_is_found(bench, run_id, column):
    """Of 7 x 5 values."""
    bench.spoil("step_statistics", run_id, f"{column} = {column} + 1 / 35e0", PLACE)
    assert bench.places(run_id) == HERE


@pytest.mark.parametrize("change", ["`min`", "`max`", "-median", "NULL"])
def test_a_median_of_another_rank_is_found(bench, run_id, change):
    bench.spoil("step_statistics", run_id, f"median = {change}", PLACE)
    assert bench.places(run_id) == HERE


@pytest.mark.parametrize("column", ["row_count", "finite_rows", "non_finite"])
def test_a_count_of_a_run_that_kept_statistics_alone_is_verified(bench, column):
    run_id = bench.clean(telemetry="statistics")
    bench.spoil("step_statistics", run_id, f"{column} = {column} + 1", PLACE)
    assert bench.places(run_id) == HERE


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
