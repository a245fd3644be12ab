"""Shares of gradient values by order of magnitude."""

import numpy as np
import pandas as pd
import pytest

from vanishing_gradients.analysis.figures.gradient_distribution import gradient_distribution

NAMES = {1: "layer_1_input", 2: "layer_2_sigmoid"}
NAN = float("nan")


@pytest.fixture
def cells():
    """Two layers in the first epoch and the last; in the last some gradients are exactly zero."""
    rows = [
        (1, 1, -3, 30), (1, 1, -1, 10), (2, 1, -1, 5),
        (1, 5, NAN, 20), (1, 5, -3, 20), (2, 5, NAN, 5),
    ]  # fmt: skip
    return named(rows)


def named(rows, columns=("layer", "epoch", "exponent", "cells")):
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(layer_name=frame["layer"].map(NAMES))


@pytest.fixture
def figure(cells, run):
    return gradient_distribution(cells, (3, 469), run)


def of_kind(figure, kind):
    return [trace for trace in figure.data if trace.type == kind]


def test_the_first_epoch_and_the_last_have_a_map_of_all_layers(figure):
    first, last = of_kind(figure, "heatmap")
    assert list(first.x) == [-5, -4, -3, -2, -1]
    np.testing.assert_allclose(first.z, [[0, NAN, 0.75, 0, 0.25], [0, NAN, 0, 0, 1]])
    np.testing.assert_allclose(last.z, [[0.5, NAN, 0.5, 0, 0], [1, NAN, 0, 0, 0]])


def test_zeros_are_a_bar_of_their_own_left_of_all_others(figure):
    bars = of_kind(figure, "bar")
    assert [bar.name for bar in bars] == ["epoch 1", "epoch 5"]
    assert [list(bar.y) for bar in bars] == [[0, 0, 0.75, 0, 0.25], [0.5, 0, 0.5, 0, 0]]
    axis = figure.layout.xaxis3
    assert (axis.tickvals[0], axis.ticktext[0]) == (-5, "0")
    assert bars[0].text[0] == "exactly zero"


def test_the_menu_changes_the_bars_to_those_of_a_layer(figure):
    buttons = figure.layout.updatemenus[0].buttons
    assert [button.label for button in buttons] == ["Bars: layer_1_input", "Bars: layer_2_sigmoid"]
    change, traces = buttons[1].args
    assert [figure.data[trace].type for trace in traces] == ["bar", "bar"]
    assert change["y"] == [[0, 0, 0, 0, 1], [1, 0, 0, 0, 0]]


def test_ticks_stand_at_the_edges_of_columns(figure):
    axis = figure.layout.xaxis
    assert dict(zip(axis.tickvals, axis.ticktext, strict=True)) == {
        -5: "0",
        -3.5: "2<sup>\N{MINUS SIGN}3</sup>",
        -2.5: "2<sup>\N{MINUS SIGN}2</sup>",
        -1.5: "2<sup>\N{MINUS SIGN}1</sup>",
        -0.5: "2<sup>0</sup>",
    }


def test_a_column_takes_several_powers_where_they_are_many(run):
    cells = named([(1, 1, -100, 1), (1, 1, -98, 1), (1, 1, -1, 2)])
    (bars,) = of_kind(gradient_distribution(cells, (1, 1), run), "bar")
    assert bars.text[2] == "2<sup>\N{MINUS SIGN}102</sup> to 2<sup>\N{MINUS SIGN}99</sup>"
    assert list(bars.y)[2:4] == [0.25, 0.25]
    assert (len(bars.y), bars.y[-1]) == (2 + 34, 0.5)


@pytest.mark.parametrize(
    ("batches", "said"),
    [
        ((3, 469), "3 of 469 recorded batches of an epoch"),
        ((5, 5), "all 5 recorded batches"),
        ((1, 1), "the one"),
    ],
)
def test_the_title_says_how_many_batches_were_counted(cells, run, batches, said):
    assert said in gradient_distribution(cells, batches, run).layout.title.text


def test_powers_without_any_value_are_not_drawn(cells, run):
    empty = cells.assign(exponent=-18, cells=0)
    figure = gradient_distribution(pd.concat([cells, empty]), (1, 1), run)
    assert list(of_kind(figure, "heatmap")[0].x) == [-5, -4, -3, -2, -1]


def test_a_layer_without_a_finite_value_has_an_empty_row(run):
    rows = [(1, 1, -2, 4), (2, 1, -2, 0)]
    cells = named(rows)
    (only,) = of_kind(gradient_distribution(cells, (1, 1), run), "heatmap")
    np.testing.assert_array_equal(only.z, [[0, NAN, 1], [0, NAN, 0]])


def test_a_run_of_nothing_but_zeros_is_drawn(run):
    cells = named([(1, 1, NAN, 8)])
    (only,) = of_kind(gradient_distribution(cells, (1, 1), run), "bar")
    assert only.y[0] == 1


def test_steps_are_added_up(run):
    cells = named(
        [(1, 1, 1, -2, 3), (1, 1, 2, -2, 1), (1, 1, 2, -1, 4)],
        columns=["layer", "epoch", "step", "exponent", "cells"],
    )
    (bars,) = of_kind(gradient_distribution(cells, (2, 2), run), "bar")
    assert list(bars.y) == [0, 0, 0.5, 0.5]
