"""Two panels over the epochs, dense layers above and all others below, one line a layer.

Neighbouring layers of different kind have gradients of different size by construction (a sum over
the batch, per weight, against one sample's), so their lines are not drawn over one another.
"""

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from analysis.figures.layer_styles import LayerStyle, layer_styles
from analysis.figures.marks import ORDINARY, Mark, beside, outline
from analysis.figures.style import HEIGHT, ONE_PANEL, layout, whole_axis


def layer_panels(
    title: str,
    headings: tuple[str, str],
    points: pd.DataFrame,
    names: Mapping[int, str],
    marks: Mapping[str, Mark],
) -> go.Figure:
    """Draw `points`: epoch, layer, y (place on the axis), mark (key of `marks` or ORDINARY), hover.

    A special point stands apart from its layer's line, in its layer's colour, with its mark's
    symbol; points of several layers in one place stand side by side. `headings` are of the dense
    layers' panel and of the others'.
    """
    styles = layer_styles(names)
    figure, panels = open_panels(title, headings, [styles[n] for n in set(points["layer"])])
    shown: set[str] = set()
    for row, members in enumerate(panels, start=1):
        panel = pd.concat(
            _placed(points, style, place, len(members)) for place, style in enumerate(members)
        )
        for style in members:
            figure.add_trace(_line(panel[panel["layer"] == style.layer], style, marks), row, 1)
        for key, mark in marks.items():
            special = panel[panel["mark"] == key]
            if not special.empty:
                figure.add_trace(
                    outline(special["x"], special["y"], key, mark, key not in shown), row, 1
                )
                shown.add(key)
        whole_axis(figure, points["epoch"], row)
    figure.update_xaxes(title_text="epoch", row=len(panels), col=1)
    return figure


def open_panels(
    title: str, headings: tuple[str, str], styles: Sequence[LayerStyle]
) -> tuple[go.Figure, list[list[LayerStyle]]]:
    """Return an empty figure with a panel for dense layers and one for others, and their layers.

    A panel without a layer is left out.
    """
    in_order = sorted(styles, key=lambda style: style.layer)
    panels = [
        (heading, [style for style in in_order if style.dense == dense])
        for heading, dense in zip(headings, (True, False), strict=True)
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
    return figure, [members for _, members in panels]


def _placed(points: pd.DataFrame, style: LayerStyle, place: int, of: int) -> pd.DataFrame:
    """Return one layer's points with x: the epoch, or beside it for a special point."""
    own = points[points["layer"] == style.layer].sort_values("epoch")
    return own.assign(x=own["epoch"] + beside(place, of) * (own["mark"] != ORDINARY))


def _line(own: pd.DataFrame, style: LayerStyle, marks: Mapping[str, Mark]) -> go.Scatter:
    rows = _broken(own)
    return go.Scatter(
        x=[None, *(row and row.x for row in rows)],
        y=[None, *(row and row.y for row in rows)],
        text=[None, *(row and row.hover for row in rows)],
        mode="lines+markers",
        name=str(style.layer),
        legendrank=style.layer,
        line={"color": style.color, "dash": style.dash, "width": 2},
        marker={
            "symbol": [
                style.symbol,  # of a point that is nowhere: the legend shows the first symbol
                *(marks[row.mark].symbol if row and row.mark else style.symbol for row in rows),
            ],
            "size": 8,
            "color": style.color,
            "line": {"width": 1.5, "color": style.color},
        },
        hovertemplate="%{text}<extra></extra>",
    )


def _broken(own: pd.DataFrame) -> Sequence[tuple | None]:
    """Return the points in order, with None where the line stops: about each special point."""
    rows: list[tuple | None] = []
    for row in own.itertuples():
        if rows and (row.mark != ORDINARY or rows[-1].mark != ORDINARY):
            rows.append(None)
        rows.append(row)
    return rows
