"""Colours on white can be distinguished with every kind of colour vision."""

import itertools

import numpy as np
import pytest
from plotly.colors import hex_to_rgb, unlabel_rgb

from tests.analysis.layer_rows import layers_named
from vanishing_gradients.analysis.figures.marks import is_dense, layer_looks
from vanishing_gradients.analysis.figures.style import INK, PALETTE

# Linear RGB as seen without one kind of cone: Machado, Oliveira and Fernandes, 2009,
# https://doi.org/10.1109/TVCG.2009.113, severity 1.
SIGHT = {
    "every cone": np.eye(3),
    "no red cones": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "no green cones": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "no blue cones": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
WHITE = TO_XYZ @ np.ones(3)

# The paper's network.
KINDS = ["dense", "sigmoid"] * 5 + ["dense", "softmax"]
NAMES = {n: f"layer_{n}_{'hidden' if kind == 'dense' else kind}" for n, kind in enumerate(KINDS, 1)}
LAYERS = layers_named(NAMES)


def linear(rgb) -> np.ndarray:
    """Return the linear light of an sRGB colour, 0 to 255 each, as fractions."""
    part = np.array(rgb) / 255
    return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)


def lab(light: np.ndarray) -> np.ndarray:
    """Return CIE 1976 lightness and opponent colours, in which distance is perceived difference."""
    part = TO_XYZ @ light / WHITE
    root = np.where(part > 0.008856, np.cbrt(part), 7.787 * part + 16 / 116)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


def smallest_difference(colors, sight: np.ndarray) -> float:
    seen = [lab(np.clip(sight @ linear(color), 0, 1)) for color in colors]
    return min(np.linalg.norm(one - other) for one, other in itertools.combinations(seen, 2))


def contrast_with_white(color) -> float:
    return 1.05 / (TO_XYZ[1] @ linear(color) + 0.05)


@pytest.mark.parametrize("sight", SIGHT)
def test_experiments_differ_in_colour_to_every_eye(sight):
    assert smallest_difference([hex_to_rgb(color) for color in PALETTE], SIGHT[sight]) > 15


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("weights", [True, False])
def test_the_layers_of_a_panel_differ_in_colour_to_every_eye(sight, weights):
    styles = [style for style in layer_looks(LAYERS).values() if style.weights == weights]
    assert smallest_difference([unlabel_rgb(s.color) for s in styles], SIGHT[sight]) > 10


def test_the_layers_of_a_panel_differ_in_marker_and_dash_too():
    for weights in (True, False):
        styles = [style for style in layer_looks(LAYERS).values() if style.weights == weights]
        assert len({style.symbol for style in styles}) == len(styles) == 6
        assert len({style.dash for style in styles}) == 6


def test_no_two_layers_of_the_network_look_alike():
    styles = layer_looks(LAYERS).values()
    assert len({(style.color, style.symbol) for style in styles}) == 12
    assert len({style.color for style in styles}) == 12


def test_lines_stand_out_from_white():
    for color in PALETTE:
        assert contrast_with_white(hex_to_rgb(color)) > 2
    for style in layer_looks(LAYERS).values():
        assert contrast_with_white(unlabel_rgb(style.color)) > 1.6


def test_text_is_dark_enough_to_read():
    assert contrast_with_white(hex_to_rgb(INK)) > 7


def test_dense_layers_and_projections_alone_have_weights():
    names = {
        1: "layer_1_input",
        2: "layer_2_batch_normalization",
        3: "layer_3_relu",
        4: "layer_4_dropout",
    }
    names |= {5: "layer_5_hidden", 6: "layer_6_layer_normalization", 7: "layer_7_prelu"}
    names |= {8: "layer_8_projection", 9: "layer_9_residual", 10: "layer_10_softmax"}
    layers = layers_named(names)
    styles = layer_looks(layers).values()
    assert [style.rank for style in styles if style.weights] == [1, 5, 8]
    assert layers.loc[is_dense(layers), "layer"].tolist() == [1, 5]


def test_a_network_of_one_layer_has_a_style():
    assert layer_looks(layers_named({1: "layer_1_input"}))[1].weights
