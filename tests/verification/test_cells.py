"""A cell that differs from what the trainer computed is found, and its step is named."""

import numpy as np
import pytest

from tests.verification.conftest import Bench

LAYERS = range(1, 7)
PLACE = "Epoch = 2 AND Step = 2 AND RowIndex = 1"


@pytest.mark.parametrize(
    "change",
    [
        "Gradient3 = NULL",
        "Gradient3 = -Gradient3",
        "Gradient3 = Gradient3 * 1.000001",
        "Gradient3 = 0",
        "Gradient3 = 1e-30",
        "Gradient3 = 1e100",
        "Gradient3 = Gradient2, Gradient4 = Gradient2",
    ],
)
def test_an_altered_cell_is_found_in_its_layer_epoch_and_step(bench, run_id, change):
    for layer in LAYERS:
        ((row,),) = bench.select(  # in the first layer, margin pixels have zeros
            f"SELECT MAX(RowIndex) FROM {bench.table(layer)} WHERE run_id = {run_id} AND Epoch = 2 "
            "AND Step = 2 AND Gradient3 <> 0"
        )
        bench.alter(run_id, layer, change, f"Epoch = 2 AND Step = 2 AND RowIndex = {row}")
    assert bench.places(run_id) == {(layer, 2, 2) for layer in LAYERS}


def test_a_zero_that_becomes_next_to_nothing_is_found(laboratory, small):
    bench = Bench(laboratory, small("zeros", "relu", initial_weight_scale=1e-300, batch_size=32))
    run_id = bench.run()
    bench.alter(run_id, 2, "Gradient1 = 1e-290", "Epoch = 1 AND Step = 3 AND RowIndex = 5")
    assert bench.places(run_id) == {(2, 1, 3)}


def test_a_changed_cell_of_a_single_precision_run_is_found_in_float_and_double(laboratory, small):
    """One step of single precision, 6e-8 of the value, is the smallest change a FLOAT can have."""
    bench = Bench(laboratory, small("singly", batch_size=32))
    run_id = bench.run(precision="single")
    ((value,),) = bench.select(
        f"SELECT Gradient2 + 0e0 FROM {bench.table(4)} WHERE run_id = {run_id} AND {PLACE}"
    )
    nearest = float(np.nextafter(np.float32(value), np.float32(np.inf)))
    bench.alter(run_id, 4, f"Gradient2 = {nearest!r}", PLACE)
    assert bench.places(run_id) == {(4, 2, 2)}
    bench.run(precision="double")
    assert bench.places(run_id) == {(4, 2, 2)}


def test_a_cell_that_was_not_finite_and_gets_a_value_is_found(diverging):
    bench = diverging("filled_in")
    run_id = bench.run()
    bench.alter(
        run_id,
        6,
        "Gradient1 = 0.5",
        "Epoch = 2 AND Step = 4 AND RowIndex = 0 AND Gradient1 IS NULL",
    )
    assert (6, 2, 4) in bench.places(run_id)


def test_two_cells_exchanged_in_a_row_are_found_in_their_neurons(bench, run_id):
    ((one, two),) = bench.select(
        f"SELECT Gradient1, Gradient2 FROM {bench.table(5)} WHERE run_id = {run_id} AND {PLACE}"
    )
    bench.alter(run_id, 5, f"Gradient1 = {two!r}, Gradient2 = {one!r}", PLACE)
    found = bench.found(run_id)
    assert [(each.layer, each.epoch, each.neuron) for each in found] == [(5, 2, 1), (5, 2, 2)]
    assert str(found[0]).startswith(
        "layer 5, epoch 2, neuron 1: magnitude_sum of neuron_statistics"
    )


def exchange_rows(bench, run_id: int, layer: int) -> None:
    where = f"run_id = {run_id} AND Epoch = 2 AND Step = 2 AND RowIndex"
    for old, new in ((0, 1000), (1, 0), (1000, 1)):
        assert bench.execute(
            f"UPDATE {bench.table(layer)} SET RowIndex = {new} WHERE {where} = {old}"
        ) == 1  # fmt: skip


def test_two_rows_of_samples_exchanged_in_a_step_are_beyond_any_sum(bench, run_id):
    """Stated in analysis/verification: what keeps the values of neurons and steps is not found."""
    exchange_rows(bench, run_id, 4)
    assert bench.found(run_id) == ()


def test_two_rows_of_inputs_exchanged_in_a_step_are_found_in_the_mean_gradient(bench, run_id):
    exchange_rows(bench, run_id, 5)
    (found,) = bench.found(run_id)
    assert str(found).startswith("layer 5, epoch 2: square_of_mean of epoch_layers is ")


def test_cells_exchanged_between_two_steps_are_found(bench, run_id):
    table, rows = bench.table(5), {}
    for step in (1, 2):
        ((rows[step],),) = bench.select(
            f"SELECT Gradient1 FROM {table} WHERE run_id = {run_id} AND Epoch = 1 "
            f"AND Step = {step} AND RowIndex = 0"
        )
    for step in (1, 2):
        where = f"Epoch = 1 AND Step = {step} AND RowIndex = 0"
        bench.alter(run_id, 5, f"Gradient1 = {rows[3 - step]!r}", where)
    assert bench.places(run_id) == {(5, 1, 1), (5, 1, 2)}


def altered_at_random(bench: Bench, run_id: int, place: tuple[int, int, int], generator) -> str:
    """Alter one cell of a step and return the statement that undoes it.

    By at least a millionth of the layer's mean magnitude, up or down, or to NULL.
    """
    layer, epoch, step = place
    table = bench.table(layer)
    where = f"run_id = {run_id} AND Epoch = {epoch} AND Step = {step}"
    rows = bench.select(f"SELECT RowIndex FROM {table} WHERE {where}")
    width = bench.experiment.layer_specs()[layer - 1].width
    cell = f"Gradient{generator.integers(1, width + 1)}"
    where += f" AND RowIndex = {generator.choice(rows).item()}"
    ((value,),) = bench.select(f"SELECT {cell} + 0e0 FROM {table} WHERE {where}")
    ((mean,),) = bench.select(
        "SELECT mean_abs FROM step_statistics WHERE "
        f"run_id = {run_id} AND layer = {layer} AND epoch = {epoch} AND step = {step}"
    )
    size = mean * 10 ** generator.uniform(-6, 6) * generator.choice([-1, 1])
    if generator.random() < 0.1:
        new = "NULL"
    elif bench.single:  # otherwise the change might be too small for a FLOAT
        new = repr(float(np.float32(value) + np.float32(size) + np.float32(value * 1e-6)))
    else:
        new = repr(float(value + size))
    assert bench.execute(f"UPDATE {table} SET {cell} = {new} WHERE {where}") == 1, (value, new)
    return f"UPDATE {table} SET {cell} = {value!r} WHERE {where}"


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("seed", range(3))
def test_single_cells_altered_at_random_are_all_found(laboratory, small, precision, seed):
    """One in every second step of every layer."""
    generator = np.random.default_rng(seed)
    bench = Bench(laboratory, small(f"random_{precision}", batch_size=32), precision == "single")
    run_id = bench.run(precision=precision, seed=seed)
    places = [(layer, epoch, step) for layer in LAYERS for epoch in (1, 2) for step in (1, 2, 3)]
    chosen = {places[index] for index in generator.permutation(len(places))[: len(places) // 2]}
    undo = [altered_at_random(bench, run_id, place, generator) for place in sorted(chosen)]
    assert bench.places(run_id) == chosen
    for statement in undo:
        bench.execute(statement)
    assert bench.found(run_id) == ()
