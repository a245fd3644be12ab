"""The diagram of a network, from the rows of its layers."""

from itertools import pairwise

import pandas as pd
import pytest

from vanishing_gradients.analysis.figures.network_diagram import network_diagram


def network(inputs, widths, activation="sigmoid"):
    """Return the rows of `layers` of dense layers of `widths`, each with its activation."""
    rows = []
    for place, width in enumerate(widths):
        number = len(rows) + 1
        kind = "softmax" if place == len(widths) - 1 else activation
        role = "hidden" if place else "input"
        rows += [
            (number, f"layer_{number}_{role}", "dense", "input", inputs, width),
            (number + 1, f"layer_{number + 1}_{kind}", kind, "sample", 128, width),
        ]
        inputs = width
    columns = ["layer", "layer_name", "kind", "row_meaning", "rows_per_step", "width"]
    return pd.DataFrame(rows, columns=columns)


@pytest.fixture
def layers():
    """The layers of the paper's network."""
    return network(784, [128, 128, 64, 32, 16, 10])


@pytest.fixture
def figure(layers):
    return network_diagram(layers, "Network of <b>steady</b>")


def columns(figure):
    """Return the traces of circles, input first."""
    return [trace for trace in figure.data if trace.mode == "markers" and trace.text]


def texts(figure):
    return [text for trace in figure.data if trace.mode == "text" for text in trace.text]


def connections(figure):
    return next(trace for trace in figure.data if trace.mode == "lines")


def test_the_inputs_and_every_dense_layer_have_a_column(figure):
    assert [set(trace.x) for trace in columns(figure)] == [{number} for number in range(7)]


def test_a_wide_layer_shows_nine_circles_and_three_dots(figure):
    assert [len(trace.x) for trace in columns(figure)] == [9] * 6 + [10]
    dots = next(trace for trace in figure.data if trace.mode == "markers" and not trace.text)
    assert sorted(dots.x) == sorted(3 * list(range(6)))


def test_a_narrow_layer_shows_every_neuron_and_no_dots():
    figure = network_diagram(network(2, [3, 1]), "Small")
    assert [len(trace.x) for trace in columns(figure)] == [2, 3, 1]
    assert [trace for trace in figure.data if trace.mode == "markers" and not trace.text] == []


def test_every_circle_is_joined_with_every_circle_of_the_next_column():
    figure = network_diagram(network(2, [3, 1]), "Small")
    lines = connections(figure)
    joined = set(zip(lines.x[::3], lines.y[::3], lines.x[1::3], lines.y[1::3], strict=True))
    left, middle, right = [list(zip(t.x, t.y, strict=True)) for t in columns(figure)]
    expected = {(*a, *b) for a in left for b in middle} | {(*a, *b) for a in middle for b in right}
    assert joined == expected
    assert set(lines.x[2::3]) == {None}


def test_a_dense_layer_is_numbered_above_its_column_and_its_activation_below(figure):
    written = texts(figure)
    for number in (1, 3, 5, 7, 9, 11):
        assert f"<b>{number}</b><br>dense" in written
    for number in (2, 4, 6, 8, 10):
        assert f"<b>{number}</b><br>sigmoid" in written
    assert "<b>12</b><br>softmax" in written


def test_widths_and_numbers_of_weights_are_written(figure):
    written = texts(figure)
    assert [text for text in written if "<br>" not in text] == [
        *("784", "128", "128", "64", "32", "16", "10"),
        *("100,352", "16,384", "8,192", "2,048", "512", "160"),
        "",  # the inputs have no activation
    ]


def test_the_title_tells_all_weights_and_biases(figure):
    title = figure.layout.title.text
    assert title.startswith("Network of <b>steady</b>")
    assert "12 layers, 127,648 weights, 378 biases" in title


def test_hovering_tells_name_inputs_neurons_and_weights(figure):
    assert columns(figure)[2].text[0] == (
        "<b>layer_3_hidden</b><br>128 inputs, 128 neurons<br>16,384 weights, 128 biases"
        "<br>then layer_4_sigmoid"
    )
    assert columns(figure)[0].text[0] == "<b>784 inputs</b> of layer_1_input"


def test_the_order_of_the_rows_does_not_matter(layers, figure):
    assert network_diagram(layers[::-1], "Network of <b>steady</b>") == figure


@pytest.mark.parametrize("depth", [7, 20, 50])
def test_a_deep_network_is_drawn_downwards_with_room_for_every_label(depth):
    figure = network_diagram(network(784, [64] * (depth - 1) + [10], "relu"), "Deep")
    ys = [set(trace.y) for trace in columns(figure)]
    assert all(len(each) == 1 for each in ys)
    heights = [each.pop() for each in ys]
    assert heights == sorted(heights, reverse=True)
    bottom, top = figure.layout.yaxis.range
    plot = figure.layout.height - figure.layout.margin.t - figure.layout.margin.b
    assert top - bottom == pytest.approx(plot, abs=1)  # so that y is in pixels
    assert min(a - b for a, b in pairwise(heights)) >= 2 * 2 * 11


def test_a_deep_network_has_every_layer_named(layers):
    figure = network_diagram(network(784, [64] * 49 + [10], "relu"), "Deep")
    assert "<b>99</b> dense<br><b>100</b> softmax" in texts(figure)
    assert texts(figure).count("4,096 weights") == 48


def test_names_too_long_for_a_column_are_written_beside_rows():
    layers = network(4, [3, 2], "batch_normalization")
    figure = network_diagram(layers, "Normalized")
    assert "<b>1</b> dense<br><b>2</b> batch normalization" in texts(figure)
    assert figure.layout.margin.l > 100


def test_layers_between_dense_ones_are_all_named():
    layers = network(4, [3, 2])
    extra = pd.DataFrame(
        [(5, "layer_5_dropout", "dropout", "sample", 128, 2)], columns=layers.columns
    )
    figure = network_diagram(pd.concat([layers, extra]), "Three kinds")
    assert "<b>4</b><br>softmax<br><b>5</b><br>dropout" in texts(figure)


def test_one_of_a_thing_is_said_in_the_singular():
    figure = network_diagram(network(1, [1]), "Smallest")
    assert "2 layers, 1 weight, 1 bias" in figure.layout.title.text
    assert "1 input, 1 neuron<br>1 weight, 1 bias" in columns(figure)[1].text[0]


def test_a_network_without_a_dense_layer_is_refused(layers):
    with pytest.raises(ValueError, match="dense"):
        network_diagram(layers[layers["kind"] != "dense"], "None")


def test_the_figure_has_no_width_of_its_own(figure):
    assert figure.layout.width is None
