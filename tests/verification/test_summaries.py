"""Summaries of epochs are compared with the statistics of their steps and neurons."""

import pytest

from tests.verification.conftest import Found

PLACE = "layer = {} AND epoch = 2"
OF_STEPS = (
    "norm", "gradient_norm", "mean", "median", "mean_abs", "zeros", "below_1em3", "below_1em5",
    "mean_norm", "std", "min", "max", "fraction",
)  # fmt: skip
OF_WEIGHTS = ("weight_norm", "update_norm", "ratio", "clipped_norm", "clipped")
COUNTS = ("non_finite", "steps", "width", "dead")


LAYERS = {1: OF_STEPS + OF_WEIGHTS + COUNTS, 2: ("saturated", "saturated_neurons")}
"""The columns of a layer's row that are altered, all of them in one run."""


@pytest.fixture(scope="module", params=["full", "statistics"])
def altered(request, bench) -> Found:
    run_id = bench.clean(telemetry=request.param)
    for layer, columns in LAYERS.items():
        counts = (*COUNTS, "saturated_neurons")
        changes = [f"{each} = {each} + {1 if each in counts else 1e-9}" for each in columns]
        bench.spoil("epoch_layers", run_id, ", ".join(changes), PLACE.format(layer))
    return bench.told(run_id)


@pytest.mark.parametrize(
    ("column", "layer"), [(name, layer) for layer, names in LAYERS.items() for name in names]
)
def test_a_number_that_is_off_is_found(altered, column, layer):
    told = [each.partition(" of epoch_layers is ")[0] for each in altered[layer, 2, None]]
    assert told.count(column) == 1


def test_nothing_but_numbers_that_are_off_is_found(altered):
    assert {place: len(told) for place, told in altered.items()} == {
        (layer, 2, None): len(columns) for layer, columns in LAYERS.items()
    }


def test_a_row_that_is_missing_is_found(bench):
    run_id = bench.clean(telemetry="statistics")
    bench.execute(f"DELETE FROM epoch_layers WHERE run_id = {run_id} AND {PLACE.format(3)}")
    (found,) = bench.found(run_id)
    assert str(found) == "layer 3, epoch 2: epoch_layers has no row"
