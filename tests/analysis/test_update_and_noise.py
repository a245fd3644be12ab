"""Update ratios, and noise between batches, by layer and epoch."""

import math

import pandas as pd
import pytest

from vanishing_gradients.analysis.figures.over_epochs import noise_scale, update_ratio
from vanishing_gradients.analysis.figures.style import log_panel

NAN = float("nan")


@pytest.fixture
def updates(names):
    """Two layers: an ordinary step, one of zero; and one that is not finite."""
    rows = [(1, 1, 1e-4, 0.0), (1, 3, 2e-2, 0.25), (2, 1, 0.0, 0.0), (2, 3, NAN, NAN)]
    frame = pd.DataFrame(rows, columns=["epoch", "layer", "ratio", "clipped"])
    return frame.assign(
        layer_name=frame["layer"].map(names), weight_norm=2.0, update_norm=2 * frame["ratio"],
        gradient_norm=5.0, clipped_norm=1.0,
    )  # fmt: skip


@pytest.fixture
def scales(names):
    """Two layers: an ordinary noise scale, no estimate, and no finite gradient."""
    rows = [(1, 1, 400.0, 3.0), (1, 3, NAN, 3.0), (2, 1, 0.0, 3.0), (2, 3, NAN, NAN)]
    frame = pd.DataFrame(rows, columns=["epoch", "layer", "noise_scale", "mean_square"])
    return frame.assign(layer_name=frame["layer"].map(names), square_of_mean=1.0, steps=50)


def lines(figure):
    return {trace.name: trace for trace in figure.data if trace.mode == "lines+markers"}


def legend(figure):
    return {trace.name for trace in figure.data if trace.showlegend and trace.mode == "markers"}


def test_each_layer_with_weights_has_a_line(updates, layers, run):
    found = lines(update_ratio(updates, layers, run))
    assert list(found) == ["1", "3"]
    assert found["1"].y[1] == 1e-4


def test_a_step_of_zero_is_at_the_bottom_and_one_without_a_ratio_at_the_top(updates, layers, run):
    figure = update_ratio(updates, layers, run)
    assert lines(figure)["1"].y[-1] == 1e-5
    assert lines(figure)["3"].y[-1] == 1.0
    assert legend(figure) == {
        "zero: no step at all, at the bottom",
        "not finite, or x / 0: at the top",
    }
    low, high = figure.layout.yaxis.range
    assert low < -5
    assert high > 0


def test_the_usual_guide_is_a_line(updates, layers, run):
    (guide,) = update_ratio(updates, layers, run).layout.shapes
    assert (guide.y0, guide.label.text) == (1e-3, "usual guide: 0.001")


def test_pointing_at_a_point_tells_of_clipping_where_there_was_some(updates, layers, run):
    found = lines(update_ratio(updates, layers, run))
    assert "clipped to 1.0, in 25.0% of steps" in found["3"].text[1]
    assert "clipped" not in found["1"].text[1]


def test_the_batch_size_is_a_line_among_noise_scales(scales, layers, run):
    figure = noise_scale(scales, layers, 128, run)
    (line,) = figure.layout.shapes
    assert (line.y0, line.label.text) == (128, "batch size 128")
    assert lines(figure)["1"].y[1] == 400.0


def test_what_has_no_noise_scale_is_marked_by_why(scales, layers, run):
    figure = noise_scale(scales, layers, 128, run)
    assert legend(figure) == {
        "zero or below: no noise, at the bottom",
        "no estimate: noise, or zeros; at the top",
        "no finite gradient, at the top",
    }


@pytest.mark.parametrize(
    ("values", "bottom", "top"),
    [
        ([2e-3, 5.0], 1e-3, 10.0),
        ([2e-3, 0.0], 1e-4, 1e-2),
        ([2e-3, NAN], 1e-3, 1e-1),
        ([2e-3, math.inf], 1e-3, 1e-1),
        ([0.0], 1e-2, 10.0),
        ([], 1e-1, 10.0),
    ],
)
def test_an_axis_keeps_a_decade_free_for_what_has_no_place(values, bottom, top):
    axis = log_panel(pd.Series(values, dtype="float64"))
    assert (axis.bottom, axis.top) == pytest.approx((bottom, top))
