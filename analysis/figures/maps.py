"""Panels of coloured cells, a row per layer and a column per epoch, with marks for special values.

plotly has no logarithmic colours: values are transformed beforehand, and ticks labelled to match.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from vanishing_gradients.analysis.figures import marks, style
from vanishing_gradients.analysis.figures.layer_names import layer_labels
from vanishing_gradients.analysis.runs import Run
from vanishing_gradients.analysis.words import power

TALLEST, LOWEST = 26, 9  # pixels of a row
ROWS_HIGH = 330  # pixels that few rows share
GAP = 64  # pixels between panels, for the heading and the ticks above it
BELOW = 70  # pixels for ticks and the title of the axis
LEGEND = 60  # pixels
MOST_SIGNS = 1500  # symbols per panel; with more cells only their colours are shown
MOST_LABELS = 26

MOST_TICKS = 6  # of colours

SEQUENTIAL = "Viridis"
DIVERGING = "PuOr_r"  # Harrower and Brewer, 2003, https://colorbrewer2.org: safe for every eye
# From almost white to black by way of Okabe and Ito's vermilion.
SHARES = ((0.0, "#FBF1EC"), (0.02, "#F6CDB4"), (0.5, "#D55E00"), (1.0, "#4A1F00"))
SHARE_TICKS = {0.0: "0", 0.25: "25 %", 0.5: "50 %", 0.75: "75 %", 1.0: "100 %"}

LOOKS = {  # of cells with a mark: their fill, the sign on them, and the symbol in the legend
    marks.ZERO: ("#FFFFFF", "circle-open", "square"),
    marks.INFINITE: ("#F2C6B4", "triangle-up", "triangle-up"),
    marks.UNDEFINED: ("#DCDCDC", "cross-thin", "square-cross"),
    marks.NOT_FINITE: ("#C9C9C9", "x", "square-x"),
}


@dataclass(frozen=True)
class Colors:
    """A colour scale: one of plotly's from `low` to `high`, with ticks."""

    scale: str | Sequence[tuple[float, str]]
    low: float
    high: float
    title: str
    ticks: Mapping[float, str]

    def of_map(self, domain: tuple[float, float], height: float) -> dict[str, object]:
        """Return the colour settings of a map of `height` pixels, whose axis has this `domain`."""
        bar = style.color_bar(
            self.title,
            tickvals=list(self.ticks),
            ticktext=list(self.ticks.values()),
            lenmode="pixels",
            len=max(height, 110),
            y=sum(domain) / 2,
            x=1.0,
        )
        limits = {"zmin": self.low, "zmax": self.high, "hoverongaps": False}
        return {"colorscale": self.scale, "colorbar": bar} | limits


@dataclass(frozen=True)
class Panel:
    """A grid of cells: `cells` has layer, epoch, value (NaN if marked), mark and hover.

    `names` has the axis labels of layers that are not labelled by their number only.
    """

    heading: str
    cells: pd.DataFrame
    colors: Colors
    names: Mapping[int, str] = field(default_factory=dict)

    @property
    def rows(self) -> list[int]:
        """The layers in order, first on top."""
        return sorted(set(self.cells["layer"]))

    @property
    def labels(self) -> list[str]:
        """The axis labels of the layers in order."""
        return [self.names.get(layer, f"{layer}") for layer in self.rows]

    @property
    def row_height(self) -> float:
        """Pixels of one row."""
        return min(TALLEST, max(LOWEST, ROWS_HIGH / len(self.rows)))

    @property
    def height(self) -> float:
        """Pixels of all rows."""
        return max(60, self.row_height * len(self.rows))


def share_colors(_shares: pd.Series, title: str) -> Colors:
    """Return a colour scale from 0 to 1."""
    return Colors(SHARES, 0.0, 1.0, title, SHARE_TICKS)


def log_colors(values: pd.Series, title: str) -> Colors:
    """Return colours from the smallest of positive `values` to the largest; darkest is smallest."""
    low, high = _ends(values)
    return Colors(SEQUENTIAL, low, high, title, _ticks(low, high))


def log_colors_about_one(values: pd.Series, title: str) -> Colors:
    """Return colours of two hues, palest at 1, extending equally far down and up."""
    low, high = _ends(values)
    reach = max(abs(low), abs(high), 1.0)
    return Colors(DIVERGING, -reach, reach, title, _ticks(-reach, reach))


def by_kind(
    cells: pd.DataFrame,
    layers: pd.DataFrame,
    headings: tuple[str, str],
    colors: Callable[[pd.Series, str], Colors],
    title: str,
) -> list[Panel]:
    """Return a panel of the layers with weights and one of all others, if they have cells.

    `layers` has the rows of layer_sizes; `colors` makes the scale of a panel from its `shown`
    values and their title.
    """
    weights = cells["layer"].isin(layers.loc[marks.has_weights(layers), "layer"])
    parts = zip(headings, (cells[weights], cells[~weights]), strict=True)
    names = layer_labels(layers)
    return [
        Panel(heading, own, colors(own["shown"], title), names)
        for heading, own in parts
        if not own.empty
    ]


