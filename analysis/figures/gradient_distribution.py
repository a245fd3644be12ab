"""Shares of gradient values by order of magnitude, by layer, in first and last epoch."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from vanishing_gradients.analysis.figures import maps, recorded, style
from vanishing_gradients.analysis.figures.figure import figure
from vanishing_gradients.analysis.figures.layer_names import layer_labels, layer_names, menu_names
from vanishing_gradients.analysis.runs import Run
from vanishing_gradients.analysis.words import power

ROW = (6, 18)  # pixels per layer, least and most
BARS = 200  # pixels of the panel for one layer
GAP = 74  # pixels between panels
BELOW = 100
MOST_TICKS = 5
ZERO_GAP = 2  # columns from the bar of zeros to the smallest
MOST_COLUMNS = 40  # beyond it, a column covers several powers of two

SCALE = ((0.0, "#FFFFFF"), (0.002, "#DCEAF5"), (0.25, "#56B4E9"), (1.0, "#08306B"))


@figure(
    "Distribution of gradients",
    views="View: gradient_histograms",
    cells=recorded.histograms,
    batches=recorded.batches,
)
def gradient_distribution(cells: pd.DataFrame, batches: tuple[int, int], run: Run) -> go.Figure:
    """Draw the shares of a layer's gradient values by order of magnitude.

    Shares of a layer's gradient values by magnitude, with one or more powers of two per column, in
    the first epoch and the last; exact zeros are separate, on the left. The menu selects the layer
    of the bars.

    `cells` has layer, layer_name, epoch, exponent and cells (how many values have a magnitude from
    2^exponent to below 2^(exponent + 1); exponent is NA for exact zeros), of the first epoch and
    the last. `batches` says how many of an epoch's batches are counted, and of how many.
    """
    powers = _powers(cells)
    shares, names = _shares(cells, powers), layer_names(cells)
    menu, labels = menu_names(cells), layer_labels(cells)
    epochs, layers = (list(level) for level in shares.index.levels)
    span = shares.columns.tolist()
    words = [_magnitudes(at, span[0], powers) for at in span]
    apart = shares.copy()
    apart.iloc[:, 1:ZERO_GAP] = np.nan  # empty columns between zeros and the smallest

    rows = max(ROW[0], min(ROW[1], 500 / len(layers))) * len(layers)
    heights = [rows] * len(epochs) + [BARS]
    plot = sum(heights) + GAP * len(epochs)
    what, counted = "Distribution of gradients by layer", f"{_of(batches)} of an epoch"
    title = style.title_of_run(what, run, counted)
    top = style.height_of(title) + 20
    headings = [*(f"Epoch {epoch}, all layers" for epoch in epochs), ""]
    more = {"row_heights": heights, "shared_xaxes": False}
    figure = style.stacked(title, headings, GAP / plot, round(plot + top + BELOW), **more)
    colors = maps.Colors(SCALE, 0, 1, "share of values", maps.SHARE_TICKS)
    for row, epoch in enumerate(epochs, start=1):
        shown = go.Heatmap(
            x=span,
            y=list(range(len(layers))),
            z=apart.loc[epoch].to_numpy(),
            text=[[f"<b>{names[layer]}</b><br>{word}" for word in words] for layer in layers],
            hovertemplate="%{text}: %{z:.3%} of values<extra></extra>",
            xgap=1,
            ygap=1 if len(layers) < maps.MOST_LABELS else 0,
            **colors.of_map(figure.get_subplot(row, 1).yaxis.domain, rows),
        )
        figure.add_trace(shown, row, 1)
        maps.layer_axis(figure, row, [labels[layer] for layer in layers])
    bars = {layer: shares.xs(layer, level="layer").to_numpy() for layer in layers}
    for place, epoch in enumerate(epochs):
        shown = go.Bar(
            x=span,
            y=bars[layers[0]][place],
            text=words,
            textposition="none",
            name=f"epoch {epoch}",
            marker={"color": style.PALETTE[place], "pattern": {"shape": "/" if place else ""}},
            hovertemplate=f"epoch {epoch}, %{{text}}: %{{y:.4%}} of values<extra></extra>",
        )
        figure.add_trace(shown, len(heights), 1)
    traces = list(range(len(epochs), 2 * len(epochs)))
    options = {
        f"Bars: {menu[layer]}": [{"y": [own.tolist() for own in bars[layer]]}, traces]
        for layer in layers
    }
    top_of_bars = figure.get_subplot(len(heights), 1).yaxis.domain[1]
    style.choice(figure, "restyle", options, top_of_bars, 4)
    share = {"title_text": "share of values", "tickformat": ".0%", "rangemode": "tozero"}
    figure.update_yaxes(**share, row=len(heights))
    positions, texts = _ticks(span, powers)
    figure.update_xaxes(
        range=[span[0] - 0.7, span[-1] + 0.7],
        tickvals=positions,
        ticktext=texts,
        tickangle=0,
        showgrid=False,
    )
    figure.update_xaxes(title_text="magnitude of the gradient", row=len(heights))
    margin, legend = {"t": top, "b": BELOW, "r": 70}, {"y": -52 / plot}
    return figure.update_layout(margin=margin, legend=legend, bargap=0.15)


def _of(batches: tuple[int, int]) -> str:
    counted, in_all = batches
    number = f"{counted} of {in_all}" if counted < in_all else f"all {in_all}"
    return f"{number} recorded batches" if in_all > 1 else "the one batch"


def _powers(cells: pd.DataFrame) -> int:
    """Return how many powers of two a column covers."""
    known = cells.loc[cells["cells"] > 0, "exponent"].dropna()
    return -(-int(known.max() - known.min() + 1) // MOST_COLUMNS) if len(known) else 1


def _shares(cells: pd.DataFrame, powers: int) -> pd.DataFrame:
    """Return the shares, (epoch, layer) down and magnitudes across, `powers` per column; zeros come
    first."""
    column = cells["exponent"] // powers
    known = column[cells["cells"] > 0].dropna()
    low, high = (int(known.min()), int(known.max())) if len(known) else (-1, 0)
    at = column.fillna(low - ZERO_GAP).astype("int64")
    sums = cells.assign(at=at).pivot_table("cells", ["epoch", "layer"], "at", "sum", fill_value=0)
    totals = sums.sum(axis=1)
    sums = sums.reindex(columns=range(low - ZERO_GAP, high + 1), fill_value=0)
    return sums.div(totals.where(totals > 0), axis=0).fillna(0.0)


def _magnitudes(at: int, zero: int, powers: int) -> str:
    if at == zero:
        return "exactly zero"
    return f"{power(at * powers, 2)} to {power((at + 1) * powers, 2)}"


def _ticks(span: Sequence[int], powers: int) -> tuple[list[float], list[str]]:
    """Return positions and texts of ticks: zero, and the edges of columns."""
    zero, columns = span[0], span[ZERO_GAP:]
    step = -(-len(columns) // MOST_TICKS)
    edges = [column for column in [*columns, columns[-1] + 1] if column % step == 0]
    return [zero, *(edge - 0.5 for edge in edges)], [
        "0",
        *(power(edge * powers, 2) for edge in edges),
    ]
