"""A line that stops at special values, which stand apart from it with symbols of their own."""

from collections.abc import Collection, Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go

from vanishing_gradients.analysis.figures.bands import Look
from vanishing_gradients.analysis.figures.marks import ORDINARY, Mark, outline


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


def outlines(
    points: pd.DataFrame, marks: Mapping[str, Mark], shown: Collection[str]
) -> dict[str, go.Scatter]:
    """Return outlines about the special ones of `points`, by mark; the legend has those `shown`."""
    found = {}
    for key, mark in marks.items():
        special = points[points["mark"] == key]
        if not special.empty:
            found[key] = outline(special["x"], special["y"], key, mark, key not in shown)
    return found


def _broken(own: pd.DataFrame) -> Sequence[tuple | None]:
    """Return the points in order, with None where the line stops: about each special point."""
    rows: list[tuple | None] = []
    for row in own.itertuples():
        if rows and (row.mark != ORDINARY or rows[-1].mark != ORDINARY):
            rows.append(None)
        rows.append(row)
    return rows
