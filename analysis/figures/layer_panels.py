"""Two panels over the epochs, layers with weights above and all others below, one line a layer.

Neighbouring layers of different kind have gradients of different size by construction (a sum over
the batch, per weight, against one sample's), so their lines are not drawn over one another.
"""

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from vanishing_gradients.analysis.figures.bands import Look
from vanishing_gradients.analysis.figures.layer_styles import LayerStyle, layer_styles
from vanishing_gradients.analysis.figures.marked_line import marked_line, outlines
from vanishing_gradients.analysis.figures.marks import ORDINARY, Mark, beside
from vanishing_gradients.analysis.figures.style import HEIGHT, ONE_PANEL, layout, whole_axis

MOST_IN_LEGEND = 24


def layer_panels(
    title: str,
    headings: tuple[str, str],
    points: pd.DataFrame,
    names: Mapping[int, str],
    marks: Mapping[str, Mark],
) -> go.Figure:
    """Draw `points`: epoch, layer, y (place on the axis), mark (key of `marks` or ORDINARY), hover.

    A special point stands apart from its layer's line, in its layer's colour, with its mark's
    symbol; points of several layers in one place stand side by side. `headings` are of the panel of
    layers with weights and of the others'.
    """
    styles = layer_styles(names)
    drawn = [styles[n] for n in set(points["layer"])]
    figure, panels = open_panels(title, headings, drawn)
    shown: set[str] = set()
    for row, members in enumerate(panels, start=1):
        panel = pd.concat(
            _placed(points, style, place, len(members)) for place, style in enumerate(members)
        )
        for style in members:
            line = _line(panel[panel["layer"] == style.layer], style, marks)
            figure.add_trace(_thin(line) if is_deep(drawn) else line, row, 1)
        for key, trace in outlines(panel, marks, shown).items():
            figure.add_trace(trace, row, 1)
            shown.add(key)
        whole_axis(figure, points["epoch"], row)
    figure.update_xaxes(title_text="epoch", row=len(panels), col=1)
    return figure


def open_panels(
    title: str, headings: tuple[str, str], styles: Sequence[LayerStyle]
) -> tuple[go.Figure, list[list[LayerStyle]]]:
    """Return an empty figure, a panel for layers with weights and one for others, and who is where.

    A panel without a layer is left out. Of more than MOST_IN_LEGEND layers a bar of colours says
    which line is which.
    """
    in_order = sorted(styles, key=lambda style: style.layer)
    panels = [
        (heading, [style for style in in_order if style.weights == weights])
        for heading, weights in zip(headings, (True, False), strict=True)
    ]
    panels = [(heading, members) for heading, members in panels if members]
    figure = make_subplots(
        rows=len(panels),
        cols=1,
        shared_xaxes=True,
        vertical_spacing=0.08,
        subplot_titles=[heading for heading, _ in panels],
    )
    figure.update_layout(layout(title, HEIGHT if len(panels) > 1 else ONE_PANEL))
    figure.update_annotations(x=0, xanchor="left", font={"size": 13})
    figure.update_layout(legend_title={"text": "Layer", "side": "top left"})
    if is_deep(in_order):
        figure.add_trace(_depth_bar(in_order), 1, 1)
        figure.update_layout(legend_title=None)
    return figure, [members for _, members in panels]


def is_deep(styles: Sequence[LayerStyle]) -> bool:
    """Return whether these are more layers than a legend can list on a telephone."""
    return len(styles) > MOST_IN_LEGEND


def _thin(line: go.Scatter) -> go.Scatter:
    """Return a line for one among very many, told by its colour alone."""
    plain = {"width": 1.2, "dash": "solid"}
    return line.update(showlegend=False, line=plain, marker={"size": 5, "symbol": _plain(line)})


def _plain(line: go.Scatter) -> list[str]:
    """Return the symbols of a line with its own one replaced by a point."""
    own = line.marker.symbol[0]
    return ["circle" if symbol == own else symbol for symbol in line.marker.symbol]


def _depth_bar(styles: Sequence[LayerStyle]) -> go.Scatter:
    """Return a point nowhere with a bar of colours, from the first layer to the last."""
    first, last = styles[0], styles[-1]
    colors = [(0.0, first.color), (1.0, last.color)]
    if last.layer > first.layer:
        span = last.layer - first.layer
        colors = [((style.layer - first.layer) / span, style.color) for style in styles]
    return go.Scatter(
        x=[None],
        y=[None],
        mode="markers",
        showlegend=False,
        hoverinfo="skip",
        marker={
            "color": [first.layer],
            "cmin": first.layer,
            "cmax": last.layer,
            "colorscale": colors,
            "showscale": True,
            "colorbar": {
                "title": {"text": "layer", "side": "right", "font": {"size": 12}},
                "tickfont": {"size": 11},
                "thickness": 12,
                "outlinewidth": 0,
                "xpad": 6,
            },
        },
    )


def _placed(points: pd.DataFrame, style: LayerStyle, place: int, of: int) -> pd.DataFrame:
    """Return one layer's points with x: the epoch, or beside it for a special point."""
    own = points[points["layer"] == style.layer].sort_values("epoch")
    return own.assign(x=own["epoch"] + beside(place, of) * (own["mark"] != ORDINARY))


def _line(own: pd.DataFrame, style: LayerStyle, marks: Mapping[str, Mark]) -> go.Scatter:
    look = Look(str(style.layer), style.layer, style.color, style.dash, style.symbol)
    return marked_line(own, look, marks)
