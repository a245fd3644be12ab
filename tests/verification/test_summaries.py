"""Summaries of epochs are compared with the statistics of their steps and neurons."""

import pytest

PLACE = "layer = {} AND epoch = 2"
OF_STEPS = (
    "norm", "gradient_norm", "mean", "median", "mean_abs", "zeros", "below_1em3", "below_1em5",
    "mean_norm", "std", "min", "max", "fraction",
)  # fmt: skip
OF_WEIGHTS = ("weight_norm", "update_norm", "ratio", "clipped_norm", "clipped")
COUNTS = ("non_finite", "steps", "width", "dead")


@pytest.fixture(scope="module", params=["full", "statistics"])
def run_id(request, bench):
    """A run for all tests of a kind: each undoes its changes."""
    return bench.run(telemetry=request.param)


@pytest.mark.parametrize(
    ("column", "layer"),
    [(name, 1) for name in OF_STEPS + OF_WEIGHTS + COUNTS]
    + [("saturated", 2), ("saturated_neurons", 2)],
)
def test_a_number_that_is_off_is_found(bench, run_id, column, layer):
    change = "+ 1" if column in (*COUNTS, "saturated_neurons") else "+ 1e-9"
    query = f"SELECT {column} + 0e0 FROM epoch_layers WHERE run_id = {run_id} AND "
    place = PLACE.format(layer)
    ((before,),) = bench.select(query + place)
    bench.spoil("epoch_layers", run_id, f"{column} = {column} {change}", place)
    (found, *_) = bench.found(run_id)
    bench.execute(
        f"UPDATE epoch_layers SET {column} = {before!r} WHERE run_id = {run_id} AND {place}"
    )
    assert (found.layer, found.epoch, found.step) == (layer, 2, None)
    assert column in found.text
    assert bench.found(run_id) == ()


def test_a_row_that_is_missing_is_found(bench):
    run_id = bench.clean(telemetry="statistics")
    bench.execute(f"DELETE FROM epoch_layers WHERE run_id = {run_id} AND {PLACE.format(3)}")
    (found,) = bench.found(run_id)
    assert str(found) == "layer 3, epoch 2: epoch_layers has no row"
