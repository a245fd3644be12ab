"""The paper's tables from hand-made rows, cell by cell."""

import math

import pandas as pd
import pytest

from vanishing_gradients.analysis import paper, tables
from vanishing_gradients.analysis.tables import INFINITE, NOT_FINITE, UNDEFINED

NAN = math.nan


def ratios(*rows: tuple, layers: int = 11, epochs: int = 1) -> pd.DataFrame:
    """Return ratios of 1, all stable, except for `rows`: (epoch, layer, up, down, class)."""
    cells = {
        (epoch, layer): (1.0, 1.0, "stable")
        for epoch in range(1, epochs + 1)
        for layer in range(1, layers + 1)
    }
    cells |= {(epoch, layer): (up, down, kind) for epoch, layer, up, down, kind in rows}
    return pd.DataFrame(
        [
            (epoch, layer, layer + 1, up / down if down else NAN, kind, up, down)
            for (epoch, layer), (up, down, kind) in cells.items()
        ],
        columns=["epoch", "layer", "next_layer", "ratio", "class", "numerator", "denominator"],
    )


def cell(table: tables.PaperTable, row: int, column: int) -> tables.Cell:
    return table.rows[row][1][column]


@pytest.mark.parametrize(
    ("ratio", "up", "down", "text"),
    [
        (0.25, 1.0, 4.0, "0.25"), (0.0, 0.0, 4.0, "0"), (NAN, 1.0, 0.0, INFINITE),
        (NAN, 0.0, 0.0, UNDEFINED), (NAN, NAN, 0.0, NOT_FINITE), (NAN, 1.0, NAN, NOT_FINITE),
        (NAN, 0.0, NAN, NOT_FINITE),
    ],
)  # fmt: skip
def test_infinity_undefined_and_not_finite_are_told_apart(ratio, up, down, text):
    assert tables.ratio_text(ratio, up, down) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"), (1.0, "1"), (32368.8512, "32,368.85"), (7.31016, "7.31016"),
        (0.000786, "0.000786"), (5.50477e-07, "5.504770e-07"), (2.78949e12, "2.789490e+12"),
        (NAN, NOT_FINITE),
    ],
)  # fmt: skip
def test_a_norm_has_seven_digits(value, text):
    assert tables.norm_text(value) == text


def test_the_head_of_table_8_is_that_of_the_paper():
    table = tables.ratio_table(ratios(epochs=10), "relu_sgd")
    assert (table.number, table.head[:3], table.head[-1]) == (
        8, ("Epoch", "Layer 1", "Layer 2"), "Layer 11",
    )  # fmt: skip
    assert [name for name, _ in table.rows] == [str(epoch) for epoch in range(1, 11)]
    assert {len(row) for _, row in table.rows} == {11}


@pytest.mark.parametrize(
    ("up", "down", "agrees"),
    [(1.0, 0.0, True), (0.0, 0.0, False), (NAN, 0.0, False), (1.0, NAN, False), (1.0, 1.0, False)],
)
def test_infinity_agrees_with_infinity_alone(up, down, agrees):
    table = tables.ratio_table(ratios((1, 1, up, down, "undefined")), "relu_sgd")
    assert cell(table, 0, 0).printed == INFINITE
    assert cell(table, 0, 0).agrees is agrees


@pytest.mark.parametrize(
    ("ratio", "agrees"), [(7.31016, True), (7.34, True), (7.36, False), (-7.31016, False)]
)
def test_a_number_agrees_to_half_a_percent(ratio, agrees):
    table = tables.ratio_table(ratios((1, 5, ratio, 1.0, "stable")), "relu_sgd")
    assert cell(table, 0, 4).printed == "7.31016"
    assert cell(table, 0, 4).agrees is agrees


@pytest.mark.parametrize(("up", "agrees"), [(0.0, True), (1e-9, False), (NAN, False)])
def test_zero_agrees_with_zero_alone(up, agrees):
    table = tables.ratio_table(ratios((1, 6, up, 1.0, "vanishing")), "relu_sgd")
    assert cell(table, 0, 5).printed == "0"
    assert cell(table, 0, 5).agrees is agrees


def test_a_word_among_numbers_is_held_against_the_class():
    stable = tables.ratio_table(ratios(), "relu_sgd")
    other = tables.ratio_table(ratios((1, 7, 1e9, 1.0, "exploding")), "relu_sgd")
    assert (cell(stable, 0, 6).printed, cell(stable, 0, 6).agrees) == ("Stable", True)
    assert cell(other, 0, 6).agrees is False


def test_what_is_exact_has_all_digits():
    table = tables.ratio_table(ratios((1, 5, 1.0, 3.0, "stable")), "relu_sgd")
    assert cell(table, 0, 4).exact == "0.3333333333333333"
    assert cell(table, 0, 4).ours == "0.3333333"


