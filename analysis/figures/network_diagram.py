"""The network of a run, drawn from its rows of `layers`: the paper's Figure 4."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

import pandas as pd
import plotly.graph_objects as go

from vanishing_gradients.analysis.figures.marks import has_weights
from vanishing_gradients.analysis.figures.style import INK, layout, with_subtitle
from vanishing_gradients.analysis.words import counted

Block = tuple[int, int]
"""First and last hidden layer, from 1, that a residual connection spans."""
Points = Iterable[tuple[float | None, float | None]]

SLOTS = 10  # most circles abreast; a wider layer has one slot less, for the dots
MIDDLE = (SLOTS - 1) / 2
DOTS_AT = 5
EDGE = SLOTS / 2 + 0.3  # slots from the middle, where labels start
DOT_DISTANCE = 0.22  # slots
CORNER = 0.16  # of the distance between two layers: a residual connection's margin to either
LANE = 1.1  # slots next to the widest layer, for residual connections

# Side by side only if a phone has room: about 48 pixels per column.
MOST_COLUMNS, MOST_LETTERS = 7, 7

SLOT = 28  # pixels between circles of a column
PITCH = 44  # pixels between layers drawn one below the other, at least
LINE = 16  # pixels of a line of text
LETTER = 7.2  # pixels
ABOVE, BELOW = 112, 12  # pixels; the title is above

INPUT, HIDDEN, OUTPUT = "#FFFFFF", "#56B4E9", "#E69F00"
CONNECTION, SKIP = "#D4D4D4", "#009E73"
SMALL = {"size": 11, "color": INK}
ROW = 26  # pixels of a row of a table
PALE = {"size": 11, "color": "#595959"}


@dataclass(frozen=True)
class Column:
    """Inputs or a dense layer, with its other layers: `labels` (number, kind) of all."""

    width: int
    labels: tuple[tuple[int, str], ...]
    hover: str
    weights: int = 0

    @property
    def slots(self) -> list[float]:
        """The positions of its circles, with 0 in the middle."""
        if self.width <= SLOTS:
            return [slot - (self.width - 1) / 2 for slot in range(self.width)]
        return [slot - MIDDLE for slot in range(SLOTS) if slot != DOTS_AT]

    @property
    def texts(self) -> list[str]:
        """The texts that must fit into its width."""
        return [f"{self.width:,}", f"{self.weights:,}", *(kind for _, kind in self.labels)]


@dataclass(frozen=True)
class Place:
    """Coordinates: along the network from column to column, across it from slot to slot.

    Columns are side by side, or `upright`: one below the other, `pitch` pixels apart.
    """

    upright: bool
    pitch: float

    def xy(self, along: float, across: float) -> tuple[float, float]:
        """Return x and y; the one with a length in pixels is in pixels."""
        return (across, -along * self.pitch) if self.upright else (along, -across * SLOT)


def network_diagram(layers: pd.DataFrame, title: str, blocks: Sequence[Block] = ()) -> go.Figure:
    """Draw a network of any depth: columns side by side, or one below the other if there are many.

    `layers` has the rows of layer_sizes of a run; a dense layer's rows_per_step is the number of
    its inputs. `blocks` are spanned by residual connections. Raises ValueError if no layer is
    dense.
    """
    columns = _columns(layers)
    widest = max(len(text) for column in columns for text in column.texts)
    upright = len(columns) > MOST_COLUMNS or widest > MOST_LETTERS or bool(blocks)
    lines = max(len(column.labels) for column in columns)
    place = Place(upright, max(PITCH, LINE * lines + 12))
    weights = sum(column.weights for column in columns)
    biases = sum(column.width for column in columns[1:])
    depth = counted(len(layers), "layer")
    total = f"{depth}, {counted(weights, 'weight')}, {counted(biases, 'bias', 'biases')}"
    deep = "green: skips; dotted: projected" if blocks else "numbered as in the paper"
    hint = deep if upright else "bold: layers; plain: neurons; grey: weights"
    figure = go.Figure(layout=layout(with_subtitle(title, total, hint)))
    connections = [
        point
        for number, (left, right) in enumerate(pairwise(columns))
        for start, end in product(left.slots, right.slots)
        for point in (place.xy(number, start), place.xy(number + 1, end), (None, None))
    ]
    thin = {"color": CONNECTION, "width": 0.6}
    figure.add_trace(_trace(connections, mode="lines", line=thin))
    for number, column in enumerate(columns):
        color = INPUT if number == 0 else OUTPUT if number == len(columns) - 1 else HIDDEN
        look = {"size": 8 if upright else 15, "color": color, "opacity": 1}
        circles = [place.xy(number, slot) for slot in column.slots]
        marker = look | {"line": {"color": INK, "width": 1}}
        name = column.hover.partition("<br>")[0]
        figure.add_trace(_trace(circles, column.hover, mode="markers", name=name, marker=marker))
    dots = [
        place.xy(number, DOTS_AT - MIDDLE + step * DOT_DISTANCE)
        for number, column in enumerate(columns)
        if column.width > SLOTS
        for step in (-1, 0, 1)
    ]
    if dots:
        figure.add_trace(_trace(dots, mode="markers", marker={"size": 3.5, "color": INK}))
    figure.add_traces([_skip(block, columns, place) for block in blocks])
    if upright:
        _label_rows(figure, columns, place, EDGE + LANE * bool(blocks))
    else:
        _label_columns(figure, columns)
    figure.update_layout(showlegend=False)
    figure.update_xaxes(visible=False, fixedrange=True)
    figure.update_yaxes(visible=False, fixedrange=True)
    return figure


def table_of_layers(layers: pd.DataFrame, title: str) -> go.Figure:
    """Draw the layers of a watched model as a table, since their connections are unknown.

    `layers` has the rows of layer_sizes of a run.
    """
    rows = layers.sort_values("layer")
    weights = rows["parameters"].dropna()
    total = f"{counted(len(rows), 'layer')}, {counted(int(weights.sum()), 'weight')}"
    figure = go.Figure(layout=layout(with_subtitle(title, total, "in order of execution")))
    cells = {
        "": rows["layer"].map(str),
        "layer": rows["layer_name"],
        "kind": rows["kind"] + rows["frozen"].map({0: "", 1: ", frozen"}),
        "rows \N{MULTIPLICATION SIGN} neurons": [
            f"{row.rows_per_step:,} \N{MULTIPLICATION SIGN} {row.width:,}"
            for row in rows.itertuples()
        ],
        "weights": ["" if pd.isna(each) else f"{each:,}" for each in rows["parameters"]],
        "kept": rows["kept"],
    }
    look = {"align": ["right", "left", "left", "right", "right", "left"], "height": ROW}
    figure.add_trace(
        go.Table(
            columnwidth=[1, 9, 4, 4, 3, 3],
            header={"values": list(cells)} | look,
            cells={"values": [list(each) for each in cells.values()]} | look,
        )
    )
    height = ABOVE + ROW * (len(rows) + 1) + BELOW
    margin = {"l": 8, "r": 8, "t": ABOVE, "b": BELOW}
    return figure.update_layout(height=height, margin=margin, title_y=1 - 26 / height)


def residual_blocks(config: Mapping[str, object]) -> list[Block]:
    """Return the blocks of an experiment's registered configuration.

    Its key `residual` is the number of hidden layers that each connection spans, one after the
    other, or a list of blocks; without it there is none.
    """
    residual = config.get("residual")
    if not residual:
        return []
    if isinstance(residual, int):
        hidden = len(config["hidden_widths"])
        return [(last - residual + 1, last) for last in range(residual, hidden + 1, residual)]
    return [(first, last) for first, last in residual]


def _trace(points: Points, hover: str = "", **more: object) -> go.Scatter:
    xs, ys = (list(each) for each in zip(*points, strict=True))
    if hover:
        told = {"text": [hover] * len(xs), "hovertemplate": "%{text}<extra></extra>"}
    else:
        told = {"hoverinfo": "skip"}
    return go.Scatter(x=xs, y=ys, **told, **more)


def _columns(layers: pd.DataFrame) -> Sequence[Column]:
    sizes = layers["rows_per_step"] * layers["width"] * has_weights(layers)
    rows = list(layers.assign(weights=sizes).sort_values("layer").itertuples())
    starts = [place for place, row in enumerate(rows) if row.kind == "dense"]
    if not starts:
        raise ValueError("a network without a dense layer has no inputs and no neurons to draw")
    first = rows[starts[0]]
    inputs = counted(first.rows_per_step, "input")
    before = _labels(rows[: starts[0]])
    columns = [Column(first.rows_per_step, before, f"<b>{inputs}</b> of {first.layer_name}")]
    for start, end in pairwise([*starts, len(rows)]):
        dense, *others = rows[start:end]
        weights = sum(row.weights for row in rows[start:end])
        hover = [
            f"<b>{dense.layer_name}</b>",
            f"{counted(dense.rows_per_step, 'input')}, {counted(dense.width, 'neuron')}",
            f"{counted(weights, 'weight')}, {counted(dense.width, 'bias', 'biases')}",
            *(f"then {other.layer_name}" for other in others),
        ]
        columns.append(Column(dense.width, _labels(rows[start:end]), "<br>".join(hover), weights))
    return columns


def _labels(rows: Sequence[tuple]) -> tuple[tuple[int, str], ...]:
    return tuple((row.layer, row.kind.replace("_", " ")) for row in rows)


def _skip(block: Block, columns: Sequence[Column], place: Place) -> go.Scatter:
    """Return a line from the layer before a block to its last one, along the right-hand side."""
    first, last = block
    edges = [max(column.slots) for column in columns]
    lane = max(edges) + LANE
    before, after = first - 1 + CORNER, last - CORNER
    path = [(before, edges[first - 1] + 0.4), (before, lane), (after, lane)]
    projected = any(kind == "projection" for _, kind in columns[last].labels)
    hover = f"<b>residual connection</b> around hidden layers {first} to {last}"
    return _trace(
        [place.xy(*point) for point in [*path, (after, edges[last] + 0.4)]],
        hover + ", projected to the width after them" * projected,
        mode="lines+markers",
        line={"color": SKIP, "width": 2, "dash": "dot" if projected else "solid"},
        marker={"color": SKIP, "size": [0, 0, 0, 9], "symbol": "triangle-left", "opacity": 1},
    )


def _label_columns(figure: go.Figure, columns: Sequence[Column]) -> None:
    """Write a dense layer above its column, and neurons, weights and other layers below it."""
    half = SLOT * (min(SLOTS, max(column.width for column in columns)) - 1) / 2
    top, bottom = half + 32, -half
    heads = [[(0, "inputs")], *(column.labels[:1] for column in columns[1:])]
    feet = [columns[0].labels, *(column.labels[1:] for column in columns[1:])]
    everywhere = range(len(columns))
    gaps = [number - 0.5 for number in everywhere[1:]]
    widths = [f"{column.width:,}" for column in columns]
    weights = [f"{column.weights:,}" for column in columns[1:]]
    below = bottom - 62

    def write(xs: Sequence[float], y: float, texts: Iterable[str], **look: object) -> None:
        _write(figure, [(x, y) for x in xs], texts, **look)

    write(everywhere, top, map(_stacked, heads))
    write(everywhere, bottom - 26, widths)
    write(gaps, bottom - 46, weights, font=PALE)
    write(everywhere, below, map(_stacked, feet), position="bottom center")
    lowest = below - 2 * LINE * max(map(len, feet)) - 12
    figure.update_xaxes(range=[-0.5, len(columns) - 0.5])
    _fit(figure, top + 24, lowest, left=8, right=8)


def _label_rows(figure: go.Figure, columns: Sequence[Column], place: Place, edge: float) -> None:
    """Write the layers left of their row, neurons right of it, weights between two rows."""
    ys = [place.xy(number, 0)[1] for number in range(len(columns))]
    layers = [
        "<br>".join(f"<b>{number}</b> {kind}" for number, kind in column.labels)
        for column in columns
    ]
    layers[0] = "<br>".join(filter(None, ("inputs", layers[0])))
    neurons = [counted(columns[0].width, "input")]
    neurons += [counted(column.width, "neuron") for column in columns[1:]]
    weights = [counted(column.weights, "weight") for column in columns[1:]]
    middles = [(edge, (above + below) / 2) for above, below in pairwise(ys)]
    _write(figure, [(-EDGE, y) for y in ys], layers, "middle left")
    _write(figure, [(edge, y) for y in ys], neurons, "middle right")
    _write(figure, middles, weights, "middle right", PALE)
    figure.update_xaxes(range=[-EDGE, edge])
    left = max(len(f"{number} {kind}") for column in columns for number, kind in column.labels)
    right = max(map(len, neurons + weights))
    half = place.pitch / 2
    _fit(figure, half, ys[-1] - half, left=left * LETTER + 10, right=right * LETTER + 10)


def _stacked(labels: Sequence[tuple[int, str]]) -> str:
    """Return each number above its kind; for the inputs, which have none, the line stays blank."""
    return "<br>".join(f"<b>{number or ' '}</b><br>{kind}" for number, kind in labels)


def _write(
    figure: go.Figure,
    points: Points,
    texts: Iterable[str],
    position: str = "middle center",
    font: Mapping[str, object] = SMALL,
) -> None:
    look = {"textposition": position, "textfont": font, "cliponaxis": False}
    figure.add_trace(_trace(points, text=list(texts), mode="text", **look))


def _fit(figure: go.Figure, top: float, bottom: float, left: float, right: float) -> None:
    """Set the height that makes a unit of y one pixel, and the title's position."""
    height = round(top - bottom) + ABOVE + BELOW
    figure.update_yaxes(range=[bottom, top])
    margin = {"l": left, "r": right, "t": ABOVE, "b": BELOW}
    figure.update_layout(height=height, margin=margin, title_y=1 - 26 / height)
