"""A preview of a gradient table: its keys, its first cells, and norm and mean of all of them."""

import pytest

from tests.views.conftest import query
from vanishing_gradients.telemetry.runs import RunLayer

WIDE = (
    RunLayer(1, "layer_1_input", "dense", 2, 11, "input"),
    RunLayer(2, "layer_2_sigmoid", "sigmoid", 2, 8, "sample"),
    RunLayer(3, "layer_3_softmax", "softmax", 2, 3, "sample"),
)


@pytest.fixture(scope="module")
def run(hand):
    run_id = hand.run("looked", layers=WIDE)
    for layer in WIDE:
        columns = ", ".join(f"Gradient{number}" for number in range(1, layer.width + 1))
        cells = ", ".join(str(number) for number in range(1, layer.width + 1))
        with hand.engine.begin() as connection:
            connection.exec_driver_sql(
                f"INSERT INTO looked_{layer.layer_name} (run_id, Epoch, Step, RowIndex, {columns}) "
                f"VALUES ({run_id}, 2, 5, 1, {cells}), ({run_id}, 2, 5, 0, {cells})"
            )
    return run_id


def cells(hand, run: int, layer: int, epoch: int = 2) -> list[dict]:
    values = {"run_id": run, "epoch": epoch, "step": 5 if epoch == 2 else 1, "row": 0, "rows": 9}
    with hand.engine.connect() as connection:
        found = connection.exec_driver_sql(
            query("first_cells", "looked", WIDE[layer - 1], **values)
        )
        return [dict(row) for row in found.mappings()]


@pytest.mark.parametrize(("layer", "shown"), [(1, 8), (2, 8), (3, 3)])
def test_eight_cells_are_shown_or_all_of_fewer(hand, run, layer, shown):
    names = [f"Gradient{number}" for number in range(1, shown + 1)]
    expected = ["run_id", "Epoch", "Step", "RowIndex", *names, "Norm", "Mean"]
    assert list(cells(hand, run, layer)[0]) == expected


def test_rows_are_those_of_the_table(hand, run):
    norm = pytest.approx(14**0.5, rel=1e-15)
    assert [tuple(row.values()) for row in cells(hand, run, 3)] == [
        (run, 2, 5, row, 1.0, 2.0, 3.0, norm, 2.0) for row in (0, 1)
    ]


def test_norm_and_mean_are_of_the_whole_row(hand, run):
    found = cells(hand, run, 1)[0]
    whole = range(1, 12)
    norm = sum(cell * cell for cell in whole) ** 0.5
    assert found["Norm"] == pytest.approx(norm, rel=1e-15)
    assert found["Mean"] == sum(whole) / 11


def test_a_cell_that_was_not_finite_is_null_and_so_are_norm_and_mean(hand, run):
    with hand.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO looked_layer_3_softmax (run_id, Epoch, Step, RowIndex, Gradient2, "
            f"Gradient3) VALUES ({run}, 3, 1, 0, 1.0, 2.0)"
        )
    (found,) = cells(hand, run, 3, epoch=3)
    assert [found[name] for name in ("Gradient1", "Gradient2", "Norm", "Mean")] == [
        None, 1.0, None, None,
    ]  # fmt: skip
