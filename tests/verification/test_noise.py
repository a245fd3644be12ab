"""Noise scales are compared with the cells, or in a run without rows with its statistics."""

import pytest

from tests.verification.conftest import Bench
from vanishing_gradients.analysis.verification.noise import COLUMNS


@pytest.fixture(scope="module", params=["full", "statistics"])
def kind(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def kept(bench, kind) -> int:
    """A run for all tests of a kind: each undoes its changes."""
    return bench.run(telemetry=kind)


def changed(bench, run_id: int, column: str, change: str, layer: int) -> list[str]:
    """Return the findings after one number is changed, and undo the change."""
    place = f"layer = {layer} AND epoch = 2"
    query = f"SELECT {column} + 0e0 FROM epoch_layers WHERE run_id = {run_id} AND {place}"
    ((before,),) = bench.select(query)
    bench.spoil("epoch_layers", run_id, f"{column} = {change}", place)
    found = [str(each) for each in bench.found(run_id)]
    again = "NULL" if before is None else repr(before)
    bench.spoil("epoch_layers", run_id, f"{column} = {again}", place)
    assert bench.found(run_id) == ()
    return found


@pytest.mark.parametrize("change", ["{} * (1 + 1e-11)", "NULL"])
@pytest.mark.parametrize("column", COLUMNS)
def test_a_number_that_is_off_is_found(bench, kind, kept, column, change):
    (found, *_) = changed(bench, kept, column, change.format(column), 1)
    # In a run without rows the square of the mean is compared with the resulting scale.
    name = "noise_scale" if (kind, column) == ("statistics", "square_of_mean") else column
    assert found.startswith(f"layer 1, epoch 2: {name} of epoch_layers is ")


def test_a_noise_scale_of_a_layer_without_weights_is_found(bench, kept):
    (found,) = changed(bench, kept, "noise_scale", "1", 2)
    assert found == "layer 2, epoch 2: noise_scale of epoch_layers is 1, and NULL is expected"


def test_a_noise_scale_without_histograms_is_found(bench, kind):
    run_id = bench.clean(telemetry=kind)
    bench.execute(f"DELETE FROM layer_histograms WHERE run_id = {run_id}")
    assert {each.layer for each in bench.found(run_id)} == {1, 3, 5}


def test_gradients_whose_squares_no_double_holds_agree(laboratory, small):
    bench = Bench(laboratory, small("noise_of_none", initial_weight_scale=1e-110))
    run_id = bench.run()
    assert bench.found(run_id) == ()
    bench.spoil("epoch_layers", run_id, "noise_scale = 1e9", "layer = 1 AND epoch = 1")
    (found,) = bench.found(run_id)
    assert str(found).startswith("layer 1, epoch 1: noise_scale of epoch_layers is ")


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("every", [1, 2])
def test_clean_runs_agree(bench, precision, every):
    assert bench.found(bench.run(precision=precision, record_every=every)) == ()


def test_a_run_that_diverges_agrees(diverging):
    bench = diverging("noisy")
    assert bench.found(bench.run()) == ()
