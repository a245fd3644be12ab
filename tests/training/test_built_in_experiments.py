"""The four experiments of the paper, end to end on the bundled sample, in both precisions.

320 images in batches of 128 are two whole batches and one of 64, six steps in two epochs.
"""

import pytest

from vanishing_gradients.sql.registry import gradient_column_types
from vanishing_gradients.trainer import experiments

IMAGES, STEPS, EPOCHS = 320, 3, 2
DENSE = {1: (784, 128), 3: (128, 128), 5: (128, 64), 7: (64, 32), 9: (32, 16), 11: (16, 10)}
OTHERS = {2: 128, 4: 128, 6: 64, 8: 32, 10: 16, 12: 10}
ROWS = {layer: rows * STEPS * EPOCHS for layer, (rows, _) in DENSE.items()} | dict.fromkeys(
    OTHERS, IMAGES * EPOCHS
)
VALUES = 1_007_808
RUNS = [(name, precision) for name in experiments.names() for precision in ("double", "single")]


@pytest.fixture(scope="module")
def run_ids(laboratory, built_in):
    """Double before single, except for relu_sgd, whose FLOAT tables are then widened."""
    found = {}
    for name in experiments.names():
        precisions = ["single", "double"] if name == "relu_sgd" else ["double", "single"]
        for precision in precisions:
            run_id = laboratory.run(built_in(name), limit=IMAGES, precision=precision)
            found[name, precision] = run_id
    return found


def test_the_values_worked_out_by_hand_are_those_of_the_shapes():
    cells = sum(ROWS[layer] * width for layer, (_, width) in DENSE.items())
    assert cells + sum(ROWS[layer] * width for layer, width in OTHERS.items()) == VALUES


@pytest.mark.parametrize(("name", "precision"), RUNS)
def test_every_layer_has_the_rows_of_its_shape_and_all_of_them_finite(
    laboratory, run_ids, name, precision
):
    run_id = run_ids[name, precision]
    activation = name.split("_")[0]
    found = {}
    for layer in ROWS:
        kind = {1: "input", 12: "softmax"}.get(layer, "hidden" if layer % 2 else activation)
        (counts,) = laboratory.select(
            f"SELECT COUNT(*), COUNT(Norm) FROM {name}_layer_{layer}_{kind} WHERE run_id = {run_id}"
        )
        found[layer] = counts
    assert found == {layer: (rows, rows) for layer, rows in ROWS.items()}


@pytest.mark.parametrize(("name", "precision"), RUNS)
def test_the_run_is_finished_and_registered_as_it_was(laboratory, run_ids, sample, name, precision):
    assert laboratory.select(
        "SELECT experiment, seed, dataset, dataset_sha256, float_type, telemetry, record_every, "
        "epochs, completed_epoch, status, finished_at > started_at "
        f"FROM runs WHERE run_id = {run_ids[name, precision]}"
    ) == [(name, 1, "sample", sample.sha256, precision, "full", 1, 2, 2, "finished", 1)]


@pytest.mark.parametrize(("name", "precision"), RUNS)
def test_the_summary_counts_the_rows_and_values(laboratory, run_ids, name, precision):
    assert laboratory.select(
        "SELECT gradient_rows, gradient_values FROM experiment_summary "
        f"WHERE run_id = {run_ids[name, precision]}"
    ) == [(sum(ROWS.values()), VALUES)]


@pytest.mark.parametrize(("name", "precision"), RUNS)
def test_the_overall_views_answer_for_every_layer_and_epoch(laboratory, run_ids, name, precision):
    where = f"WHERE run_id = {run_ids[name, precision]} AND experiment = '{name}'"
    assert laboratory.select(
        f"SELECT COUNT(*), COUNT(norm), SUM(non_finite) FROM gradient_norms {where}"
    ) == [(12 * EPOCHS, 12 * EPOCHS, 0)]
    assert laboratory.select(f"SELECT COUNT(*) FROM gradient_norm_ratios {where}") == [
        (11 * EPOCHS,)
    ]


@pytest.mark.parametrize("name", experiments.names())
def test_a_double_precision_run_leaves_tables_of_doubles(laboratory, run_ids, name):
    with laboratory.engine.connect() as connection:
        types = gradient_column_types(connection, f"{name}_layer_1_input")
    assert list(types.values()) == ["DOUBLE"] * 128
