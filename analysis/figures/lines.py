"""Lines over the epochs, which stop at special values, that stand apart with symbols of their own.

A line a layer is drawn in two panels, layers with weights above and all others below: neighbouring
layers of different kind have gradients of different size by construction (a sum over the batch, per
weight, against one sample's), so their lines are not drawn over one another.
"""

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go

from vanishing_gradients.analysis.figures.marks import (
    ORDINARY,
    LayerLook,
    Look,
    Mark,
    beside,
    layer_looks,
    numbered_look,
    outline,
)
from vanishing_gradients.analysis.figures.style import INK, stacked, title_of_run, whole_axis
from vanishing_gradients.analysis.runs import Run
from vanishing_gradients.analysis.words import NOT_FINITE, exact, plural

MOST_IN_LEGEND = 24
MOST_NAMED = 6  # epochs


def line_per_layer(
    what: str,
    run: Run,
    rows: pd.DataFrame,
    names: Mapping[int, str],
    places: pd.Series,
    marks: tuple[pd.Series, Mapping[str, Mark]],
    hovers: Sequence[str],
    headings: tuple[str, str] = ("", ""),
) -> go.Figure:
    """Draw a line a layer over the epochs of a run.

    `rows` has layer and epoch, `names` number -> name of all layers of the network, by which a
    layer alone looks as it does among the others. `places` has each row's place on the axis. A
    special point stands apart from its layer's line, in its layer's colour, with its mark's symbol;
    points of several layers in one place stand side by side. `marks` has each row's mark (ORDINARY
    for none), and what marks there are. `headings` are of the panel of layers with weights and of
    the others'.
    """
    of_rows, meanings = marks
    points = rows[["epoch", "layer"]].assign(y=places, mark=of_rows, hover=hovers)
    looks = layer_looks(names)
    drawn = [looks[n] for n in set(points["layer"])]
    figure, panels = open_panels(title_of_run(what, run, of_gradients=True), headings, drawn)
    shown: set[str] = set()
    for row, members in enumerate(panels, start=1):
        panel = pd.concat(
            _placed(points, look, place, len(members)) for place, look in enumerate(members)
        )
        for look in members:
            line = marked_line(panel[panel["layer"] == look.layer], look, meanings)
            figure.add_trace(_thin(line) if is_deep(drawn) else line, row, 1)
        add_outlines(figure, row, panel, meanings, shown)
        whole_axis(figure, points["epoch"], row)
    return figure.update_xaxes(title_text="epoch", row=len(panels), col=1)


def open_panels(
    title: str, headings: tuple[str, str], looks: Sequence[LayerLook]
) -> tuple[go.Figure, list[list[LayerLook]]]:
    """Return an empty figure, a panel for layers with weights and one for others, and who is where.

    A panel without a layer is left out. Of more than MOST_IN_LEGEND layers a bar of colours says
    which line is which.
    """
    in_order = sorted(looks, key=lambda look: look.layer)
    panels = [
        (heading, [look for look in in_order if look.weights == weights])
        for heading, weights in zip(headings, (True, False), strict=True)
    ]
    panels = [(heading, members) for heading, members in panels if members]
    figure = stacked(title, [heading for heading, _ in panels], 0.08)
    figure.update_layout(legend_title={"text": "Layer", "side": "top left"})
    if is_deep(in_order):
        figure.add_trace(_depth_bar(in_order), 1, 1)
        figure.update_layout(legend_title=None)
    return figure, [members for _, members in panels]


def is_deep(looks: Sequence[LayerLook]) -> bool:
    """Return whether these are more layers than a legend can list on a telephone."""
    return len(looks) > MOST_IN_LEGEND


def marked_line(own: pd.DataFrame, look: Look, marks: Mapping[str, Mark]) -> go.Scatter:
    """Return `own` (x, y, mark, hover; in order) as a line; special points keep its colour."""
    rows = _broken(own)
    return go.Scatter(
        x=[None, *(row and row.x for row in rows)],
        y=[None, *(row and row.y for row in rows)],
        text=[None, *(row and row.hover for row in rows)],
        mode="lines+markers",
        name=look.name,
        legendrank=look.rank,
        line={"color": look.color, "dash": look.dash, "width": 2},
        marker={
            "symbol": [
                look.symbol,  # of a point that is nowhere: the legend shows the first symbol
                *(marks[row.mark].symbol if row and row.mark else look.symbol for row in rows),
            ],
            "size": 8,
            "color": look.color,
            "line": {"width": 1.5, "color": look.color},
        },
        hovertemplate="%{text}<extra></extra>",
    )


