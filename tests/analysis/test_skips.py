"""Residual connections in the diagram of a network."""

import pandas as pd
import pytest

from vanishing_gradients.analysis.figures.network_diagram import (
    SKIP,
    network_diagram,
    residual_blocks,
)

LAYERS = pd.DataFrame(
    [
        (1, "layer_1_input", "dense", "input", 784, 8),
        (2, "layer_2_sigmoid", "sigmoid", "sample", 128, 8),
        (3, "layer_3_hidden", "dense", "input", 8, 8),
        (4, "layer_4_sigmoid", "sigmoid", "sample", 128, 8),
        (5, "layer_5_projection", "projection", "input", 784, 8),
        (6, "layer_6_residual", "residual", "sample", 128, 8),
        (7, "layer_7_hidden", "dense", "input", 8, 8),
        (8, "layer_8_sigmoid", "sigmoid", "sample", 128, 8),
        (9, "layer_9_residual", "residual", "sample", 128, 8),
        (10, "layer_10_hidden", "dense", "input", 8, 4),
        (11, "layer_11_softmax", "softmax", "sample", 128, 4),
    ],
    columns=["layer", "layer_name", "kind", "row_meaning", "rows_per_step", "width"],
)


def skips(figure):
    return [trace for trace in figure.data if trace.line.color == SKIP]


@pytest.mark.parametrize(
    ("residual", "blocks"),
    [
        (None, []),
        (2, [(1, 2), (3, 4)]),  # the fifth hidden layer has none
        (5, [(1, 5)]),
        ([[1, 2], [4, 4]], [(1, 2), (4, 4)]),
    ],
)
def test_a_configuration_says_what_connections_go_around(residual, blocks):
    assert residual_blocks({"hidden_widths": [8] * 5, "residual": residual}) == blocks


def test_a_configuration_of_before_there_were_residuals_has_none():
    assert residual_blocks({"hidden_widths": [8]}) == []


def test_every_block_has_a_line_from_the_layer_before_it_to_its_last():
    lines = skips(network_diagram(LAYERS, "Skips", [(1, 2), (3, 3)]))
    pitch = max(44, 16 * 4 + 12)
    assert [(round(line.y[0] / -pitch), round(line.y[-1] / -pitch)) for line in lines] == [
        (0, 2),
        (2, 3),
    ]
    assert all(line.y[0] > line.y[-1] for line in lines)


def test_a_projected_connection_is_dotted():
    lines = skips(network_diagram(LAYERS, "Skips", [(1, 2), (3, 3)]))
    assert [line.line.dash for line in lines] == ["dot", "solid"]
    assert "projected" in lines[0].text[0]
    assert "projected" not in lines[1].text[0]


def test_the_weights_of_a_projection_are_counted():
    title = network_diagram(LAYERS, "Skips", [(1, 2)]).layout.title.text
    weights = 784 * 8 + 8 * 8 + 784 * 8 + 8 * 8 + 8 * 4
    assert f"11 layers, {weights:,} weights, 28 biases" in title


def test_lines_run_right_of_all_circles_and_left_of_the_labels():
    figure = network_diagram(LAYERS, "Skips", [(1, 2)])
    (line,) = skips(figure)
    circles = [x for trace in figure.data if trace.mode == "markers" for x in trace.x]
    assert max(circles) < max(line.x) < figure.layout.xaxis.range[1]


def test_a_network_without_skips_is_drawn_as_before():
    assert skips(network_diagram(LAYERS[LAYERS["kind"] != "residual"], "Plain")) == []
