"""A look at a gradient table: its keys, its first cells, and norm and mean of all of them."""

import pytest

from vanishing_gradients.telemetry.runs import RunLayer

WIDE = (
    RunLayer(1, "layer_1_input", "dense", 2, 11),
    RunLayer(2, "layer_2_sigmoid", "sigmoid", 2, 8),
    RunLayer(3, "layer_3_softmax", "softmax", 2, 3),
)


@pytest.fixture(scope="module")
def run(hand):
    run_id = hand.run("looked", layers=WIDE)
    for layer in WIDE:
        columns = ", ".join(f"Gradient{number}" for number in range(1, layer.width + 1))
        cells = ", ".join(str(number) for number in range(1, layer.width + 1))
        with hand.engine.begin() as connection:
            connection.exec_driver_sql(
                f"INSERT INTO looked_{layer.layer_name} (Run, Epoch, Step, RowIndex, {columns}) "
                f"VALUES ({run_id}, 2, 5, 1, {cells}), ({run_id}, 2, 5, 0, {cells})"
            )
    return run_id


def columns(hand, layer: int) -> list[str]:
    with hand.engine.connect() as connection:
        return list(
            connection.exec_driver_sql(f"SELECT * FROM looked_layer_{layer}_first_cells").keys()
        )


@pytest.mark.parametrize(("layer", "shown"), [(1, 8), (2, 8), (3, 3)])
def test_eight_cells_are_shown_or_all_of_fewer(hand, run, layer, shown):
    cells = [f"Gradient{number}" for number in range(1, shown + 1)]
    expected = ["Run", "Epoch", "Step", "RowIndex", *cells, "Norm", "Mean"]
    assert columns(hand, layer) == expected


def test_rows_are_those_of_the_table(hand, run):
    found = hand.select("SELECT * FROM looked_layer_3_first_cells ORDER BY RowIndex")
    norm = pytest.approx(14**0.5, rel=1e-15)
    assert found == [(run, 2, 5, row, 1.0, 2.0, 3.0, norm, 2.0) for row in (0, 1)]


def test_norm_and_mean_are_of_the_whole_row(hand, run):
    found = hand.select("SELECT Norm, Mean FROM looked_layer_1_first_cells WHERE RowIndex = 0")
    whole = range(1, 12)
    norm = sum(cell * cell for cell in whole) ** 0.5
    assert found == [(pytest.approx(norm, rel=1e-15), sum(whole) / 11)]


def test_a_cell_that_was_not_finite_is_null_and_so_are_norm_and_mean(hand, run):
    with hand.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO looked_layer_3_softmax (Run, Epoch, Step, RowIndex, Gradient2, Gradient3) "
            f"VALUES ({run}, 3, 1, 0, 1.0, 2.0)"
        )
    found = hand.select(
        "SELECT Gradient1, Gradient2, Norm, Mean FROM looked_layer_3_first_cells WHERE Epoch = 3"
    )
    assert found == [(None, 1.0, None, None)]
