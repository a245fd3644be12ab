"""The figure of gradient-norm ratios."""

import math

import pytest

from vanishing_gradients.analysis.figures.over_epochs import gradient_norm_ratio

KINDS = {
    "infinite": ((1, 3), 1e6, "triangle-up"),
    "undefined": ((2, 3), 1e6, "x"),
    "no finite gradient": ((2, 1), 1e6, "hourglass"),
    "zero": ((1, 2), 1e-6, "triangle-down"),
}


@pytest.fixture
def figure(ratios, layers, thresholds, run):
    return gradient_norm_ratio(ratios, layers, thresholds, run)


def line(figure, layer):
    return next(trace for trace in figure.data if trace.name == str(layer))


def points(trace):
    """Return (x, y, symbol, hover) of every point that is drawn."""
    every = zip(trace.x, trace.y, trace.marker.symbol, trace.text, strict=True)
    return [point for point in every if point[1] is not None]


@pytest.mark.parametrize("kind", KINDS)
def test_a_special_ratio_is_drawn_at_its_place_with_its_symbol(figure, kind):
    (epoch, layer), place, symbol = KINDS[kind]
    drawn = [(y, s) for x, y, s, _ in points(line(figure, layer)) if round(x) == epoch]
    assert drawn == [(place, symbol)]


@pytest.mark.parametrize("kind", KINDS)
def test_the_legend_says_what_a_special_symbol_means_and_where_it_is_drawn(figure, kind):
    _, place, symbol = KINDS[kind]
    entries = [t for t in figure.data if t.name.startswith(kind)]
    assert [entry.showlegend for entry in entries].count(True) == 1
    power = round(math.log10(place))
    for entry in entries:
        assert entry.marker.symbol == f"{symbol}-open"
        assert f"10<sup>{power}</sup>" in entry.name.replace("\N{MINUS SIGN}", "-")
        assert set(entry.y) == {place}


def test_special_symbols_differ_from_each_other_and_from_those_of_layers(figure):
    special = {symbol for _, _, symbol in KINDS.values()}
    of_layers = {line(figure, layer).marker.symbol[0] for layer in (1, 2, 3)}
    assert len(special) == len(KINDS)
    assert not special & {symbol.removesuffix("-open") for symbol in of_layers}


def test_an_ordinary_ratio_is_drawn_where_it_is(figure):
    assert [(x, y) for x, y, s, _ in points(line(figure, 1)) if s == "circle"] == [(1, 0.25)]


def test_a_line_does_not_connect_to_a_special_point(figure):
    assert line(figure, 2).y == (None, 1e-6, None, 2e4)


def test_special_points_of_several_layers_stand_side_by_side(ratios, layers, thresholds, run):
    ratios = ratios.assign(ratio=math.nan, numerator=0.0, denominator=0.0)
    figure = gradient_norm_ratio(ratios, layers, thresholds, run)
    first = {points(line(figure, layer))[0][0] for layer in (1, 3)}
    assert len(first) == 2
    assert {round(x) for x in first} == {1}


def test_the_axes_are_logarithmic_and_hold_every_point(figure):
    for axis in figure.select_yaxes():
        assert axis.type == "log"
        assert axis.range[0] < -6
        assert axis.range[1] > 6


def test_the_thresholds_are_drawn_across_every_panel_with_their_labels(figure):
    levels = {(shape.yref, shape.y0, shape.label.text) for shape in figure.layout.shapes}
    assert levels == {
        (axis, *level)
        for axis in ("y", "y2")
        for level in ((1e-3, "vanishing ≤ 0.001"), (1e3, "exploding > 1000"))
    }


def test_the_thresholds_are_those_that_are_given(ratios, layers, thresholds, run):
    figure = gradient_norm_ratio(ratios, layers, thresholds.assign(exploding=5.0), run)
    assert {shape.y0 for shape in figure.layout.shapes} == {1e-3, 5.0}


def test_dense_layers_have_a_panel_of_their_own(figure):
    assert {layer: line(figure, layer).yaxis for layer in (1, 2, 3)} == {1: "y", 2: "y2", 3: "y"}


def test_the_title_names_the_run_and_what_it_ran_on(figure):
    title = figure.layout.title.text
    source = "run 3, seed 42, double precision, 6,400 training images"
    for part in ("steady", "mnist", source):
        assert part in title


def test_the_title_says_where_not_every_batch_was_recorded(ratios, layers, thresholds, make_run):
    run = make_run(3, "steady", record_every=5)
    figure = gradient_norm_ratio(ratios, layers, thresholds, run)
    assert "1 batch in 5" in figure.layout.title.text


def test_no_trace_is_empty(figure):
    for trace in figure.data:
        assert any(y is not None for y in trace.y), trace.name


def test_hovering_tells_the_exact_ratio_and_both_norms(figure):
    texts = {layer: [hover for *_, hover in points(line(figure, layer))] for layer in (1, 2, 3)}
    assert "ratio 0.25 (stable)" in texts[1][0]
    assert "layer_2_sigmoid: norm 2.0" in texts[1][0]
    assert "layer_1_input: norm 8.0" in texts[1][0]
    assert "infinite (x / 0)" in texts[3][0]
    assert "undefined (0 / 0)" in texts[3][1]
    assert "layer_1_input: norm NULL" in texts[1][1]


def test_the_figure_has_no_width_of_its_own(figure):
    assert figure.layout.width is None
