"""Norms and ratios as colours, and as marks if they have no colour."""

import math

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from vanishing_gradients.analysis.figures.grids import norm_grid, ratio_grid, saturated_neurons
from vanishing_gradients.analysis.figures.maps import LOOKS, log_colors, log_colors_about_one
from vanishing_gradients.analysis.figures.marks import INFINITE, NOT_FINITE, UNDEFINED, ZERO

NAN = float("nan")


@pytest.fixture
def norms(names):
    """Norms of a network of four: ordinary, exactly zero, and undefined."""
    rows = [
        (1, 1, 1e-8), (1, 2, 1e-3), (1, 3, 1e-2), (1, 4, 0.5),
        (2, 1, 0.0), (2, 2, NAN), (2, 3, 1e-4), (2, 4, 0.25),
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["epoch", "layer", "norm"])
    return frame.assign(layer_name=frame["layer"].map(names), gradient_norm=2 * frame["norm"])


def maps(figure):
    """Return the maps whose colours have a meaning, one per panel."""
    return [trace for trace in figure.data if trace.type == "heatmap" and trace.showscale is None]


def fills(figure, mark):
    return [
        trace
        for trace in figure.data
        if trace.type == "heatmap"
        and trace.showscale is False
        and trace.colorscale[0][1] == LOOKS[mark][0]
    ]


def legend(figure):
    return [trace.name for trace in figure.data if trace.name]


def test_colour_is_the_logarithm_of_the_norm(norms, layers, run):
    weights, others = maps(norm_grid(norms, layers, run))
    np.testing.assert_allclose(weights.z, [[-8, NAN], [-2, -4]])
    np.testing.assert_allclose(others.z, [[-3, NAN], [math.log10(0.5), math.log10(0.25)]])


def test_layers_with_weights_have_a_panel_and_colours_of_their_own(norms, layers, run):
    weights, others = maps(norm_grid(norms, layers, run))
    assert (weights.zmin, weights.zmax) == pytest.approx((-8, -2))
    assert (others.zmin, others.zmax) == pytest.approx((-3, math.log10(0.5)))


def test_the_first_layer_is_on_top_and_rows_are_called_by_their_layer(norms, layers, run):
    figure = norm_grid(norms, layers, run)
    for axis, layers in ((figure.layout.yaxis, ("1", "3")), (figure.layout.yaxis2, ("2", "4"))):
        assert axis.range[0] > axis.range[1]
        assert axis.ticktext == layers
        assert axis.tickvals == (0, 1)


def test_zero_and_undefined_are_no_colours_but_cells_with_signs(norms, layers, run):
    figure = norm_grid(norms, layers, run)
    (zero,), (undefined,) = fills(figure, ZERO), fills(figure, NOT_FINITE)
    np.testing.assert_array_equal(zero.z, [[NAN, 1], [NAN, NAN]])
    np.testing.assert_array_equal(undefined.z, [[NAN, 1], [NAN, NAN]])
    signs = {
        trace.marker.symbol: (trace.x, trace.y)
        for trace in figure.data
        if trace.type == "scatter" and trace.x != (None,)
    }
    assert signs == {"circle-open": ((2,), (0,)), "x": ((2,), (0,))}


def test_the_legend_says_what_has_no_colour(norms, layers, run):
    assert legend(norm_grid(norms, layers, run)) == [
        "exactly zero",
        "undefined: no finite gradient",
    ]


def test_a_run_without_zeros_has_no_legend(norms, layers, run):
    assert legend(norm_grid(norms[norms["epoch"] == 1], layers, run)) == []


def test_ticks_of_colours_are_powers_of_ten(norms, layers, run):
    bar = maps(norm_grid(norms, layers, run))[0].colorbar
    assert list(bar.tickvals) == [-8, -6, -4, -2]
    assert bar.ticktext[0] == "10<sup>\N{MINUS SIGN}8</sup>"


def test_pointing_at_a_cell_tells_the_norm_exactly(norms, layers, run):
    text = maps(norm_grid(norms, layers, run))[0].text[0][0]
    assert text.startswith("<b>layer_1_input, epoch 1</b><br>mean L2 norm of a row 1e-08")
    assert "whole gradient 2e-08" in text


def test_every_special_ratio_has_a_look_of_its_own(ratios, layers, run):
    figure = ratio_grid(ratios, layers, run)
    for mark in (ZERO, INFINITE, UNDEFINED, NOT_FINITE):
        assert len(fills(figure, mark)) == 1
    assert set(legend(figure)) == {
        "zero (0 / x)", "infinite (x / 0)", "undefined (0 / 0)", "no finite gradient",
    }  # fmt: skip


def test_the_colours_of_ratios_are_even_about_one(ratios, layers, run):
    for panel in maps(ratio_grid(ratios, layers, run)):
        assert panel.zmin == -panel.zmax


@pytest.mark.parametrize("colors", [log_colors, log_colors_about_one])
@pytest.mark.parametrize("values", [[], [0.0, NAN], [1e-3], [1e-3, 1.001e-3], [1e-300, 1e150]])
def test_any_values_have_colours_and_ticks(colors, values):
    found = colors(pd.Series(values, dtype="float64"), "title")
    assert found.low < found.high
    assert 1 <= len(found.ticks) <= 7
    assert all(found.low <= at <= found.high for at in found.ticks)


def test_a_run_of_nothing_but_zeros_is_drawn(norms, layers, run):
    figure = norm_grid(norms.assign(norm=0.0), layers, run)
    assert isinstance(figure, go.Figure)
    assert legend(figure) == ["exactly zero"]
    assert np.isnan(maps(figure)[0].z).all()


@pytest.mark.parametrize("depth", range(1, 13))
def test_a_network_of_any_number_of_activations_is_drawn(depth, run):
    """A map's height follows its layers; title and legend take 280 pixels of it."""
    layers = pd.DataFrame({"layer": range(1, depth + 1), "epoch": 1, "width": 2})
    layers = layers.assign(layer_name="layer_2_relu", saturated=0.5, saturated_neurons=1)
    neurons = layers.assign(neuron=1, cells=2)
    assert len(maps(saturated_neurons(layers, neurons, run))) == 1
