"""Panels of coloured cells, a row a layer and a column an epoch, with marks for what has no colour.

plotly draws no logarithmic colours: values come as they are to be coloured, with their own ticks.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from vanishing_gradients.analysis.figures.marks import (
    INFINITE,
    NOT_FINITE,
    ORDINARY,
    UNDEFINED,
    ZERO,
    has_weights,
)
from vanishing_gradients.analysis.figures.style import INK, LINE_OF_TITLE, stacked, whole_axis
from vanishing_gradients.analysis.words import power

TALLEST, LOWEST = 26, 9  # pixels of a row
ROWS_HIGH = 330  # pixels that few rows share
GAP = 64  # pixels between panels: heading, and the ticks above it
BELOW = 70  # pixels of ticks and the title of the axis
LEGEND = 60  # pixels
MOST_SIGNS = 1500  # symbols of a panel; of more cells the colour alone has to do
MOST_LABELS = 26

MOST_TICKS = 6  # of colours

SEQUENTIAL = "Viridis"
DIVERGING = "PuOr_r"  # Harrower and Brewer, 2003, https://colorbrewer2.org: safe for every eye
SHARE_TICKS = {0.0: "0", 0.25: "25 %", 0.5: "50 %", 0.75: "75 %", 1.0: "100 %"}

FILLS = {ZERO: "#FFFFFF", INFINITE: "#F2C6B4", UNDEFINED: "#DCDCDC", NOT_FINITE: "#C9C9C9"}
SIGNS = {ZERO: "circle-open", INFINITE: "triangle-up", UNDEFINED: "cross-thin", NOT_FINITE: "x"}
IN_LEGEND = {
    ZERO: "square",
    INFINITE: "triangle-up",
    UNDEFINED: "square-cross",
    NOT_FINITE: "square-x",
}


@dataclass(frozen=True)
class Colors:
    """What colours mean: a scale of plotly's from `low` to `high`, and ticks beside it."""

    scale: str | Sequence[tuple[float, str]]
    low: float
    high: float
    title: str
    ticks: Mapping[float, str]


@dataclass(frozen=True)
class Panel:
    """A grid of cells: `cells` has layer, epoch, value (NaN where marked), mark and hover."""

    heading: str
    cells: pd.DataFrame
    colors: Colors
    rows: Sequence[int] = field(init=False)

    def __post_init__(self) -> None:
        """Take the layers in order, first on top."""
        object.__setattr__(self, "rows", sorted(set(self.cells["layer"])))

    @property
    def row_height(self) -> float:
        """Pixels of one row."""
        return min(TALLEST, max(LOWEST, ROWS_HIGH / len(self.rows)))

    @property
    def height(self) -> float:
        """Pixels of all rows."""
        return max(60, self.row_height * len(self.rows))


def log_colors(values: pd.Series, title: str) -> Colors:
    """Return colours from the smallest of positive `values` to the largest; darkest is smallest."""
    low, high = _ends(values)
    return Colors(SEQUENTIAL, low, high, title, dict(_ticks(low, high)))


def log_colors_about_one(values: pd.Series, title: str) -> Colors:
    """Return colours of two hues, palest at 1, as far down as up."""
    low, high = _ends(values)
    reach = max(abs(low), abs(high), 1.0)
    return Colors(DIVERGING, -reach, reach, title, dict(_ticks(-reach, reach)))


def by_kind(
    cells: pd.DataFrame, names: Mapping[int, str], headings: tuple[str, str]
) -> list[tuple[str, pd.DataFrame]]:
    """Return cells of layers with weights and of all others, each with its heading, if any."""
    weights = cells["layer"].map(names).map(has_weights).astype("bool")
    parts = zip(headings, (cells[weights], cells[~weights]), strict=True)
    return [(heading, part) for heading, part in parts if not part.empty]


def epoch_grid(title: str, panels: Sequence[Panel], meanings: Mapping[str, str]) -> go.Figure:
    """Draw panels one below the other; `meanings` of marks are for the legend."""
    plot = sum(panel.height for panel in panels) + GAP * (len(panels) - 1)
    lines = title.count("<br>") + 1
    below = BELOW + LEGEND * any(panel.cells["mark"].isin(meanings).any() for panel in panels)
    height = round(plot + 46 + LINE_OF_TITLE * lines + 20 + below)
    heights = {"row_heights": [panel.height for panel in panels], "shared_xaxes": False}
    spacing = GAP / plot if len(panels) > 1 else 0
    figure = stacked(title, [panel.heading for panel in panels], spacing, height, **heights)
    figure.update_layout(
        margin={"t": 46 + LINE_OF_TITLE * lines + 20, "b": below},
        showlegend=True,  # plotly shows none of a single entry
        legend={"y": -52 / plot, "itemclick": False, "itemdoubleclick": False},
    )
    shown: set[str] = set()
    for row, panel in enumerate(panels, start=1):
        _draw(figure, row, panel, meanings, shown)
    figure.update_xaxes(title_text="epoch", row=len(panels), col=1)
    return figure


