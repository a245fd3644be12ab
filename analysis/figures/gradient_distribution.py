"""Shares of gradient values in each decade of magnitude, by layer, in first and last epoch."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from vanishing_gradients.analysis.figures.epoch_grid import (
    MOST_LABELS,
    SHARE_TICKS,
    Colors,
    color_bar,
)
from vanishing_gradients.analysis.figures.style import (
    LINE_OF_TITLE,
    PALETTE,
    choice,
    stacked,
    title_of_run,
)
from vanishing_gradients.analysis.runs import Run
from vanishing_gradients.analysis.words import power
from vanishing_gradients.sql.cells import DECADES

ROW = (6, 18)  # pixels of a layer, fewest and most
BARS = 200  # pixels of the panel of one layer
GAP = 74  # pixels between panels
MENU = 44
BELOW = 100
MOST_TICKS = 5
ZERO_GAP = 2  # decades from the bar of zeros to the smallest

SCALE = ((0.0, "#FFFFFF"), (0.002, "#DCEAF5"), (0.25, "#56B4E9"), (1.0, "#08306B"))
COLORS = (PALETTE[0], PALETTE[1])


def gradient_distribution(
    cells: pd.DataFrame, names: Mapping[int, str], batches: tuple[int, int], run: Run
) -> go.Figure:
    """Draw the shares of a layer's gradient values in each decade of magnitude.

    `cells` has layer, epoch, decade and cells (how many values have a magnitude from 10^decade to
    below 10^(decade + 1); decade is NaN for exact zeros), of the first epoch and the last, counted
    in `batches` of each: how many of how many. A menu chooses whose bars are drawn.
    """
    shares = _shares(cells)
    epochs = sorted(set(shares["epoch"]))
    layers = sorted(set(shares["layer"]))
    places = _places(shares.loc[shares["share"] > 0, "decade"])
    rows = max(ROW[0], min(ROW[1], 500 / len(layers))) * len(layers)
    heights = [rows] * len(epochs) + [BARS]
    plot = sum(heights) + GAP * len(epochs)
    title = title_of_run("Distribution of gradients by layer", run, of_gradients=True)
    title = title.replace("</span>", f"<br>{_of(batches)} of an epoch</span>")
    top = 66 + LINE_OF_TITLE * (title.count("<br>") + 1)
    headings = [*(f"Epoch {epoch}, all layers" for epoch in epochs), ""]
    more = {"row_heights": heights, "shared_xaxes": False}
    figure = stacked(title, headings, GAP / plot, round(plot + top + BELOW), **more)
    for row, epoch in enumerate(epochs, start=1):
        own = shares[shares["epoch"] == epoch]
        figure.add_trace(_map(own, layers, places, names), row, 1)
        domain = figure.get_subplot(row, 1).yaxis.domain
        bar = color_bar(Colors(SCALE, 0, 1, "share of values", SHARE_TICKS), domain, rows)
        figure.data[-1].update(colorbar=bar)
        step = -(-len(layers) // MOST_LABELS)
        figure.update_yaxes(
            range=[len(layers) - 0.5, -0.5],
            tickvals=list(range(len(layers)))[::step],
            ticktext=[str(layer) for layer in layers[::step]],
            title_text="layer",
            showgrid=False,
            row=row,
        )
    _add_bars(figure, shares, layers, epochs, places, names)
    positions, texts = _ticks(places)
    figure.update_xaxes(
        range=[min(places.values()) - 0.7, max(places.values()) + 0.7],
        tickvals=positions,
        ticktext=texts,
        tickangle=0,
        showgrid=False,
    )
    figure.update_xaxes(title_text="magnitude of the gradient, by decade", row=len(heights))
    figure.update_layout(
        margin={"t": top, "b": BELOW, "r": 70}, legend={"y": -52 / plot}, bargap=0.15
    )
    return figure


def _of(batches: tuple[int, int]) -> str:
    counted, in_all = batches
    number = f"{counted} of {in_all}" if counted < in_all else f"all {in_all}"
    return f"{number} recorded batches" if in_all > 1 else "the one batch"


def _shares(cells: pd.DataFrame) -> pd.DataFrame:
    """Return one row a (layer, epoch, decade), with its share of all values there."""
    sums = cells.groupby(["layer", "epoch", "decade"], dropna=False)["cells"].sum().reset_index()
    totals = sums.groupby(["layer", "epoch"])["cells"].transform("sum")
    return sums.assign(share=sums["cells"] / totals.where(totals > 0))


def _places(decades: pd.Series) -> dict[float | None, int]:
    """Return where each decade is on the axis; None, for zeros, is left of all others."""
    known = decades.dropna().astype("int64")
    low, high = (int(known.min()), int(known.max())) if len(known) else (-1, 0)
    return {None: low - ZERO_GAP} | {decade: decade for decade in range(low, high + 1)}


def _wide(own: pd.DataFrame, index: str, rows: Sequence[int], places: Mapping) -> np.ndarray:
    """Return shares as (rows, places), 0 where there is no value."""
    own = own[own["share"] > 0]
    at = [places[None if pd.isna(decade) else int(decade)] for decade in own["decade"]]
    wide = own.assign(at=at).pivot(index=index, columns="at", values="share")
    span = range(min(places.values()), max(places.values()) + 1)
    return wide.reindex(index=rows, columns=span).fillna(0.0).to_numpy(copy=True)


def _map(
    own: pd.DataFrame, layers: Sequence[int], places: Mapping, names: Mapping[int, str]
) -> go.Heatmap:
    low = min(places.values())
    span = range(low, max(places.values()) + 1)
    shares = _wide(own, "layer", layers, places)
    shares[:, 1:ZERO_GAP] = np.nan  # nothing is between zero and the smallest decade
    text = [[f"<b>{names[layer]}</b><br>{_decade(at, low)}" for at in span] for layer in layers]
    return go.Heatmap(
        x=list(span),
        y=list(range(len(layers))),
        z=shares,
        text=text,
        hovertemplate="%{text}: %{z:.3%} of values<extra></extra>",
        hoverongaps=False,
        xgap=1,
        ygap=1 if len(layers) < MOST_LABELS else 0,
        zmin=0,
        zmax=1,
        colorscale=SCALE,
    )


def _decade(at: int, zero: int) -> str:
    if at == zero:
        return "exactly zero"
    if at == DECADES[0]:
        return f"below {power(at + 1)}"
    return f"{power(at)} and more" if at == DECADES[-1] else f"{power(at)} to {power(at + 1)}"


def _add_bars(
    figure: go.Figure,
    shares: pd.DataFrame,
    layers: Sequence[int],
    epochs: Sequence[int],
    places: Mapping,
    names: Mapping[int, str],
) -> None:
    low, row = min(places.values()), len(epochs) + 1
    span = list(range(low, max(places.values()) + 1))
    text = [_decade(at, low) for at in span]
    wide = {layer: _wide(own, "epoch", epochs, places) for layer, own in shares.groupby("layer")}
    for place, epoch in enumerate(epochs):
        bars = go.Bar(
            x=span,
            y=wide[layers[0]][place],
            text=text,
            textposition="none",
            name=f"epoch {epoch}",
            marker={"color": COLORS[place], "pattern": {"shape": "/" if place else ""}},
            hovertemplate=f"epoch {epoch}, %{{text}}: %{{y:.4%}} of values<extra></extra>",
        )
        figure.add_trace(bars, row, 1)
    bars = list(range(len(epochs), 2 * len(epochs)))
    figure.update_yaxes(
        title_text="share of values", tickformat=".0%", rangemode="tozero", row=row, col=1
    )
    buttons = [
        {
            "label": f"Bars: {names[layer]}",
            "method": "restyle",
            "args": [{"y": [own.tolist() for own in wide[layer]]}, bars],
        }
        for layer in layers
    ]
    choice(figure, buttons, figure.get_subplot(row, 1).yaxis.domain[1], 4)


def _ticks(places: Mapping[float | None, int]) -> tuple[list[int], list[str]]:
    decades = sorted(decade for decade in places if decade is not None)
    step = -(-len(decades) // MOST_TICKS)
    edges = [decade for decade in [*decades, decades[-1] + 1] if decade % step == 0]
    return (
        [places[None], *(edge - 0.5 for edge in edges)],
        ["0", *(power(edge) for edge in edges)],
    )