def epoch_grid(
    what: str, run: Run, panels: Sequence[Panel], meanings: Mapping[str, str]
) -> go.Figure:
    """Draw panels of a run one below the other; `meanings` of marks are for the legend."""
    title = style.title_of_run(what, run)
    plot = sum(panel.height for panel in panels) + GAP * (len(panels) - 1)
    above = style.height_of(title) + 20
    below = BELOW + LEGEND * any(panel.cells["mark"].isin(meanings).any() for panel in panels)
    heights = {"row_heights": [panel.height for panel in panels], "shared_xaxes": False}
    spacing = GAP / plot if len(panels) > 1 else 0
    headings = [panel.heading for panel in panels]
    figure = style.stacked(title, headings, spacing, round(plot + above + below), **heights)
    figure.update_layout(margin={"t": above, "b": below}, **legend_at(-52 / plot))
    shown: set[str] = set()
    for row, panel in enumerate(panels, start=1):
        _draw(figure, row, panel, meanings, shown)
    return figure.update_xaxes(title_text="epoch", row=len(panels))


def legend_at(y: float) -> dict[str, object]:
    """Return a legend that explains marks; clicking it hides nothing."""
    # By default plotly hides a legend with a single entry.
    return {"showlegend": True, "legend": {"y": y, "itemclick": False, "itemdoubleclick": False}}


def _draw(
    figure: go.Figure, row: int, panel: Panel, meanings: Mapping[str, str], shown: set[str]
) -> None:
    places = {layer: place for place, layer in enumerate(panel.rows)}
    epochs = sorted(set(panel.cells["epoch"]))
    at = panel.cells.assign(place=panel.cells["layer"].map(places), one=1.0)

    def add_map(own: pd.DataFrame, column: str, **look: object) -> None:
        cells = go.Heatmap(
            x=epochs,
            y=list(places.values()),
            z=_grid(own, column, epochs, len(places)),
            text=_grid(own, "hover", epochs, len(places)),
            hovertemplate="%{text}<extra></extra>",
            xgap=1,
            **look,
        )
        figure.add_trace(cells, row, 1)

    domain = figure.get_subplot(row, 1).yaxis.domain
    gap = 1 if panel.row_height > LOWEST else 0
    add_map(at, "value", ygap=gap, **panel.colors.of_map(domain, panel.height))
    for mark in [mark for mark in meanings if (at["mark"] == mark).any()]:
        own = at[at["mark"] == mark]
        add_map(own, "one", ygap=1, **fill_of(mark))
        if len(own) <= MOST_SIGNS:
            figure.add_trace(_signs(own, mark, panel.row_height), row, 1)
        if mark not in shown:
            figure.add_trace(in_legend(mark, meanings[mark]), row, 1)
            shown.add(mark)
    style.whole_axis(figure, epochs, row=row)
    layer_axis(figure, row, panel.labels)
    figure.update_xaxes(showgrid=False, row=row)


def layer_axis(figure: go.Figure, row: int, layers: Sequence[str]) -> None:
    """Give panel `row` an axis of layers, first on top, with as many labels as fit."""
    step = -(-len(layers) // MOST_LABELS)
    figure.update_yaxes(
        range=[len(layers) - 0.5, -0.5],
        tickvals=list(range(len(layers)))[::step],
        ticktext=list(layers[::step]),
        showgrid=False,
        title_text="layer",
        row=row,
    )


def in_legend(mark: str, meaning: str) -> go.Scatter:
    """Return a point without coordinates that explains this mark in the legend."""
    fill, _, symbol = LOOKS[mark]
    line = {"width": 1, "color": style.INK}
    marker = {"symbol": symbol, "size": 12, "color": fill, "line": line}
    return go.Scatter(
        x=[None], y=[None], mode="markers", name=meaning, marker=marker, hoverinfo="skip"
    )


def fill_of(mark: str) -> dict[str, object]:
    """Return the style of a heat map whose cells all have this mark."""
    color, _, _ = LOOKS[mark]
    return {"colorscale": [(0, color), (1, color)], "showscale": False, "hoverongaps": False}


def _signs(own: pd.DataFrame, mark: str, row_height: float) -> go.Scatter:
    marker = {
        "symbol": LOOKS[mark][1],
        "size": max(3, min(8, row_height - 5)),
        "color": style.INK,
        "line": {"width": 1, "color": style.INK},
    }
    at = {"x": own["epoch"].tolist(), "y": own["place"].tolist()}
    return go.Scatter(**at, mode="markers", showlegend=False, marker=marker, hoverinfo="skip")


def _grid(cells: pd.DataFrame, column: str, epochs: Sequence[int], rows: int) -> np.ndarray:
    """Return one column of the cells as (rows, epochs); missing cells are NaN or empty."""
    wide = cells.pivot(index="place", columns="epoch", values=column)
    wide = wide.reindex(index=range(rows), columns=epochs)
    if column == "hover":
        return wide.astype("object").where(wide.notna(), "").to_numpy()
    return wide.to_numpy(dtype="float64")


def _ends(values: pd.Series) -> tuple[float, float]:
    positive = values[values > 0]
    if positive.empty:
        return -1.0, 0.0
    low, high = math.log10(positive.min()), math.log10(positive.max())
    return (low, high) if high - low > 0.1 else (low - 0.5, high + 0.5)


def _ticks(low: float, high: float) -> dict[float, str]:
    """Return whole powers of ten, or the two ends if there are fewer than two."""
    first, last = math.ceil(low), math.floor(high)
    if last <= first:
        return {end: f"{10**end:.2g}" for end in (low, high)}
    step = next(step for step in style.round_steps() if (last - first + 1) / step <= MOST_TICKS)
    start = -(-first // step) * step  # so that 0 is among them
    return {exponent: power(exponent) for exponent in range(start, last + 1, step)}
