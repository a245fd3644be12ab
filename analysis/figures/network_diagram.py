"""The network of a run, drawn from its own rows of `layers`: the paper's Figure 4."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pandas as pd
import plotly.graph_objects as go

from vanishing_gradients.analysis.figures.marks import has_weights
from vanishing_gradients.analysis.figures.skips import LANE, Block, connections
from vanishing_gradients.analysis.figures.style import INK, layout, with_subtitle
from vanishing_gradients.analysis.words import counted

SLOTS = 10  # circles abreast at most; of a wider layer one slot less, for the dots
DOTS_AT = 5
EDGE = SLOTS / 2 + 0.3  # slots from the middle, where labels begin
DOT_DISTANCE = 0.22  # slots

# Side by side only what a telephone has room for: about 48 pixels a column.
MOST_COLUMNS, MOST_LETTERS = 7, 7

SLOT = 28  # pixels between circles of a column
PITCH = 44  # pixels between layers drawn one below the other, at least
LINE = 16  # pixels of a line of text
LETTER = 7.2  # pixels
ABOVE = 112  # pixels that the title takes

INPUT, HIDDEN, OUTPUT = "#FFFFFF", "#56B4E9", "#E69F00"
CONNECTION = "#D4D4D4"
SMALL = {"size": 11, "color": INK}
PALE = {"size": 11, "color": "#595959"}


@dataclass(frozen=True)
class Column:
    """Inputs or a dense layer, with its layers of other kinds: `labels` (number, kind) of all."""

    width: int
    labels: tuple[tuple[int, str], ...]
    hover: str
    weights: int = 0
    biases: int = 0


@dataclass(frozen=True)
class Place:
    """Where things lie: along the network from column to column, across it from slot to slot."""

    upright: bool  # columns one below the other
    pitch: float
    lane: float = 0.0  # slots right of all circles, for residual connections

    def xy(self, along: float, across: float) -> tuple[float, float]:
        """Return x and y; whichever has a length in pixels is in pixels."""
        if self.upright:
            return across, -along * self.pitch
        return along, -across * SLOT


def network_diagram(layers: pd.DataFrame, title: str, blocks: Sequence[Block] = ()) -> go.Figure:
    """Draw a network of any depth: columns side by side, or one below the other if they are many.

    `layers` has a row a layer: layer, layer_name, kind, rows_per_step (of a dense layer: its
    inputs), width. `blocks` are what residual connections go around. Raises ValueError where no
    layer is dense.
    """
    columns = _columns(layers)
    widest = max(len(text) for column in columns for text in _short_texts(column))
    upright = len(columns) > MOST_COLUMNS or widest > MOST_LETTERS or bool(blocks)
    lines = max(len(column.labels) for column in columns)
    place = Place(upright, max(PITCH, LINE * lines + 12), LANE * bool(blocks))
    weights = sum(column.weights for column in columns)
    biases = sum(column.biases for column in columns)
    depth = counted(len(layers), "layer")
    total = f"{depth}, {counted(weights, 'weight')}, {counted(biases, 'bias', 'biases')}"
    deep = "green: skips; dotted: projected" if blocks else "numbered as in the paper"
    hint = deep if upright else "bold: layers; plain: neurons; grey: weights"
    figure = go.Figure(layout=layout(with_subtitle(title, total, hint)))
    figure.add_trace(_connections(columns, place))
    for number, column in enumerate(columns):
        color = INPUT if number == 0 else OUTPUT if number == len(columns) - 1 else HIDDEN
        figure.add_trace(_circles(number, column, place, color))
    if any(column.width > SLOTS for column in columns):
        figure.add_trace(_dots(columns, place))
    if blocks:
        _add_skips(figure, columns, place, blocks)
    (_label_rows if upright else _label_columns)(figure, columns, place)
    figure.update_layout(showlegend=False)
    figure.update_xaxes(visible=False, fixedrange=True)
    figure.update_yaxes(visible=False, fixedrange=True)
    return figure


def _columns(layers: pd.DataFrame) -> Sequence[Column]:
    rows = list(layers.sort_values("layer").itertuples())
    starts = [place for place, row in enumerate(rows) if row.kind == "dense"]
    if not starts:
        raise ValueError("a network without a dense layer has no inputs and no neurons to draw")
    first = rows[starts[0]]
    inputs = counted(first.rows_per_step, "input")
    before = _labels(rows[: starts[0]])
    columns = [Column(first.rows_per_step, before, f"<b>{inputs}</b> of {first.layer_name}")]
    for start, end in pairwise([*starts, len(rows)]):
        dense, *others = rows[start:end]
        weights = sum(
            row.rows_per_step * row.width for row in rows[start:end] if has_weights(row.kind)
        )
        hover = [
            f"<b>{dense.layer_name}</b>",
            f"{counted(dense.rows_per_step, 'input')}, {counted(dense.width, 'neuron')}",
            f"{counted(weights, 'weight')}, {counted(dense.width, 'bias', 'biases')}",
            *(f"then {other.layer_name}" for other in others),
        ]
        labels = _labels(rows[start:end])
        columns.append(Column(dense.width, labels, "<br>".join(hover), weights, dense.width))
    return columns


def _add_skips(
    figure: go.Figure, columns: Sequence[Column], place: Place, blocks: Sequence[Block]
) -> None:
    edges = [max(_slots(column.width)) for column in columns]
    projected = [
        any(kind == "projection" for _, kind in columns[last].labels) for _, last in blocks
    ]
    hovers = [
        f"<b>residual connection</b> around hidden layers {first} to {last}"
        + ", projected to the width behind them" * dashed
        for (first, last), dashed in zip(blocks, projected, strict=True)
    ]
    figure.add_traces(connections(blocks, edges, place.pitch, projected, hovers))


def _labels(rows: Sequence[tuple]) -> tuple[tuple[int, str], ...]:
    return tuple((row.layer, row.kind.replace("_", " ")) for row in rows)


def _short_texts(column: Column) -> Iterator[str]:
    """Yield what must fit into the width of a column."""
    yield f"{column.width:,}"
    yield f"{column.weights:,}"
    yield from (kind for _, kind in column.labels)


def _slots(width: int) -> list[float]:
    """Return the slots of the circles of a layer, the middle of all slots being 0."""
    if width <= SLOTS:
        return [slot - (width - 1) / 2 for slot in range(width)]
    return [slot - (SLOTS - 1) / 2 for slot in range(SLOTS) if slot != DOTS_AT]


def _connections(columns: Sequence[Column], place: Place) -> go.Scatter:
    """Return every line between circles of neighbouring columns, as one trace."""
    xs, ys = [], []
    for number, (left, right) in enumerate(pairwise(columns)):
        for start in _slots(left.width):
            for end in _slots(right.width):
                (x0, y0), (x1, y1) = place.xy(number, start), place.xy(number + 1, end)
                xs += [x0, x1, None]
                ys += [y0, y1, None]
    return go.Scatter(
        x=xs, y=ys, mode="lines", line={"color": CONNECTION, "width": 0.6}, hoverinfo="skip"
    )


def _circles(number: int, column: Column, place: Place, color: str) -> go.Scatter:
    points = [place.xy(number, slot) for slot in _slots(column.width)]
    return go.Scatter(
        x=[x for x, _ in points],
        y=[y for _, y in points],
        mode="markers",
        name=column.hover.partition("<br>")[0],
        marker={
            "size": 8 if place.upright else 15,
            "color": color,
            "opacity": 1,
            "line": {"color": INK, "width": 1},
        },
        text=[column.hover] * len(points),
        hovertemplate="%{text}<extra></extra>",
    )


def _dots(columns: Sequence[Column], place: Place) -> go.Scatter:
    """Return the dots that stand for the neurons not drawn."""
    middle = DOTS_AT - (SLOTS - 1) / 2
    points = [
        place.xy(number, middle + step * DOT_DISTANCE)
        for number, column in enumerate(columns)
        if column.width > SLOTS
        for step in (-1, 0, 1)
    ]
    return go.Scatter(
        x=[x for x, _ in points],
        y=[y for _, y in points],
        mode="markers",
        marker={"size": 3.5, "color": INK},
        hoverinfo="skip",
    )


def _label_columns(figure: go.Figure, columns: Sequence[Column], place: Place) -> None:
    """Write a dense layer above its column, and below it neurons, weights and the other layers."""
    half = SLOT * (min(SLOTS, max(column.width for column in columns)) - 1) / 2
    top, bottom = half + 32, -half
    heads = [[(0, "inputs")], *(column.labels[:1] for column in columns[1:])]
    feet = [columns[0].labels, *(column.labels[1:] for column in columns[1:])]
    everywhere = range(len(columns))
    gaps = [number - 0.5 for number in everywhere[1:]]
    _texts(figure, everywhere, [top] * len(columns), map(_stacked, heads), "middle center", SMALL)
    widths = [f"{column.width:,}" for column in columns]
    _texts(figure, everywhere, [bottom - 26] * len(columns), widths, "middle center", SMALL)
    weights = [f"{column.weights:,}" for column in columns[1:]]
    _texts(figure, gaps, [bottom - 46] * len(gaps), weights, "middle center", PALE)
    below = bottom - 62
    _texts(figure, everywhere, [below] * len(columns), map(_stacked, feet), "bottom center", SMALL)
    lowest = below - 2 * LINE * max(map(len, feet)) - 12
    figure.update_xaxes(range=[-0.5, len(columns) - 0.5])
    _fit(figure, top + 24, lowest, left=8, right=8)


def _label_rows(figure: go.Figure, columns: Sequence[Column], place: Place) -> None:
    """Write the layers left of their row, neurons right of it, weights between two rows."""
    left_edge, edge = -EDGE, EDGE + place.lane
    ys = [place.xy(number, 0)[1] for number in range(len(columns))]
    layers = [
        "<br>".join(f"<b>{number}</b> {kind}" for number, kind in column.labels)
        for column in columns
    ]
    layers[0] = "<br>".join(filter(None, ("inputs", layers[0])))
    neurons = [counted(columns[0].width, "input")]
    neurons += [counted(column.width, "neuron") for column in columns[1:]]
    weights = [counted(column.weights, "weight") for column in columns[1:]]
    middles = [(above + below) / 2 for above, below in pairwise(ys)]
    _texts(figure, [left_edge] * len(ys), ys, layers, "middle left", SMALL)
    _texts(figure, [edge] * len(ys), ys, neurons, "middle right", SMALL)
    _texts(figure, [edge] * len(middles), middles, weights, "middle right", PALE)
    figure.update_xaxes(range=[left_edge, edge])
    left = max(len(f"{number} {kind}") for column in columns for number, kind in column.labels)
    right = max(map(len, neurons + weights))
    half = place.pitch / 2
    _fit(figure, half, ys[-1] - half, left=left * LETTER + 10, right=right * LETTER + 10)


def _stacked(labels: Sequence[tuple[int, str]]) -> str:
    """Return each number above its kind; the inputs, which have none, leave the line blank."""
    return "<br>".join(f"<b>{number or ' '}</b><br>{kind}" for number, kind in labels)


def _texts(
    figure: go.Figure,
    xs: Iterable[float],
    ys: Iterable[float],
    texts: Iterable[str],
    position: str,
    font: Mapping[str, object],
) -> None:
    figure.add_trace(
        go.Scatter(
            x=list(xs),
            y=list(ys),
            text=list(texts),
            mode="text",
            textposition=position,
            textfont=font,
            cliponaxis=False,
            hoverinfo="skip",
        )
    )


def _fit(figure: go.Figure, top: float, bottom: float, left: float, right: float) -> None:
    """Give the figure the height that makes a unit of y one pixel, and its title's place in it."""
    below = 12
    height = round(top - bottom) + ABOVE + below
    figure.update_yaxes(range=[bottom, top])
    figure.update_layout(
        height=height,
        margin={"l": left, "r": right, "t": ABOVE, "b": below},
        title_y=1 - 26 / height,
    )
