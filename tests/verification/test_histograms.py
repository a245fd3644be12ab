"""Histograms are compared with the cells, or in a run without rows with its statistics."""

from itertools import product

import pytest

EXPERIMENT_STEPS = (1, 3)
"""The first and the last of three recorded steps are counted."""


@pytest.fixture
def spoilt(bench):
    """Return a function that finds the disagreements after a statement has changed histograms."""

    def spoil(kind: str, statement: str) -> list[str]:
        run_id = bench.clean(telemetry=kind)
        assert bench.execute(statement.format(run_id=run_id))
        return [str(each) for each in bench.found(run_id)]

    return spoil


def test_the_first_and_the_last_step_are_counted(bench):
    steps = bench.select(
        f"SELECT DISTINCT step FROM layer_histograms WHERE run_id = {bench.clean()}"
    )
    assert sorted(step for (step,) in steps) == list(EXPERIMENT_STEPS)


def test_one_cell_counted_too_much_is_found_by_its_exponent(bench):
    run_id, expected = bench.clean(), {}
    for layer, step in product([1, 2, 6], EXPERIMENT_STEPS):
        place = f"layer = {layer} AND epoch = 2 AND step = {step}"
        ((exponent,),) = bench.select(
            f"SELECT MAX(exponent) FROM layer_histograms WHERE run_id = {run_id} AND {place}"
        )
        bench.spoil(
            "layer_histograms", run_id, "cells = cells + 1", f"{place} AND exponent = {exponent}"
        )
        expected[layer, 2, step] = f"cells of exponent {exponent} of layer_histograms is"
    found = bench.told(run_id)
    assert {place: [each[: len(expected[place])] for each in told]
            for place, told in found.items()} == {
        place: [told] for place, told in expected.items()
    }  # fmt: skip


def test_a_cell_counted_under_another_exponent_is_found(spoilt):
    (found,) = spoilt(
        "full",
        "UPDATE layer_histograms SET exponent = exponent + 100 WHERE run_id = {run_id} "
        "AND layer = 1 AND epoch = 1 AND step = 1 AND exponent > -1075 ORDER BY exponent LIMIT 1",
    )
    assert found.startswith("layer 1, epoch 1, step 1: cells of exponent ")


@pytest.mark.parametrize("kind", ["full", "statistics"])
def test_zeros_that_are_counted_wrong_are_found(spoilt, kind):
    found = spoilt(
        kind,
        "UPDATE layer_histograms SET cells = cells + 1 WHERE run_id = {run_id} "
        "AND layer = 3 AND epoch = 1 AND step = 3 AND exponent = -1075",
    )
    assert any("step 3" in each and "of layer_histograms" in each for each in found)


@pytest.mark.parametrize("kind", ["full", "statistics"])
def test_a_step_that_was_not_counted_is_found(spoilt, kind):
    (found,) = spoilt(
        kind,
        "DELETE FROM layer_histograms WHERE run_id = {run_id} AND layer = 2 AND epoch = 1 "
        "AND step = 3",
    )
    assert found == "layer 2, epoch 1, step 3: layer_histograms has no row"


@pytest.mark.parametrize("kind", ["full", "statistics"])
def test_a_step_that_is_not_to_be_counted_is_found(spoilt, kind):
    found = spoilt(
        kind,
        "UPDATE layer_histograms SET step = 2 WHERE run_id = {run_id} AND layer = 2 "
        "AND epoch = 1 AND step = 3",
    )
    assert "layer 2, epoch 1, step 2: layer_histograms has rows, and none is expected" in found


def test_a_cell_more_than_there_are_is_found_without_rows(spoilt):
    (found,) = spoilt(
        "statistics",
        "UPDATE layer_histograms SET cells = cells + 1 WHERE run_id = {run_id} AND layer = 1 "
        "AND epoch = 1 AND step = 1 AND exponent > -1075 ORDER BY cells LIMIT 1",
    )
    assert found.startswith("layer 1, epoch 1, step 1: cells in all of layer_histograms is ")


@pytest.mark.parametrize("kind", ["full", "statistics"])
def test_one_layer_without_any_is_found_by_the_others(spoilt, kind):
    found = spoilt(
        kind, "DELETE FROM layer_histograms WHERE run_id = {run_id} AND layer = 2 AND epoch = 1"
    )
    assert found == [
        "layer 2, epoch 1: layer_histograms has no row, although a later layer has some"
    ]


def test_a_run_that_an_older_version_did_not_sum_up_is_no_fault_and_named(bench, command):
    run_id = bench.clean()
    bench.execute(f"DELETE FROM layer_histograms WHERE run_id = {run_id}")
    bench.execute(
        "UPDATE epoch_layers SET mean_square = NULL, square_of_mean = NULL, noise_scale = NULL "
        f"WHERE run_id = {run_id}"
    )
    result = command("--run", str(run_id))
    assert result.exit_code == 0
    said = " ".join(result.output.split())
    assert "has neither noise scales nor histograms of 12 epochs of layers" in said
    assert f"`make summarize RUN={run_id}` does" in said


def test_cells_that_are_not_finite_are_left_out_of_the_counts(diverging):
    bench = diverging("counted")
    run_id = bench.run()
    (lost,) = bench.select(f"SELECT SUM(non_finite) FROM epoch_layers WHERE run_id = {run_id}")
    assert lost[0] > 0
    assert bench.found(run_id) == ()