def _draw(
    figure: go.Figure, row: int, panel: Panel, meanings: Mapping[str, str], shown: set[str]
) -> None:
    places = {layer: place for place, layer in enumerate(panel.rows)}
    epochs = sorted(set(panel.cells["epoch"]))
    at = panel.cells.assign(place=panel.cells["layer"].map(places))
    domain = figure.get_subplot(row, 1).yaxis.domain
    figure.add_trace(
        go.Heatmap(
            x=epochs,
            y=list(places.values()),
            z=_grid(at, "value", epochs, len(places)),
            text=_grid(at, "hover", epochs, len(places)),
            hovertemplate="%{text}<extra></extra>",
            hoverongaps=False,
            xgap=1,
            ygap=1 if panel.row_height > LOWEST else 0,
            zmin=panel.colors.low,
            zmax=panel.colors.high,
            colorscale=panel.colors.scale,
            colorbar=color_bar(panel.colors, domain, panel.height),
        ),
        row,
        1,
    )
    for mark in [mark for mark in meanings if (at["mark"] == mark).any()]:
        own = at[at["mark"] == mark]
        figure.add_trace(_fill(own, mark, epochs, len(places)), row, 1)
        if len(own) <= MOST_SIGNS:
            figure.add_trace(_signs(own, mark, panel.row_height), row, 1)
        if mark not in shown:
            figure.add_trace(in_legend(mark, meanings[mark]), row, 1)
            shown.add(mark)
    whole_axis(figure, epochs, row)
    step = -(-len(places) // MOST_LABELS)
    figure.update_yaxes(
        range=[len(places) - 0.5, -0.5],
        tickvals=list(places.values())[::step],
        ticktext=[str(layer) for layer in panel.rows[::step]],
        showgrid=False,
        title_text="layer",
        row=row,
        col=1,
    )
    figure.update_xaxes(showgrid=False, row=row, col=1)


def color_bar(colors: Colors, domain: tuple[float, float], height: float) -> dict[str, object]:
    """Return a narrow bar beside a panel of `height` pixels, whose axis has this `domain`."""
    return {
        "title": {"text": colors.title, "side": "right", "font": {"size": 12}},
        "tickvals": list(colors.ticks),
        "ticktext": list(colors.ticks.values()),
        "tickfont": {"size": 11},
        "thickness": 12,
        "outlinewidth": 0,
        "lenmode": "pixels",
        "len": max(height, 110),
        "y": sum(domain) / 2,
        "x": 1.0,
        "xpad": 6,
    }


def in_legend(mark: str, meaning: str) -> go.Scatter:
    """Return a point nowhere, by which the legend shows what cells with this mark are."""
    sign = IN_LEGEND[mark]
    return go.Scatter(
        x=[None],
        y=[None],
        mode="markers",
        name=meaning,
        marker={
            "symbol": sign,
            "size": 12,
            "color": FILLS[mark],
            "line": {"width": 1, "color": INK},
        },
        hoverinfo="skip",
    )


def fill_of(mark: str) -> dict[str, object]:
    """Return how a heat map looks whose cells all have this mark."""
    color = FILLS[mark]
    return {"colorscale": [(0, color), (1, color)], "showscale": False, "hoverongaps": False}


def _fill(own: pd.DataFrame, mark: str, epochs: Sequence[int], rows: int) -> go.Heatmap:
    return go.Heatmap(
        x=list(epochs),
        y=list(range(rows)),
        z=_grid(own.assign(one=1.0), "one", epochs, rows),
        text=_grid(own, "hover", epochs, rows),
        hovertemplate="%{text}<extra></extra>",
        xgap=1,
        ygap=1,
        **fill_of(mark),
    )


def _signs(own: pd.DataFrame, mark: str, row_height: float) -> go.Scatter:
    return go.Scatter(
        x=own["epoch"].tolist(),
        y=own["place"].tolist(),
        mode="markers",
        showlegend=False,
        marker={
            "symbol": SIGNS[mark],
            "size": max(3, min(8, row_height - 5)),
            "color": INK,
            "line": {"width": 1, "color": INK},
        },
        hoverinfo="skip",
    )


def _grid(cells: pd.DataFrame, column: str, epochs: Sequence[int], rows: int) -> np.ndarray:
    """Return one column of the cells as (rows, epochs); what no cell has is NaN or empty."""
    wide = cells.pivot(index="place", columns="epoch", values=column)
    wide = wide.reindex(index=range(rows), columns=epochs)
    if column == "hover":
        return wide.astype("object").where(wide.notna(), "").to_numpy()
    return wide.to_numpy(dtype="float64")


def marked(values: pd.Series, marks: pd.Series) -> pd.Series:
    """Return values with NaN wherever there is a mark: there colour says nothing."""
    return values.where(marks == ORDINARY)


def _ends(values: pd.Series) -> tuple[float, float]:
    positive = values[values > 0]
    if positive.empty:
        return -1.0, 0.0
    low, high = math.log10(positive.min()), math.log10(positive.max())
    return (low, high) if high - low > 0.1 else (low - 0.5, high + 0.5)


def _ticks(low: float, high: float) -> Iterator[tuple[float, str]]:
    """Yield whole powers of ten; where there are fewer than two, the two ends."""
    first, last = math.ceil(low), math.floor(high)
    if last <= first:
        for end in (low, high):
            yield end, f"{10**end:.2g}"
        return
    round_steps = (factor * 10**power for power in count() for factor in (1, 2, 5))
    step = next(step for step in round_steps if (last - first + 1) / step <= MOST_TICKS)
    start = -(-first // step) * step  # so that 0 is among them
    for exponent in range(start, last + 1, step):
        yield exponent, power(exponent)
