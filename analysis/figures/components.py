"""The parts of this program and what passes between them: the paper's Figure 5."""

from dataclasses import dataclass

import plotly.graph_objects as go

from vanishing_gradients.analysis.figures import style
from vanishing_gradients.analysis.figures.figure import figure

BOX = (0.44, 0.32)  # half the width and half the height of a box, in columns and rows
ROW = 84  # pixels
AROUND = 130  # pixels of title and margins
FILLS = {"trainer": "#DCEBF6", "telemetry": "#FBE8C8", "database": "#D8EFE6", "analysis": "#F4E1EC"}
"""By the package that a part belongs to."""


@dataclass(frozen=True)
class Part:
    """A box: its column and row, from the top left, two lines of text, and its package."""

    column: float
    row: float
    name: str
    what: str
    package: str


PARTS = {
    "experiment": Part(0, 0, "experiment", "a TOML file", "trainer"),
    "images": Part(2, 0, "data set", "images, labels", "trainer"),
    "loop": Part(1, 1, "training loop", "batches, epochs", "trainer"),
    "network": Part(0, 1, "network", "layers, loss", "trainer"),
    "optimizer": Part(2, 1, "optimizer", "SGD, Adam, ...", "trainer"),
    "recorder": Part(1, 2, "recorder", "chunks, statistics", "telemetry"),
    "watched": Part(0, 2, "PyTorch model", "watched", "telemetry"),
    "writers": Part(2, 2, "writers", "bulk transactions", "telemetry"),
    "tables": Part(2, 3, "tables", "one a layer", "database"),
    "views": Part(1, 3, "views", "norms, ratios", "database"),
    "readers": Part(0, 3, "figures, audit", "diagnosis, live", "analysis"),
}
ARROWS = (
    ("experiment", "loop"), ("images", "loop"), ("loop", "network"), ("network", "loop"),
    ("loop", "optimizer"), ("loop", "recorder"), ("watched", "recorder"),
    ("recorder", "writers"), ("writers", "tables"), ("tables", "views"), ("views", "readers"),
)  # fmt: skip


@figure()
def components() -> go.Figure:
    """Draw the parts of this program as boxes, with arrows for what passes between them.

    The parts of this program, and what passes between them. The loop hands every layer's gradient
    to the recorder, and the figures read nothing but views. The paper's diagram is of its trainer
    alone.
    """
    rows = 1 + max(part.row for part in PARTS.values())
    title = style.with_subtitle(
        "From a batch to a figure",
        "blue: trainer; yellow: telemetry;",
        "green: database; pink: analysis",
    )
    drawn = go.Figure(layout=style.layout(title, int(rows * ROW + AROUND)))
    for part in PARTS.values():
        drawn.add_shape(
            type="rect",
            x0=part.column - BOX[0],
            x1=part.column + BOX[0],
            y0=-part.row - BOX[1],
            y1=-part.row + BOX[1],
            fillcolor=FILLS[part.package],
            line={"color": style.INK, "width": 1},
            layer="below",
        )
    drawn.add_trace(
        go.Scatter(
            x=[part.column for part in PARTS.values()],
            y=[-part.row for part in PARTS.values()],
            mode="text",
            text=[f"<b>{part.name}</b><br>{part.what}" for part in PARTS.values()],
            textfont={"size": 11, "color": style.INK},
            hovertext=[f"{part.name}: {part.what} ({part.package})" for part in PARTS.values()],
            hoverinfo="text",
        )
    )
    for start, end in ARROWS:
        _arrow(drawn, PARTS[start], PARTS[end], (end, start) in ARROWS)
    drawn.update_xaxes(visible=False, fixedrange=True, range=[-0.5, 2.5])
    drawn.update_yaxes(visible=False, fixedrange=True, range=[0.45 - rows, 0.45])
    drawn.update_layout(showlegend=False, margin={"l": 8, "r": 8})
    return drawn


def _arrow(drawn: go.Figure, start: Part, end: Part, both: bool) -> None:
    """Draw an arrow between the nearest edges of two boxes, beside the one that comes back."""
    across, down = end.column - start.column, end.row - start.row
    beside = 0.12 * both * (1 if across + down > 0 else -1)
    if down:
        side = (start.column - end.column) * 0.6 * BOX[0]
        tail = (start.column - side, -start.row - BOX[1])
        head = (end.column + side, -end.row + BOX[1])
    else:
        toward = BOX[0] if across > 0 else -BOX[0]
        tail = (start.column + toward, -start.row + beside)
        head = (end.column - toward, -end.row + beside)
    drawn.add_annotation(
        x=head[0], y=head[1], ax=tail[0], ay=tail[1], xref="x", yref="y", axref="x", ayref="y",
        showarrow=True, arrowhead=2, arrowsize=1.2, arrowwidth=1.2, arrowcolor=style.INK, text="",
    )  # fmt: skip