def test_cells_that_agree_are_counted():
    table = tables.ratio_table(ratios((1, 1, 1.0, 0.0, "undefined")), "relu_sgd")
    assert table.agreement == (2, 11)  # layer 1, infinite, and layer 7, stable


def test_table_11_agrees_with_its_own_cells():
    rows = [
        (epoch, layer, *((1.0, 0.0, "undefined") if layer < 5 else (float(text), 1.0, "stable")))
        for epoch, row in paper.printed_cells(11).iterrows()
        for layer, text in row.items()
    ]
    table = tables.ratio_table(ratios(*rows, epochs=10), "sigmoid_sgd")
    assert (table.number, table.agreement) == (11, (110, 110))


def test_table_7_prints_classes():
    table = tables.class_table(ratios((1, 8, 5e3, 1.0, "exploding")), "relu_adam")
    assert table.number == 7
    assert cell(table, 0, 7) == tables.Cell("Exploding", "Exploding", True, "5,000", "exploding")
    assert cell(table, 0, 9).agrees is False
    assert table.agreement == (10, 11)


def test_classes_of_another_experiment_stand_alone():
    table = tables.class_table(ratios(), "relu_sgd")
    assert (table.number, table.agreement) == (0, (0, 0))


def test_table_9_has_both_norms_and_their_ratio():
    rows = ratios(
        (1, 11, 0.007416549, 5.50477e-07, "exploding"), (2, 11, 0.007416314, 0.0, "undefined"),
        epochs=2,
    )  # fmt: skip
    table = tables.last_layers_table(rows, "relu_sgd")
    assert (table.number, table.head) == (
        9, ("Epoch", "Layer 11 norm", "Layer 12 norm", "Ratio 12 over 11"),
    )  # fmt: skip
    assert [each.ours for each in table.rows[0][1]] == ["5.504770e-07", "0.007416549", "13,472.95"]
    assert [each.ours for each in table.rows[1][1]] == ["0", "0.007416314", INFINITE]
    assert table.agreement == (6, 6)


@pytest.mark.parametrize(("up", "down"), [(0.0, 0.0), (NAN, 0.0), (1.0, NAN)])
def test_table_9s_infinity_is_not_agreed_with_by_what_is_undefined(up, down):
    rows = ratios((2, 11, up, down, "undefined"), epochs=2)
    assert cell(tables.last_layers_table(rows, "relu_sgd"), 1, 2).agrees is False


def test_table_12_has_layers_down_and_the_papers_reading():
    rows = ratios((1, 9, 32368.85, 1.0, "exploding"), (2, 9, 1.0, 1.0, "stable"), epochs=2)
    table = tables.first_epoch_table(rows, "relu_sgd")
    assert (table.number, table.head) == (12, ("Layer", "Ratio in epoch 1", "Reading"))
    name, (ratio, reading) = table.rows[8]
    assert (name, ratio.ours, ratio.printed, ratio.agrees) == (
        "Layer 9", "32,368.85", "32,368", True,
    )  # fmt: skip
    assert (reading.ours, reading.printed) == ("Exploding", "Severe gradient explosion")


def test_layers_that_table_12_leaves_out_have_nothing_beside_them():
    table = tables.first_epoch_table(ratios(), "relu_sgd")
    assert cell(table, 6, 0).agrees is None


@pytest.mark.parametrize(
    ("make", "experiment"),
    [
        (tables.ratio_table, "sigmoid_sgd"), (tables.class_table, "relu_adam"),
        (tables.last_layers_table, "relu_sgd"), (tables.first_epoch_table, "relu_sgd"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("layers", [3, 13])
def test_a_network_of_another_depth_is_not_held_against_the_paper(make, experiment, layers):
    table = make(ratios(layers=layers), experiment)
    assert (table.number, table.agreement) == (0, (0, 0))
    assert {each.printed for _, row in table.rows for each in row} == {""}


def test_an_experiment_of_ones_own_has_a_table_of_no_number():
    table = tables.ratio_table(ratios(), "mine")
    assert (table.number, table.title, table.agreement) == (0, "Gradient norm ratio", (0, 0))


def test_epochs_beyond_the_papers_have_nothing_beside_them():
    table = tables.ratio_table(ratios(epochs=11), "relu_sgd")
    assert {each.agrees for each in table.rows[10][1]} == {None}


def test_a_cell_that_is_missing_is_empty():
    rows = ratios(epochs=2)
    table = tables.ratio_table(rows[(rows["epoch"] == 1) | (rows["layer"] > 1)], "relu_sgd")
    assert cell(table, 1, 0) == tables.Cell("")
