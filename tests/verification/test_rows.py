"""Missing, doubled or misplaced rows are found."""

import pytest

from tests.verification.conftest import Bench

PLACE = "Epoch = 1 AND Step = 2"
OF_AN_EPOCH = (
    "epoch_metrics", "step_statistics", "neuron_statistics", "epoch_layers", "telemetry_progress",
)  # fmt: skip


def copied(bench: Bench, run_id: int, layer: int, place: str, **changes) -> str:
    """Return the statement that copies one row under another key."""
    width = bench.experiment.layer_specs()[layer - 1].width
    cells = ", ".join(f"Gradient{number}" for number in range(1, width + 1))
    keys = ", ".join(str(changes.get(key, key)) for key in ("run_id", "Epoch", "Step", "RowIndex"))
    table = bench.table(layer)
    return (
        f"INSERT INTO {table} (run_id, Epoch, Step, RowIndex, {cells}) "
        f"SELECT {keys}, {cells} FROM {table} WHERE run_id = {run_id} AND {place}"
    )


@pytest.mark.parametrize("layer", [1, 2, 3, 6])
@pytest.mark.parametrize("row", ["0", "3", "(SELECT MAX(RowIndex) FROM {0} AS all_of_them)"])
def test_a_deleted_row_is_found(bench, run_id, layer, row):
    table = bench.table(layer)
    index = row.format(f"(SELECT * FROM {table} WHERE run_id = {run_id} AND {PLACE})")
    assert bench.execute(
        f"DELETE FROM {table} WHERE run_id = {run_id} AND {PLACE} AND RowIndex = {index}"
    ) == 1  # fmt: skip
    assert bench.places(run_id) == {(layer, 1, 2)}


def test_a_step_without_any_row_is_found(bench, run_id):
    bench.execute(f"DELETE FROM {bench.table(4)} WHERE run_id = {run_id} AND {PLACE}")
    assert (4, 1, 2) in bench.places(run_id)
    assert "the gradient table has no row, and 32 are expected" in str(bench.found(run_id))


def test_a_layer_without_any_row_is_found_at_every_step(bench, run_id):
    bench.execute(f"DELETE FROM {bench.table(2)} WHERE run_id = {run_id}")
    steps = {(2, epoch, step) for epoch in (1, 2) for step in (1, 2, 3)}
    assert steps <= bench.places(run_id)


@pytest.mark.parametrize("layer", [1, 2, 3, 6])
def test_a_row_doubled_under_another_number_is_found(bench, run_id, layer):
    bench.execute(copied(bench, run_id, layer, f"{PLACE} AND RowIndex = 3", RowIndex=5000))
    assert bench.places(run_id) == {(layer, 1, 2)}


@pytest.mark.parametrize("layer", [1, 2, 3, 6])
@pytest.mark.parametrize("row", [0, 3])
def test_a_row_under_another_number_is_found(bench, run_id, layer, row):
    bench.alter(run_id, layer, "RowIndex = 5000", f"{PLACE} AND RowIndex = {row}")
    (found,) = bench.found(run_id)
    assert (found.layer, found.epoch, found.step) == (layer, 1, 2)
    assert found.text.startswith(f"RowIndex goes from {int(row == 0)} to 5,000, and not from 0 to ")


@pytest.mark.parametrize("step", [1, 3])
def test_a_row_under_another_step_is_found_in_both(bench, run_id, step):
    bench.alter(run_id, 3, f"Step = {step}, RowIndex = 900", f"{PLACE} AND RowIndex = 6")
    assert bench.places(run_id) == {(3, 1, 2), (3, 1, step)}


def test_a_row_under_a_step_that_is_none_is_found_in_both(bench, run_id):
    bench.alter(run_id, 3, "Step = 9", f"{PLACE} AND RowIndex = 6")
    assert bench.places(run_id) == {(3, 1, 2), (3, 1, 9)}


@pytest.mark.parametrize("epoch", [0, 3, 77])
def test_a_row_under_an_epoch_that_is_none_is_found_in_both(bench, run_id, epoch):
    bench.alter(run_id, 3, f"Epoch = {epoch}", f"{PLACE} AND RowIndex = 6")
    assert bench.places(run_id) == {(3, 1, 2), (3, epoch, 2)}


def test_rows_of_a_step_that_was_not_to_be_recorded_are_found(bench):
    run_id = bench.run(record_every=2)
    bench.execute(copied(bench, run_id, 2, "Epoch = 1 AND Step = 1 AND RowIndex = 0", Step=2))
    assert bench.places(run_id) == {(2, 1, 2)}


def test_two_whole_steps_exchanged_are_found(bench, run_id):
    for before, after in ((1, 8), (2, 1), (8, 2)):
        bench.alter(run_id, 5, f"Step = {after}", f"Epoch = 1 AND Step = {before}")
    assert bench.places(run_id) == {(5, 1, 1), (5, 1, 2)}


def test_what_an_interrupted_run_holds_beyond_its_last_epoch_is_said_and_no_error(bench, run_id):
    for table in OF_AN_EPOCH[:-1]:
        bench.execute(f"DELETE FROM {table} WHERE run_id = {run_id} AND epoch = 2")
    bench.spoil("runs", run_id, "status = 'interrupted', completed_epoch = 1", "epochs = 2")
    outcome = bench.outcome(run_id)
    assert (outcome.disagreements, outcome.pending) == ((), (2,))
    assert outcome.rows == 3 * (784 + 7 + 5) + 3 * 70


def test_the_complete_epochs_of_an_interrupted_run_are_verified(bench, run_id):
    for table in OF_AN_EPOCH[:-1]:
        bench.execute(f"DELETE FROM {table} WHERE run_id = {run_id} AND epoch = 2")
    bench.spoil("runs", run_id, "status = 'interrupted', completed_epoch = 1", "epochs = 2")
    bench.alter(run_id, 4, "Gradient2 = NULL", f"{PLACE} AND RowIndex = 2")
    assert bench.places(run_id) == {(4, 1, 2)}


def test_a_run_that_claims_to_be_finished_and_is_not_is_found(bench, run_id):
    for table in OF_AN_EPOCH:
        bench.execute(f"DELETE FROM {table} WHERE run_id = {run_id} AND epoch = 2")
    bench.spoil("runs", run_id, "completed_epoch = 1", "epochs = 2")
    found = bench.found(run_id)
    assert str(found[0]) == "it is finished after 1 of 2 epochs"
    assert (1, 2, 1) in {(each.layer, each.epoch, each.step) for each in found}
