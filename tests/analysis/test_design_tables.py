"""The paper's Tables 1 to 6 beside runs made by hand."""

import copy

import pandas as pd
import pytest

from vanishing_gradients.analysis import design_tables
from vanishing_gradients.analysis.design_tables import SEVERAL

SGD = {
    "optimizer": {"kind": "sgd", "learning_rate": 1.0, "decay": 0.001, "momentum": 0.0},
    "penalties": {"weight_l1": 0.0, "weight_l2": 0.0, "bias_l1": 0.0, "bias_l2": 0.0},
    "initial_weight_scale": 0.01, "batch_size": 128, "epochs": 10,
}  # fmt: skip
ADAM = SGD | {
    "optimizer": {"kind": "adam", "learning_rate": 0.001, "decay": 0.001, "epsilon": 1e-7,
                  "beta_1": 0.9, "beta_2": 0.999},
}  # fmt: skip
WIDTHS = (128, 128, 64, 32, 16, 10)


@pytest.fixture
def layers():
    """The rows of layer_sizes of the paper's network with sigmoids."""
    inputs = (784, *WIDTHS)
    rows = []
    for place, width in enumerate(WIDTHS):
        after = "softmax" if place == len(WIDTHS) - 1 else "sigmoid"
        rows += [("dense", inputs[place], width), (after, 128, width)]
    frame = pd.DataFrame(rows, columns=["kind", "rows_per_step", "width"])
    return frame.assign(layer=range(1, len(rows) + 1))


def changed(config, *place, value):
    """Return a copy of a configuration with another value somewhere."""
    found = copy.deepcopy(config)
    inner = found
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return found


def texts(table, row):
    return [cell.ours for cell in table.rows[row][1]]


def test_only_the_number_of_inputs_differs_from_the_papers_network(layers):
    table = design_tables.network_table(1, layers, SGD)
    differing = [
        (name, head)
        for name, cells in table.rows
        for head, cell in zip(table.head[1:], cells, strict=True)
        if not cell.agrees
    ]
    assert differing == [("Input Layer", "Number of Neurons")]
    assert texts(table, 0) == ["Input", "784", "-", "-"]
    assert texts(table, 6) == ["Dense", "10", "SoftMax", "SGD"]


def test_another_activation_and_optimizer_differ(layers):
    table = design_tables.network_table(4, layers, SGD)  # of ReLU and Adam
    assert [cell.agrees for cell in table.rows[1][1]] == [True, True, False, False]


def test_the_papers_settings_agree():
    table = design_tables.settings_table([SGD, ADAM])
    assert table.agreement == (12, 12)  # "Random" is no number
    assert texts(table, 3) == ["0.01 \N{MULTIPLICATION SIGN} normal"]


@pytest.mark.parametrize(
    ("row", "place", "value"),
    [(1, ("optimizer", "learning_rate"), 0.5), (4, ("batch_size",), 64),
     (12, ("penalties", "bias_l2"), 0.1)],
)  # fmt: skip
def test_a_setting_that_is_not_the_papers_differs(row, place, value):
    table = design_tables.settings_table([changed(SGD, *place, value=value)])
    (cell,) = table.rows[row][1]
    assert (cell.ours, cell.agrees) == (f"{value:g}", False)


def test_runs_with_several_values_of_a_setting_are_said_to_differ():
    table = design_tables.settings_table([SGD, changed(ADAM, "batch_size", value=64)])
    assert texts(table, 4) == [SEVERAL]


def test_without_runs_with_adam_its_settings_are_empty():
    table = design_tables.settings_table([SGD])
    (cell,) = table.rows[8][1]
    assert (cell.ours, cell.agrees, cell.printed) == ("", None, "0.9")


def test_ratios_are_counted_by_the_lines_of_table_6():
    ratios = pd.DataFrame(
        [(1, 0.5, "stable"), (1, 50.0, "exploding"), (1, 1e-4, "vanishing"), (2, 2.0, "stable"),
         (2, float("nan"), "undefined")],
        columns=["epoch", "ratio", "class_table_6"],
    )  # fmt: skip
    table = design_tables.readings_table({"one": ratios})
    assert [row[-1].ours for _, row in table.rows] == [
        "1 of 5", "1 of 5", "2 of 5", "\N{MULTIPLICATION SIGN} 2.5e+05",
    ]  # fmt: skip
