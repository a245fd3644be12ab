"""Lines over the epochs, interrupted at special values, which are drawn apart as symbols.

The layers' lines are in two panels, layers with weights above and all others below: gradients of
neighbouring layers of different kinds differ in size by construction (a sum over the batch, per
weight, against one sample's), so their lines are not drawn over each other.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go

from vanishing_gradients.analysis.figures import marks, style
from vanishing_gradients.analysis.runs import Run

MOST_IN_LEGEND, MOST_LETTERS = 24, 260
MOST_NAMED = 9  # layers next to a colour bar

Vertex = tuple[float | None, float | None, str, str | None]
"""x, y, symbol and hover of a point of a line; x and y are None where the line is interrupted."""


def line_per_layer(
    what: str,
    run: Run,
    points: pd.DataFrame,
    layers: pd.DataFrame,
    meanings: Mapping[str, marks.Mark],
    headings: tuple[str, str] = ("", ""),
) -> go.Figure:
    """Draw a line per layer over the epochs of a run.

    `points` has layer, epoch, y, mark (ORDINARY for none, else one of `meanings`) and hover;
    `layers` has the rows of layer_sizes of all layers, so that a single layer looks as it does
    among them. A special point is drawn apart from its layer's line, in its layer's colour, with
    its mark's symbol; coinciding points of several layers are drawn side by side. `headings` are
    those of the panel of layers with weights and of the other panel.
    """
    looks = marks.layer_looks(layers)
    drawn = [looks[n] for n in set(points["layer"])]
    figure, panels = open_panels(style.title_of_run(what, run), headings, drawn)
    shown: set[str] = set()
    for row, members in enumerate(panels, start=1):
        places = {look.rank: marks.beside(n, len(members)) for n, look in enumerate(members)}
        panel = points[points["layer"].isin(places)].sort_values(["layer", "epoch"])
        apart = panel["layer"].map(places) * (panel["mark"] != marks.ORDINARY)
        panel = panel.assign(x=panel["epoch"] + apart)
        for look in members:
            line = marked_line(panel[panel["layer"] == look.rank], look, meanings)
            figure.add_trace(_thin(line) if is_deep(drawn) else line, row, 1)
        add_outlines(figure, row, panel, meanings, shown)
    style.whole_axis(figure, points["epoch"], "epoch")
    return figure


def open_panels(
    title: str, headings: tuple[str, str], looks: Sequence[marks.Look]
) -> tuple[go.Figure, list[list[marks.Look]]]:
    """Return an empty figure, with a panel for layers with weights and one for others, and the
    looks in each.

    A panel without a layer is left out. For more than MOST_IN_LEGEND layers a colour bar replaces
    the legend.
    """
    in_order = sorted(looks, key=lambda look: look.rank)
    panels = [
        (heading, [look for look in in_order if look.weights == weights])
        for heading, weights in zip(headings, (True, False), strict=True)
    ]
    panels = [(heading, members) for heading, members in panels if members]
    figure = style.stacked(title, [heading for heading, _ in panels], 0.08)
    figure.update_layout(legend_title={"text": "Layer", "side": "top left"})
    if is_deep(in_order):
        figure.add_trace(_depth_bar(in_order), 1, 1)
        figure.update_layout(legend_title=None)
    return figure, [members for _, members in panels]


def is_deep(looks: Sequence[marks.Look]) -> bool:
    """Return whether the lines, or their names, are too many or too long for a phone's legend."""
    return len(looks) > MOST_IN_LEGEND or sum(len(look.name) for look in looks) > MOST_LETTERS


def marked_line(
    own: pd.DataFrame, look: marks.Look, meanings: Mapping[str, marks.Mark], **more: object
) -> go.Scatter:
    """Return `own` (x, y, mark, hover; in order) as a line; special points keep its colour."""
    return line_of(look, _broken(own, look, meanings), 8, **more)


def line_of(
    look: marks.Look, vertices: Iterable[Vertex], size: float, **more: object
) -> go.Scatter:
    """Return a line with markers of `size` pixels; the legend shows the first one's symbol."""
    xs, ys, symbols, hovers = (list(each) for each in zip(*vertices, strict=True))
    return go.Scatter(
        x=xs,
        y=ys,
        text=hovers,
        mode="lines+markers",
        name=look.name,
        legendrank=look.rank,
        line={"color": look.color, "dash": look.dash, "width": 2},
        marker={
            "symbol": symbols,
            "size": size,
            "color": look.color,
            "line": {"width": 1.5, "color": look.color},
        },
        hovertemplate="%{text}<extra></extra>",
        **more,
    )


def add_outlines(
    figure: go.Figure,
    row: int,
    points: pd.DataFrame,
    meanings: Mapping[str, marks.Mark],
    shown: set[str],
) -> None:
    """Draw outlines around the special `points`; those already `shown` are in the legend."""
    for key, mark in meanings.items():
        own = points[points["mark"] == key]
        if own.empty:
            continue
        outlines = go.Scatter(
            x=own["x"].tolist(),
            y=own["y"].tolist(),
            mode="markers",
            name=mark.meaning,
            legendgroup=key,
            showlegend=key not in shown,
            legendrank=10_000,
            marker={
                "symbol": f"{mark.symbol}-open",
                "size": 9,
                "color": style.INK,
                "line": {"width": 1},
            },
            hoverinfo="skip",
        )
        figure.add_trace(outlines, row, 1)
        shown.add(key)


def _broken(
    own: pd.DataFrame, look: marks.Look, meanings: Mapping[str, marks.Mark]
) -> Iterator[Vertex]:
    """Yield the points in order, after one without coordinates, with gaps at special points."""
    stop = (None, None, look.symbol, None)
    yield stop
    before = marks.ORDINARY
    for place, row in enumerate(own.itertuples()):
        if place and (row.mark != marks.ORDINARY or before != marks.ORDINARY):
            yield stop
        before = row.mark
        yield row.x, row.y, meanings.get(row.mark, look).symbol, row.hover


def _thin(line: go.Scatter) -> go.Scatter:
    """Return a line for one among very many: only its colour identifies it; symbols are points."""
    symbols = line.marker.symbol
    plain = ["circle" if symbol == symbols[0] else symbol for symbol in symbols]
    return line.update(
        showlegend=False,
        line={"width": 1.2, "dash": "solid"},
        marker={"size": 5, "symbol": plain},
    )


def _depth_bar(looks: Sequence[marks.Look]) -> go.Scatter:
    """Return a point without coordinates with a colour bar from the first layer to the last."""
    first, last = looks[0], looks[-1]
    span = max(1, last.rank - first.rank)
    named = [look for look in looks if look.name != f"{look.rank}"]
    own = named[:: -(-len(named) // MOST_NAMED)] if named else []
    bar = style.color_bar("layer")
    if own:  # names take the space next to the bar
        places = {"tickvals": [each.rank for each in own], "ticktext": [each.name for each in own]}
        bar |= {"title": {"text": "layer", "side": "top", "font": {"size": 12}}} | places
    return go.Scatter(
        x=[None],
        y=[None],
        mode="markers",
        showlegend=False,
        hoverinfo="skip",
        marker={
            "color": [first.rank],
            "cmin": first.rank,
            "cmax": last.rank,
            "colorscale": [((look.rank - first.rank) / span, look.color) for look in looks],
            "showscale": True,
            "colorbar": bar,
        },
    )
