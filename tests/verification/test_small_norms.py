"""A network whose gradients are too small for a double to hold their squares."""

import numpy as np
import pytest

from tests.verification.conftest import Bench
from vanishing_gradients.analysis.diagnosis import diagnose
from vanishing_gradients.analysis.runs import known_run
from vanishing_gradients.analysis.verification.cells import SMALL
from vanishing_gradients.analysis.views import ask

WIDTHS = [8] * 7


@pytest.fixture(scope="module")
def faint(laboratory, small):
    """(bench, run id): seven tanh layers whose initial weights are scaled by 1e-25."""
    experiment = small(
        "faint", "tanh", hidden_widths=WIDTHS, initial_weight_scale=1e-25, epochs=1, batch_size=32
    )
    bench = Bench(laboratory, experiment)
    return bench, bench.run(limit=128)


def cells(bench, run_id: int, layer: int) -> np.ndarray:
    width = 10 if layer >= 15 else 8
    columns = ", ".join(f"Gradient{number}" for number in range(1, width + 1))
    rows = bench.select(f"SELECT Step, {columns} FROM {bench.table(layer)} WHERE run_id = {run_id}")
    return np.array(rows, np.longdouble)


def test_every_norm_is_that_of_the_cells_and_none_is_0(faint):
    bench, run_id = faint
    said = dict(bench.select(
        f"SELECT layer, gradient_norm FROM gradient_norms WHERE run_id = {run_id}"
    ))  # fmt: skip
    assert min(said.values()) < SMALL
    for layer, norm in said.items():
        rows = cells(bench, run_id, layer)
        steps = [
            np.sqrt((rows[rows[:, 0] == step, 1:] ** 2).sum()) for step in np.unique(rows[:, 0])
        ]
        assert norm > 0
        assert norm == pytest.approx(float(np.mean(steps)), rel=1e-12)


def test_the_statistics_of_steps_say_the_same(faint):
    bench, run_id = faint
    for layer, step, norm, total in bench.select(
        f"SELECT layer, step, gradient_norm, row_norm_sum FROM step_statistics "
        f"WHERE run_id = {run_id}"
    ):
        rows = cells(bench, run_id, layer)
        squares = rows[rows[:, 0] == step, 1:] ** 2
        assert norm == pytest.approx(float(np.sqrt(squares.sum())), rel=1e-12)
        assert total == pytest.approx(float(np.sqrt(squares.sum(axis=1)).sum()), rel=1e-12)


def test_ratios_of_such_layers_are_of_their_norms(faint):
    bench, run_id = faint
    rows = bench.select(
        f"SELECT ratio, class, numerator, denominator FROM gradient_norm_ratios "
        f"WHERE run_id = {run_id}"
    )
    assert len(rows) == 15
    for ratio, kind, numerator, denominator in rows:
        assert ratio == pytest.approx(numerator / denominator, rel=1e-12)
        assert kind != "undefined"


def test_such_a_run_agrees(faint):
    bench, run_id = faint
    assert bench.found(run_id) == ()


def test_no_layer_is_said_to_get_nothing(faint):
    bench, run_id = faint
    with bench.laboratory.engine.connect() as connection:
        run = known_run(ask(connection, "experiment_summary"), run_id)
        said = "\n".join(diagnose(connection, run))
    assert "vanish" in said
    assert "nothing arrives" not in said


@pytest.mark.parametrize("change", ["SmallNorm = NULL", "SmallNorm = SmallNorm * 1.000001"])
def test_a_small_norm_that_is_altered_is_found(laboratory, small, change):
    experiment = small(
        "altered", "tanh", hidden_widths=WIDTHS, initial_weight_scale=1e-25, epochs=1, batch_size=32
    )
    bench = Bench(laboratory, experiment)
    run_id = bench.run(limit=128)
    ((row,),) = bench.select(
        f"SELECT MAX(RowIndex) FROM {bench.table(1)} WHERE run_id = {run_id} AND Step = 2 "
        "AND SmallNorm > 0"
    )
    bench.alter(run_id, 1, change, f"Step = 2 AND RowIndex = {row}")
    assert (1, 1, 2) in bench.places(run_id)


def test_an_altered_cell_of_such_a_run_is_found(laboratory, small):
    experiment = small(
        "touched", "tanh", hidden_widths=WIDTHS, initial_weight_scale=1e-25, epochs=1, batch_size=32
    )
    bench = Bench(laboratory, experiment)
    run_id = bench.run(limit=128)
    bench.alter(run_id, 3, "Gradient2 = Gradient2 * 1.01", "Step = 3 AND RowIndex = 1")
    assert (3, 1, 3) in bench.places(run_id)
