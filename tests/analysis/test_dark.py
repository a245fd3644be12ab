"""Figures on a dark page can be read as on a white one."""

import plotly.graph_objects as go
import pytest

from vanishing_gradients.analysis.figures import style
from vanishing_gradients.analysis.figures.dark import CONTRAST, PAPER, contrast, darkened
from vanishing_gradients.analysis.figures.gradient_distribution import SCALE


def test_contrast_is_that_of_wcag():
    """The examples of https://webaim.org/resources/contrastchecker/: black, and #777777."""
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("color", [*style.PALETTE, style.INK, style.VANISHING[0], "rgb(68, 1, 84)"])
def test_lines_and_text_stand_out_from_the_page(color):
    figure = go.Figure(go.Scatter(x=[1], y=[1], line={"color": color}))
    (trace,) = darkened(figure)["data"]
    assert contrast(trace["line"]["color"], PAPER) >= CONTRAST - 0.05


def test_paper_ink_and_grid_are_those_of_a_dark_page():
    layout = darkened(go.Figure(layout=style.layout("a title")))["layout"]
    assert layout["paper_bgcolor"] == layout["plot_bgcolor"] == PAPER
    assert contrast(layout["font"]["color"], PAPER) >= 7
    assert layout["template"]["layout"]["xaxis"]["gridcolor"] != style.GRID


def test_a_scale_that_begins_white_begins_with_the_page():
    figure = go.Figure(go.Heatmap(z=[[0, 1]], colorscale=SCALE))
    (trace,) = darkened(figure)["data"]
    places, colors = zip(*trace["colorscale"], strict=True)
    assert places == tuple(at for at, _ in SCALE)
    assert (colors[0], colors[-1]) == (PAPER, "#FFFFFF")


def test_other_scales_stay():
    figure = go.Figure(go.Heatmap(z=[[0, 1]], colorscale="Viridis"))
    assert (
        darkened(figure)["data"][0]["colorscale"]
        == figure.to_plotly_json()["data"][0]["colorscale"]
    )
