"""The sums that verification takes from cells, against NumPy's long double and against pandas."""

import numpy as np
import pytest

from tests.verification.conftest import Bench
from vanishing_gradients.analysis.verification import cells
from vanishing_gradients.analysis.verification.cells import sum_up
from vanishing_gradients.analysis.views import rows
from vanishing_gradients.sql.objects import Layer

STEPS, ROWS, WIDTH = 4, 6, 5
SIZES = [1, 200, 1 << 18]
"""Bytes per block: small, so that a block ends within a step."""


@pytest.fixture(scope="module")
def drawn(laboratory, small):
    """(bench, run id, gradients (steps, rows, width)) with cells that are not finite in one step,
    and a step of cells whose squares underflow."""
    bench = Bench(laboratory, small("drawn", hidden_widths=[WIDTH, 2], batch_size=32))
    run_id = bench.run(limit=32)
    table = bench.table(1)
    bench.execute(f"DELETE FROM {table}")
    generator = np.random.default_rng(17)
    gradients = generator.normal(size=(STEPS, ROWS, WIDTH))
    gradients[1] *= 1e-200
    gradients[1, 3] = 0.0
    gradients[2, 1, 3] = gradients[2, 4, 0] = np.nan
    gradients[3] = np.nan
    columns = ", ".join(f"Gradient{number + 1}" for number in range(WIDTH))
    for step, row in np.ndindex(STEPS, ROWS):
        values = ["NULL" if np.isnan(cell) else repr(float(cell)) for cell in gradients[step, row]]
        bench.execute(
            f"INSERT INTO {table} (run_id, Epoch, Step, RowIndex, {columns}) "
            f"VALUES ({run_id}, 1, {step + 1}, {row}, {', '.join(values)})"
        )
    return bench, run_id, gradients


def summed(bench, run_id: int, layer: int, width: int, epoch: int = 1) -> cells.Cells:
    with bench.laboratory.engine.connect() as connection:
        recorded = rows(
            connection, "recorded_statistics", layer=layer, run_id=run_id, epoch=epoch
        ).set_index("step")["median"]
        own = Layer(layer, bench.names[layer], width, "input")
        place = {"run_id": run_id, "epoch": epoch}
        return sum_up(connection, bench.experiment.name, own, place, recorded)


@pytest.mark.parametrize("size", SIZES)
def test_sums_by_step_are_those_of_the_finite_rows(drawn, monkeypatch, size):
    bench, run_id, gradients = drawn
    monkeypatch.setattr(cells, "BLOCK_BYTES", size)
    found = summed(bench, run_id, 1, WIDTH).steps.set_index("step")
    assert found.index.tolist() == [1, 2, 3, 4]
    assert found["row_count"].tolist() == [ROWS] * STEPS
    assert (found["first_row"].tolist(), found["last_row"].tolist()) == ([0] * 4, [ROWS - 1] * 4)
    assert found["finite_rows"].tolist() == [ROWS, ROWS, ROWS - 2, 0]
    assert found["null_cells"].tolist() == [0, 0, 2, ROWS * WIDTH]
    for step, values in enumerate(gradients[:3], 1):
        own = values[np.isfinite(values).all(axis=1)].astype(np.longdouble)
        row_norms = np.sqrt((own**2).sum(axis=1))
        expected = {
            "cell_sum": own.sum(),
            "magnitude_sum": abs(own).sum(),
            "norm_sum": row_norms.sum(),
            "norm": np.sqrt((own**2).sum()),
            "zeros": (own == 0).sum(),
            "below_1em3": (abs(own) < 1e-3).sum(),
            "below_1em5": (abs(own) < 1e-5).sum(),
            "smallest": own.min(),
            "largest": own.max(),
        }
        for name, value in expected.items():
            assert found.loc[step, name] == pytest.approx(float(value), rel=1e-13), name
    assert found.loc[4, list(expected)].isna().all()


@pytest.mark.parametrize("size", SIZES)
def test_sums_by_neuron_are_those_of_the_finite_rows(drawn, monkeypatch, size):
    bench, run_id, gradients = drawn
    monkeypatch.setattr(cells, "BLOCK_BYTES", size)
    found = summed(bench, run_id, 1, WIDTH).neurons
    every = gradients.reshape(-1, WIDTH)
    own = every[np.isfinite(every).all(axis=1)]
    assert found["neuron"].tolist() == [1, 2, 3, 4, 5]
    assert found["cells"].tolist() == [len(own)] * WIDTH
    assert found["zeros"].tolist() == (own == 0).sum(axis=0).tolist()
    assert found["non_finite"].tolist() == np.isnan(every).sum(axis=0).tolist()
    assert found["magnitude_sum"].tolist() == pytest.approx(abs(own).sum(axis=0).tolist())


@pytest.mark.parametrize("precision", ["double", "single"])
def test_at_most_half_of_the_cells_are_on_either_side_of_the_recorded_median(
    laboratory, small, precision
):
    bench = Bench(laboratory, small(f"median_{precision}", batch_size=32))
    run_id = bench.run(precision=precision)
    found = summed(bench, run_id, 3, 5).steps
    half = found["row_count"] * 5 / 2
    assert ((found["below_median"] <= half) & (found["above_median"] <= half)).all()
    assert (found["below_median"] + found["above_median"]).min() > 0


def test_an_epoch_without_rows_sums_up_to_nothing(drawn):
    bench, run_id, _ = drawn
    found = summed(bench, run_id, 1, WIDTH, epoch=99)
    assert found.steps.empty
    assert "below_median" in found.steps
    assert found.neurons["cells"].tolist() == [0] * WIDTH
