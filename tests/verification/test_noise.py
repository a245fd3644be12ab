"""Noise scales are compared with the cells, or in a run without rows with its statistics."""

from itertools import product

import pytest

from tests.verification.conftest import Bench, Found
from vanishing_gradients.analysis.verification.noise import COLUMNS


@pytest.fixture(scope="module", params=["full", "statistics"])
def kind(request) -> str:
    return request.param


CHANGED = dict(
    zip(product(COLUMNS, ("{} * (1 + 1e-11)", "NULL")), product((5, 3, 1), (1, 2)), strict=True)
)
"""A column and what it becomes, and in which layer and epoch, each elsewhere in one run."""


@pytest.fixture(scope="module")
def changed(bench, kind) -> Found:
    run_id = bench.clean(telemetry=kind)
    for (column, change), (layer, epoch) in CHANGED.items():
        place = f"layer = {layer} AND epoch = {epoch}"
        bench.spoil("epoch_layers", run_id, f"{column} = {change.format(column)}", place)
    bench.spoil("epoch_layers", run_id, "noise_scale = 1", "layer = 2 AND epoch = 2")
    return bench.told(run_id)


@pytest.mark.parametrize(("column", "change"), CHANGED)
def test_a_number_that_is_off_is_found(changed, kind, column, change):
    found, *_ = changed[*CHANGED[column, change], None]
    # In a run without rows the square of the mean is compared with the resulting scale.
    name = "noise_scale" if (kind, column) == ("statistics", "square_of_mean") else column
    assert found.startswith(f"{name} of epoch_layers is ")


def test_a_noise_scale_of_a_layer_without_weights_is_found(changed):
    assert changed[2, 2, None] == ["noise_scale of epoch_layers is 1, and NULL is expected"]


def test_nothing_but_numbers_that_are_off_is_found(changed):
    assert changed.keys() == {(2, 2, None), *((*place, None) for place in CHANGED.values())}


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