def add_outlines(
    figure: go.Figure, row: int, points: pd.DataFrame, marks: Mapping[str, Mark], shown: set[str]
) -> None:
    """Draw outlines about the special ones of `points`; those already `shown` are in the legend."""
    for key, mark in marks.items():
        own = points[points["mark"] == key]
        if not own.empty:
            figure.add_trace(outline(own["x"], own["y"], key, mark, key not in shown), row, 1)
            shown.add(key)


def curve(
    epochs: pd.Series, values: pd.Series, name: str, metric: str, place: int
) -> go.Scatter | None:
    """Return `values` of `metric` over `epochs` as line number `place` of its panel.

    None where no value is finite.
    """
    if values.isna().all():
        return None
    look = numbered_look(name, place)
    return go.Scatter(
        x=epochs.tolist(),
        y=[None if pd.isna(value) else value for value in values],
        text=[
            f"<b>{name}, epoch {epoch}</b><br>{metric} {exact(value)}"
            for epoch, value in zip(epochs, values, strict=True)
        ],
        mode="lines+markers",
        name=name,
        legendgroup=name,
        cliponaxis=False,
        line={"color": look.color, "dash": look.dash, "width": 2},
        marker={"symbol": look.symbol, "size": 8},
        hovertemplate="%{text}<extra></extra>",
    )


def note_of_gaps(figure: go.Figure, gaps: Mapping[str, list[int]], row: int) -> None:
    """Write into panel `row` which lines have no finite value, and in which epochs."""
    notes = [f"{name}: {NOT_FINITE} in {_epochs(own)}" for name, own in gaps.items() if own]
    if notes:
        figure.add_annotation(
            text="<br>".join(notes),
            x=0.02,
            y=0.5,
            xref="x domain",
            yref="y domain",
            xanchor="left",
            align="left",
            showarrow=False,
            font={"color": INK, "size": 12},
            bgcolor="rgba(255,255,255,0.85)",
            row=row,
            col=1,
        )


def gaps(curves: pd.DataFrame, column: str) -> list[int]:
    """Return the epochs in which `column` was not finite."""
    return curves.loc[curves[column].isna(), "epoch"].tolist()


def _epochs(epochs: list[int]) -> str:
    named = ", ".join(map(str, epochs[:MOST_NAMED]))
    more = len(epochs) - MOST_NAMED
    return f"{plural(len(epochs), 'epoch')} {named}" + (f" and {more} more" if more > 0 else "")


def _broken(own: pd.DataFrame) -> Sequence[tuple | None]:
    """Return the points in order, with None where the line stops: about each special point."""
    rows: list[tuple | None] = []
    for row in own.itertuples():
        if rows and (row.mark != ORDINARY or rows[-1].mark != ORDINARY):
            rows.append(None)
        rows.append(row)
    return rows


def _placed(points: pd.DataFrame, look: LayerLook, place: int, of: int) -> pd.DataFrame:
    """Return one layer's points with x: the epoch, or beside it for a special point."""
    own = points[points["layer"] == look.layer].sort_values("epoch")
    return own.assign(x=own["epoch"] + beside(place, of) * (own["mark"] != ORDINARY))


def _thin(line: go.Scatter) -> go.Scatter:
    """Return a line for one among very many, told by its colour alone, with points for symbols."""
    symbols = line.marker.symbol
    plain = ["circle" if symbol == symbols[0] else symbol for symbol in symbols]
    return line.update(
        showlegend=False,
        line={"width": 1.2, "dash": "solid"},
        marker={"size": 5, "symbol": plain},
    )


def _depth_bar(looks: Sequence[LayerLook]) -> go.Scatter:
    """Return a point nowhere with a bar of colours, from the first layer to the last."""
    first, last = looks[0], looks[-1]
    span = max(1, last.layer - first.layer)
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
            "colorscale": [((look.layer - first.layer) / span, look.color) for look in looks],
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
