"""The counts of every neuron are compared with its column, and the neuron is named."""

import pytest

from tests.verification.conftest import Bench

PLACE = "layer = 3 AND epoch = 2 AND neuron = 4"
NEW_COLUMNS = ("clipped_norm", "weight_norm", "update_norm", "saturated")


def neurons(bench, run_id: int) -> set[tuple]:
    """Return (layer, epoch, neuron) of all disagreements in a run."""
    return {(each.layer, each.epoch, each.neuron) for each in bench.found(run_id)}


ALTERED = {
    "cells = cells + 1": (3, 2), "zeros = zeros + 1": (3, 1), "non_finite = 1": (4, 2),
    "magnitude_sum = 0": (4, 1), "magnitude_sum = magnitude_sum * (1 + 1e-12)": (5, 2),
    "neuron = 99": (5, 1),
}  # fmt: skip
"""Changes of neuron 4 and in which layer and epoch, each elsewhere in one run."""
OF_STATISTICS = {
    "cells = cells - 1": (3, 2), "zeros = zeros + 1": (3, 1), "non_finite = 1": (4, 2),
    "magnitude_sum = magnitude_sum * 1.000001": (4, 1),
}  # fmt: skip
"""In a run that kept statistics alone."""


def found_in(bench, changes: dict[str, tuple[int, int]], **settings) -> dict[tuple, list]:
    """Return the disagreements by layer and epoch after all changes."""
    run_id, found = bench.clean(**settings), {}
    for change, (layer, epoch) in changes.items():
        place = f"layer = {layer} AND epoch = {epoch} AND neuron = 4"
        bench.spoil("neuron_statistics", run_id, change, place)
    for each in bench.found(run_id):
        found.setdefault((each.layer, each.epoch), []).append(each)
    return found


@pytest.fixture(scope="module")
def altered(bench):
    return found_in(bench, ALTERED)


@pytest.fixture(scope="module")
def altered_of_statistics(bench):
    return found_in(bench, OF_STATISTICS, telemetry="statistics")


@pytest.mark.parametrize("change", ALTERED)
def test_an_altered_neuron_is_found(altered, change):
    layer, epoch = ALTERED[change]
    first, *_ = altered[layer, epoch]
    assert first.neuron == 4
    assert str(first).startswith(f"layer {layer}, epoch {epoch}, neuron 4: ")


def test_nothing_but_altered_neurons_is_found(altered):
    assert altered.keys() == set(ALTERED.values())


@pytest.mark.parametrize("telemetry", ["full", "statistics"])
@pytest.mark.parametrize(("layer", "width"), [(3, 5), (6, 10)])
def test_missing_neurons_are_found(bench, telemetry, layer, width):
    run_id = bench.clean(telemetry=telemetry)
    where = f"run_id = {run_id} AND layer = {layer} AND epoch = 1"
    assert bench.execute(f"DELETE FROM neuron_statistics WHERE {where}") == width
    assert neurons(bench, run_id) == {(layer, 1, neuron) for neuron in range(1, width + 1)}


def test_all_neurons_missing_are_found_by_the_norms_of_the_steps(bench, run_id):
    bench.execute(f"DELETE FROM neuron_statistics WHERE run_id = {run_id}")
    assert len(neurons(bench, run_id)) == 2 * (7 + 7 + 5 + 5 + 10 + 10)


@pytest.mark.parametrize("place", ["layer = 9", "epoch = 3"])
def test_neurons_of_a_layer_or_epoch_that_is_not_there_are_found(bench, run_id, place):
    bench.spoil("neuron_statistics", run_id, place, "layer = 6 AND epoch = 2 AND neuron = 10")
    texts = [each.text for each in bench.found(run_id)]
    assert "neuron_statistics has rows (1), and none is expected" in texts


@pytest.mark.parametrize("telemetry", ["full", "statistics"])
@pytest.mark.parametrize("change", ["saturated = saturated + 1", "saturated = NULL"])
def test_saturated_samples_that_disagree_with_the_steps_are_found(bench, telemetry, change):
    run_id = bench.clean(telemetry=telemetry)
    where = "layer = 2 AND epoch = 1" + (" AND neuron = 4" if "+" in change else "")
    assert bench.execute(
        f"UPDATE neuron_statistics SET {change} WHERE run_id = {run_id} AND {where}"
    )
    (found,) = bench.found(run_id)
    assert str(found).startswith("layer 2, epoch 1: saturated of neuron_statistics is ")


@pytest.mark.parametrize("change", OF_STATISTICS)
def test_neurons_of_a_run_that_kept_statistics_alone_are_held_against_its_steps(
    altered_of_statistics, change
):
    assert altered_of_statistics[OF_STATISTICS[change]]


def test_nothing_but_altered_neurons_of_statistics_alone_is_found(altered_of_statistics):
    assert altered_of_statistics.keys() == set(OF_STATISTICS.values())


@pytest.mark.parametrize("telemetry", ["full", "statistics"])
def test_a_run_of_an_older_version_is_not_wrong_for_having_none(bench, telemetry):
    run_id = bench.clean(telemetry=telemetry)
    bench.execute(f"DELETE FROM neuron_statistics WHERE run_id = {run_id}")
    nulls = ", ".join(f"{name} = NULL" for name in NEW_COLUMNS)
    bench.execute(f"UPDATE step_statistics SET {nulls} WHERE run_id = {run_id}")
    bench.sum_up()
    assert bench.found(run_id) == ()


def test_a_run_that_an_older_version_began_has_them_of_its_later_epochs(bench, run_id):
    bench.execute(f"DELETE FROM neuron_statistics WHERE run_id = {run_id} AND epoch = 1")
    nulls = ", ".join(f"{name} = NULL" for name in NEW_COLUMNS)
    bench.execute(f"UPDATE step_statistics SET {nulls} WHERE run_id = {run_id} AND epoch = 1")
    bench.sum_up()
    assert bench.found(run_id) == ()
    bench.spoil("neuron_statistics", run_id, "zeros = zeros + 1", PLACE)
    assert neurons(bench, run_id) == {(3, 2, 4)}


def test_neurons_with_cells_that_are_not_finite_agree_and_are_verified(diverging):
    bench: Bench = diverging("sick_neurons")
    run_id = bench.run()
    ((layer, epoch, neuron),) = bench.select(
        "SELECT layer, epoch, neuron FROM neuron_statistics "
        f"WHERE run_id = {run_id} AND non_finite > 0 ORDER BY 1, 2, 3 LIMIT 1"
    )
    assert bench.found(run_id) == ()
    where = f"layer = {layer} AND epoch = {epoch} AND neuron = {neuron}"
    bench.spoil("neuron_statistics", run_id, "non_finite = non_finite - 1", where)
    assert (layer, epoch, neuron) in neurons(bench, run_id)
