"""Figures of a network of 102 layers: a colour bar instead of an endless legend."""

import pandas as pd
import pytest

from tests.analysis.layer_rows import layers_named
from vanishing_gradients.analysis.figures.grids import norm_grid
from vanishing_gradients.analysis.figures.lines import MOST_IN_LEGEND
from vanishing_gradients.analysis.figures.over_epochs import gradient_norm_ratio, mean_gradient

DEPTH = 51


def network(depth):
    names = {}
    for place in range(depth):
        names[2 * place + 1] = f"layer_{2 * place + 1}_{'hidden' if place else 'input'}"
        names[2 * place + 2] = f"layer_{2 * place + 2}_relu"
    return names


def norms_of(names):
    frame = pd.DataFrame({"layer": list(names), "layer_name": list(names.values()), "epoch": 1})
    return frame.assign(norm=1e-3, gradient_norm=1e-3, mean=1e-6, median=0.0)


def ratios_of(names):
    frame = pd.DataFrame({"layer": list(names)[:-1], "epoch": 1, "ratio": 2.0, "class": "stable"})
    return frame.assign(next_layer=frame["layer"] + 1, numerator=2.0, denominator=1.0)


def in_legend(figure):
    return [trace.name for trace in figure.data if trace.showlegend is not False and trace.name]


def bars(figure):
    return [trace for trace in figure.data if trace.type == "scatter" and trace.marker.showscale]


@pytest.fixture
def deep():
    return network(DEPTH)


def test_a_deep_network_has_a_bar_of_colours_and_no_legend(deep, run, thresholds):
    for figure in (
        mean_gradient(norms_of(deep), layers_named(deep), run),
        gradient_norm_ratio(ratios_of(deep), layers_named(deep), thresholds, run),
    ):
        assert in_legend(figure) == []
        (bar,) = bars(figure)
        assert bar.marker.cmin == 1
        assert bar.marker.cmax >= 2 * DEPTH - 1


def test_a_network_that_a_legend_can_list_has_one(run):
    names = network(MOST_IN_LEGEND // 2)
    figure = mean_gradient(norms_of(names), layers_named(names), run)
    assert len(in_legend(figure)) == MOST_IN_LEGEND
    assert bars(figure) == []


def test_every_layer_of_a_deep_network_has_a_row_of_its_own(deep, run):
    figure = norm_grid(norms_of(deep), layers_named(deep), run)
    for axis in (figure.layout.yaxis, figure.layout.yaxis2):
        assert abs(axis.range[1] - axis.range[0]) == DEPTH
    plot = figure.layout.height - figure.layout.margin.t - figure.layout.margin.b
    assert plot / (2 * DEPTH) >= 9  # pixels


def test_labels_of_a_deep_network_do_not_overlap(deep, run):
    labels = norm_grid(norms_of(deep), layers_named(deep), run).layout.yaxis.ticktext
    assert len(labels) <= 26
    assert labels[:2] == ("1", "5")
