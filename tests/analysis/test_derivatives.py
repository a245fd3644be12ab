"""The figures of the activations and of products of their derivatives."""

import math

import numpy as np
import pytest

from vanishing_gradients.analysis.figures.derivatives import (
    activations,
    derivative_products,
    saturation,
)


@pytest.fixture
def products():
    return derivative_products()


def trace(figure, start, axis="y"):
    return next(t for t in figure.data if t.name.startswith(start) and (t.yaxis or "y") == axis)


def central_differences(curve):
    x, y = np.array(curve.x), np.array(curve.y)
    return (y[2:] - y[:-2]) / (x[2:] - x[:-2])


def test_the_sigmoids_curve_is_the_sigmoid():
    curve = trace(saturation(), "sigmoid")
    assert (curve.x[0], curve.x[-1]) == (-8, 8)
    assert curve.y == pytest.approx([1 / (1 + math.exp(-x)) for x in curve.x])


@pytest.mark.parametrize(
    ("figure", "curve"), [(saturation, "sigmoid"), (activations, "activation")]
)
def test_the_sigmoids_derivative_equals_central_differences(figure, curve):
    drawn = figure()
    derivative = next(t for t in drawn.data if "derivative" in t.name)
    differences = central_differences(trace(drawn, curve))
    assert derivative.y[1:-1] == pytest.approx(differences, abs=1e-4)


def test_relus_derivative_equals_central_differences_but_at_its_corner():
    figure = activations()
    curve, derivative = trace(figure, "activation", "y2"), trace(figure, "derivative", "y2")
    slopes = {x: y for x, y in zip(derivative.x, derivative.y, strict=True) if x}
    differences = dict(zip(curve.x[1:-1], central_differences(curve), strict=True))
    assert 0 < differences.pop(0.0) < 1
    assert differences == pytest.approx({x: slopes[x] for x in differences})


def test_relus_derivative_is_a_step_without_a_line_between():
    derivative = trace(activations(), "derivative", "y2")
    step = derivative.y.index(None)
    assert (derivative.y[step - 1], derivative.y[step + 1]) == (0, 1)


def test_relu_is_zero_for_negative_x_and_x_for_positive():
    curve = trace(activations(), "activation", "y2")
    assert list(curve.y) == [max(0, x) for x in curve.x]


def test_the_shaded_regions_are_where_the_derivative_is_below_a_hundredth():
    figure = saturation()
    left, right = sorted((shape.x0, shape.x1) for shape in figure.layout.shapes)
    assert (left[0], right[1]) == pytest.approx((-8, 8))
    for edge in (left[1], right[0]):
        assert 1 / (1 + math.exp(-edge)) * 1 / (1 + math.exp(edge)) == pytest.approx(0.01)


def test_each_shaded_region_is_labelled():
    labels = [note for note in saturation().layout.annotations if "saturated" in note.text]
    assert sorted(np.sign(note.x) for note in labels) == [-1, 1]


def test_the_largest_derivative_is_marked_where_it_is():
    figure = saturation()
    mark = trace(figure, "largest")
    assert (mark.x, mark.y) == ((0,), (0.25,))
    assert max(trace(figure, "its derivative").y) == 0.25


def test_the_products_are_powers_of_the_derivative(products):
    for start, derivative in (("ReLU", 1.0), ("sigmoid at most", 0.25)):
        line = trace(products, start)
        assert list(line.x) == list(range(1, 13))
        assert line.y == pytest.approx([derivative**n for n in range(1, 13)])


@pytest.mark.parametrize("x", [2, 4])
def test_a_saturated_sigmoids_product_is_a_power_of_its_derivative_there(products, x):
    derivative = math.exp(-x) / (1 + math.exp(-x)) ** 2
    line = trace(products, f"sigmoid at x = ±{x}")
    assert line.y == pytest.approx([derivative**n for n in range(1, 13)])


def test_the_papers_example_is_marked_and_worked_out(products):
    mark = trace(products, "the paper's example")
    assert (mark.x, mark.y) == ((5,), (0.25**5,))
    assert "0.000977" in mark.name
    (note,) = products.layout.annotations
    assert (note.x, note.y) == (5, pytest.approx(math.log10(0.25**5)))


def test_the_products_axis_is_logarithmic_and_holds_every_point(products):
    axis = products.layout.yaxis
    assert axis.type == "log"
    for line in products.data:
        assert all(axis.range[0] < math.log10(y) < axis.range[1] for y in line.y)


def test_the_line_of_vanishing_is_drawn_across_the_products(products):
    assert [shape.y0 for shape in products.layout.shapes] == [1e-3]


def test_the_products_say_that_weights_are_left_out(products):
    assert "weights left out" in products.layout.title.text


@pytest.mark.parametrize("draw", [saturation, derivative_products, activations])
def test_every_curve_has_a_colour_and_a_dash_of_its_own(draw):
    curves = [t for t in draw().data if "lines" in t.mode and t.showlegend is not False]
    assert len({t.line.color for t in curves}) == len({t.line.dash for t in curves}) == len(curves)
