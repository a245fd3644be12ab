"""The paper's printed numbers, against cells typed from it by hand."""

import math

import pytest

from vanishing_gradients.analysis import paper

CONSTANTS = {
    6: (math.sqrt(96 / 64), "1.224744871"),
    8: (math.sqrt(112 / 96), "1.08012345"),
    10: (math.sqrt(118 / 112), "1.026436276"),
}


@pytest.mark.parametrize(
    ("table", "epoch", "layer", "text"),
    [
        (7, 1, 9, "stable"), (7, 2, 9, "vanishing"), (7, 10, 8, "exploding"), (7, 1, 1, "stable"),
        (7, 10, 10, "exploding"), (7, 10, 11, "stable"),
        (8, 1, 1, "inf"), (8, 1, 5, "7.31016"), (8, 1, 6, "0"), (8, 1, 7, "stable"),
        (8, 1, 8, "0.000786"), (8, 1, 9, "32368.85"), (8, 1, 10, "0.127616"),
        (8, 1, 11, "13472.95"), (8, 2, 7, "inf"), (8, 10, 11, "inf"),
        (10, 1, 1, "0.004914894"), (10, 1, 2, "860.8627154"), (10, 5, 3, "0.157702335"),
        (10, 10, 1, "0.032564155"), (10, 10, 3, "0.211539078"), (10, 3, 11, "1"),
        (11, 1, 1, "inf"), (11, 10, 4, "inf"), (11, 7, 5, "1"), (11, 4, 6, "1.224744871"),
    ],
)  # fmt: skip
def test_a_cell_is_as_printed(table, epoch, layer, text):
    assert paper.printed_cells(table).loc[epoch, layer] == text


@pytest.mark.parametrize(
    ("epoch", "printed"), [(1, 2789491251041.32), (2, 40865315077.87), (10, 2796188183.10)]
)
def test_the_trillions_of_layer_4_are_as_printed(epoch, printed):
    assert paper.printed_ratios(10).loc[epoch, 4] == printed


@pytest.mark.parametrize("table", [7, 8, 10, 11])
def test_a_table_has_ten_epochs_and_eleven_layers(table):
    cells = paper.printed_cells(table)
    assert list(cells.index) == list(range(1, 11))
    assert list(cells.columns) == list(range(1, 12))
    assert cells.notna().all(axis=None)


@pytest.mark.parametrize(
    ("epoch", "row"),
    [
        (1, [5.50477e-07, 0.007416549, 13472.949823516696]),
        (2, [0.0, 0.007416314, math.inf]),
        (4, [0.0, 0.00741604, math.inf]),
        (10, [0.0, 0.007415816, math.inf]),
    ],
)
def test_table_9_is_as_printed(epoch, row):
    assert paper.printed_norms().loc[epoch].tolist() == row


def test_table_9s_ratio_is_that_of_its_norms():
    first = paper.printed_norms().loc[1]
    assert first["layer_12_norm"] / first["layer_11_norm"] == pytest.approx(
        first["ratio_12_11"], rel=1e-6
    )


@pytest.mark.parametrize("table", [10, 11])
@pytest.mark.parametrize("layer", CONSTANTS)
def test_the_constants_are_roots_of_unused_columns(table, layer):
    """sqrt((128 - width above) / (128 - width)), to every digit that is printed."""
    value, text = CONSTANTS[layer]
    assert set(paper.printed_cells(table)[layer]) == {text}
    assert f"{value:.9f}".rstrip("0") == text


@pytest.mark.parametrize("table", [10, 11])
@pytest.mark.parametrize("layer", [5, 7, 9, 11])
def test_the_ratios_of_neighbours_that_are_as_wide_are_one(table, layer):
    assert set(paper.printed_ratios(table)[layer]) == {1.0}
    assert paper.WIDTHS[layer] == paper.WIDTHS[layer - 1]


@pytest.mark.parametrize(
    ("experiment", "row"),
    [
        ("relu_adam", [0.563, 0.801, 1.064, 0.617]),
        ("relu_sgd", [0.1, 0.1, 2.303, 2.305]),
        ("sigmoid_adam", [0.1, 0.199, 2.240, 1.723]),
        ("sigmoid_sgd", [0.1, 0.1, 2.303, 2.304]),
    ],
)
def test_accuracies_and_losses_are_as_in_the_text(experiment, row):
    columns = ["accuracy_first", "accuracy_last", "loss_first", "loss_last"]
    assert sorted(paper.printed_curves().loc[experiment, columns]) == sorted(row)


def test_table_12_repeats_table_8():
    for layer, (text, _) in paper.printed_divergence().items():
        assert float(text.replace(",", "")) == pytest.approx(
            paper.printed_ratios(8).loc[1, layer], rel=0.01
        )


def test_a_word_is_no_number():
    assert math.isnan(paper.printed_ratios(8).loc[1, 7])
    assert paper.printed_ratios(8).loc[1, 1] == math.inf


def test_the_widths_are_those_of_figure_7():
    assert paper.WIDTHS == (128, 128, 128, 128, 64, 64, 32, 32, 16, 16, 10, 10)
    assert len(paper.WIDTHS) == paper.LAYERS
