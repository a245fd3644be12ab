"""Missing, doubled or misplaced rows are found."""

import pytest

from tests.verification.conftest import Bench

PLACE = "Epoch = 1 AND Step = 2"
MISSING = {(1, 1): "MIN(RowIndex)", (1, 2): "MIN(RowIndex) + 3", (2, 2): "MAX(RowIndex)"}
"""Which row is deleted, by epoch and step."""
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


def test_a_deleted_row_is_found(bench, run_id):
    """The first, one between and the last."""
    places = [(layer, epoch, step) for layer in (1, 2, 3, 6) for epoch, step in MISSING]
    for layer, epoch, step in places:
        where = f"run_id = {run_id} AND Epoch = {epoch} AND Step = {step}"
        query = f"SELECT {MISSING[epoch, step]} FROM {bench.table(layer)} WHERE {where}"
        ((row,),) = bench.select(query)
        assert (
            bench.execute(f"DELETE FROM {bench.table(layer)} WHERE {where} AND RowIndex = {row}")
            == 1
        )
    assert bench.places(run_id) == set(places)


def test_a_step_without_any_row_is_found(bench, run_id):
    bench.execute(f"DELETE FROM {bench.table(4)} WHERE run_id = {run_id} AND {PLACE}")
    assert (4, 1, 2) in bench.places(run_id)
    assert "the gradient table has no row, and 32 are expected" in str(bench.found(run_id))


def test_a_layer_without_any_row_is_found_at_every_step(bench, run_id):
    bench.execute(f"DELETE FROM {bench.table(2)} WHERE run_id = {run_id}")
    steps = {(2, epoch, step) for epoch in (1, 2) for step in (1, 2, 3)}
    assert steps <= bench.places(run_id)


def test_a_row_doubled_under_another_number_is_found(bench, run_id):
    for layer in (1, 2, 3, 6):
        bench.execute(copied(bench, run_id, layer, f"{PLACE} AND RowIndex = 3", RowIndex=5000))
    assert bench.places(run_id) == {(layer, 1, 2) for layer in (1, 2, 3, 6)}


def test_a_row_under_another_number_is_found(bench, run_id):
    places = {(layer, epoch, 2): row for layer in (1, 2, 3, 6) for epoch, row in ((1, 0), (2, 3))}
    for (layer, epoch, step), row in places.items():
        where = f"Epoch = {epoch} AND Step = {step} AND RowIndex = {row}"
        bench.alter(run_id, layer, "RowIndex = 5000", where)
    told = bench.told(run_id)
    assert {place: len(texts) for place, texts in told.items()} == dict.fromkeys(places, 1)
    for place, row in places.items():
        first = f"RowIndex goes from {int(row == 0)} to 5,000, and not from 0 to "
        assert told[place][0].startswith(first)


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
