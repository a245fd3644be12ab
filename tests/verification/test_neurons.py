"""The counts of every neuron are compared with its column, and the neuron is named."""

import pytest

from tests.verification.conftest import Bench

PLACE = "layer = 3 AND epoch = 2 AND neuron = 4"
NEW_COLUMNS = ("clipped_norm", "weight_norm", "update_norm", "saturated")


def neurons(bench, run_id: int) -> set[tuple]:
    """Return (layer, epoch, neuron) of all disagreements in a run."""
    return {(each.layer, each.epoch, each.neuron) for each in bench.found(run_id)}


@pytest.mark.parametrize(
    "change",
    ["cells = cells + 1", "zeros = zeros + 1", "non_finite = 1", "magnitude_sum = 0",
     "magnitude_sum = magnitude_sum * (1 + 1e-12)", "neuron = 99"],
)  # fmt: skip
def test_an_altered_neuron_is_found(bench, run_id, change):
    bench.spoil("neuron_statistics", run_id, change, PLACE)
    found = bench.found(run_id)
    assert {(each.layer, each.epoch) for each in found} == {(3, 2)}
    assert found[0].neuron == 4
    assert str(found[0]).startswith("layer 3, epoch 2, neuron 4: ")


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


@pytest.mark.parametrize(
    "change",
    ["cells = cells - 1", "zeros = zeros + 1", "non_finite = 1",
     "magnitude_sum = magnitude_sum * 1.000001"],
)  # fmt: skip
def test_neurons_of_a_run_that_kept_statistics_alone_are_held_against_its_steps(bench, change):
    run_id = bench.clean(telemetry="statistics")
    bench.spoil("neuron_statistics", run_id, change, PLACE)
    assert {(each.layer, each.epoch) for each in bench.found(run_id)} == {(3, 2)}


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
