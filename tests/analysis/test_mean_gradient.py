"""The figure of mean gradients."""

import math

import pytest

from vanishing_gradients.analysis.figures.over_epochs import mean_gradient
from vanishing_gradients.analysis.figures.symmetric_log import SymmetricLog


@pytest.fixture
def figure(norms, layers, run):
    return mean_gradient(norms, layers, run)


def drawn(figure, layer):
    """Return (y, symbol, hover) of a layer's points."""
    trace = next(trace for trace in figure.data if trace.name == str(layer))
    every = zip(trace.y, trace.marker.symbol, trace.text, strict=True)
    return [point for point in every if point[0] is not None]


def test_a_mean_lies_where_the_scale_puts_it(figure, norms):
    scale = SymmetricLog.fitting(norms["mean"], 1e-3)
    expected = scale.position(norms["mean"])[norms["layer"] == 1].tolist()
    assert [y for y, *_ in drawn(figure, 1)] == expected
    assert expected[0] > 0 > expected[1]


def test_the_axis_shows_every_mean(figure, norms):
    for axis in figure.select_yaxes():
        for trace in figure.data:
            assert all(axis.range[0] < y < axis.range[1] for y in trace.y if y is not None)


def test_the_vanishing_region_is_bounded_on_both_sides_in_every_panel(figure, norms):
    scale = SymmetricLog.fitting(norms["mean"], 1e-3)
    line = 1 + math.log10(1e-3 / scale.unit)
    levels = [(shape.yref, shape.y0) for shape in figure.layout.shapes]
    assert levels == [(a, pytest.approx(y)) for y in (line, -line) for a in ("y", "y2")]


def test_a_mean_of_exactly_zero_is_marked_as_such(figure):
    assert [(y, symbol) for y, symbol, _ in drawn(figure, 3)] == [(0, "circle"), (0, "circle")]
    assert [t.name for t in figure.data if t.showlegend and "zero" in t.name] == ["exactly zero"]


def test_a_mean_of_no_finite_gradient_is_marked_and_not_zero(figure):
    y, symbol, hover = drawn(figure, 2)[1]
    assert symbol == "hourglass"
    assert y > max(point for point, *_ in drawn(figure, 4))
    assert "mean gradient NULL" in hover


def test_hovering_tells_the_exact_mean(figure):
    assert "mean gradient 2.5e-07" in drawn(figure, 1)[0][2]


def test_the_title_names_the_run_and_what_it_ran_on(figure):
    source = "run 3, seed 42, double precision, 6,400 training images"
    for part in ("steady", "mnist", source):
        assert part in figure.layout.title.text


def test_no_trace_is_empty(figure):
    for trace in figure.data:
        assert any(y is not None for y in trace.y), trace.name


def test_a_run_that_never_had_a_finite_gradient_is_drawn_too(norms, layers, run):
    figure = mean_gradient(norms.assign(mean=math.nan), layers, run)
    assert {symbol for layer in (1, 2, 3, 4) for _, symbol, _ in drawn(figure, layer)} == {
        "hourglass"
    }


def test_layers_that_are_asked_for_are_drawn_alone(norms, layers, run):
    figure = mean_gradient(norms, layers, run, only=(1, 4))
    assert {t.name for t in figure.data if t.showlegend is not False} == {"1", "4"}
    assert "Mean gradient of layers 1 and 4" in figure.layout.title.text


def test_a_layer_alone_has_one_panel_and_is_named_in_the_title(norms, layers, run):
    figure = mean_gradient(norms, layers, run, only=(3,))
    assert len(list(figure.select_yaxes())) == 1
    assert "Mean gradient of layer_3_hidden" in figure.layout.title.text


def test_a_layer_alone_looks_as_it_does_among_all_others(norms, layers, run, figure):
    alone = next(t for t in mean_gradient(norms, layers, run, only=(4,)).data if t.name == "4")
    among = next(t for t in figure.data if t.name == "4")
    assert (alone.line, alone.marker.symbol) == (among.line, among.marker.symbol)


def test_a_layer_alone_has_a_scale_of_its_own(norms, layers, run):
    scale = SymmetricLog.fitting(norms.loc[norms["layer"] == 4, "mean"], 1e-3)
    figure = mean_gradient(norms, layers, run, only=(4,))
    assert [y for y, *_ in drawn(figure, 4)] == scale.position(
        norms.loc[norms["layer"] == 4, "mean"]
    ).tolist()


@pytest.mark.parametrize("only", [(), (3, 9)])
def test_layers_that_the_run_has_not_are_refused(norms, layers, run, only):
    with pytest.raises(ValueError, match="not some of"):
        mean_gradient(norms, layers, run, only=only)
