"""The gradient of every neuron of a layer over the epochs; a menu selects the layer."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from vanishing_gradients.analysis.figures import maps, style
from vanishing_gradients.analysis.figures.figure import figure
from vanishing_gradients.analysis.figures.grids import NEURONS, UNKNOWN
from vanishing_gradients.analysis.figures.layer_names import menu_names
from vanishing_gradients.analysis.figures.marks import ZERO
from vanishing_gradients.analysis.runs import Run

HEIGHT = 720
PLOT = HEIGHT - 260  # pixels
MENU = 44  # pixels
MOST_COLUMNS = 200  # keeps a page's loading time to a second; more epochs are thinned evenly
MEANINGS = {ZERO: "exactly zero: dead"} | UNKNOWN


@figure("Gradients of neurons", recorded=NEURONS, neurons="neurons")
def neuron_gradients(neurons: pd.DataFrame, run: Run) -> go.Figure:
    """Draw the mean magnitude of each neuron's gradient by epoch, from rows of neurons.

    Mean magnitude of each neuron's gradient in an epoch, in logarithmic colours with a scale per
    layer; the menu selects the layer.
    """
    every = sorted(set(neurons["epoch"]))
    epochs = [every[number - 1] for number in evenly_chosen(len(every), MOST_COLUMNS)]
    kept = neurons[neurons["epoch"].isin(epochs)]
    names = menu_names(neurons)
    by_layer = {layer: _wide(own, epochs) for layer, own in kept.groupby("layer")}
    title = style.title_of_run("Gradient of each neuron over time", run)
    figure = go.Figure(layout=style.layout(title, HEIGHT))
    owners: list[int | None] = []
    for place, (layer, wide) in enumerate(by_layer.items()):
        traces = [each.update(visible=place == 0) for each in _maps(wide)]
        figure.add_traces(traces)
        owners += [layer] * len(traces)
    for mark, meaning in MEANINGS.items():
        if _are(mark, kept["mean_abs"]).any():
            figure.add_trace(maps.in_legend(mark, meaning))
            owners.append(None)
    ranges = {layer: [len(wide) + 0.5, 0.5] for layer, wide in by_layer.items()}
    options = {}
    for layer, limits in ranges.items():
        visible = [owner in (layer, None) for owner in owners]
        options[names[layer]] = [{"visible": visible}, {"yaxis.range": limits}]
    style.choice(figure, "update", options, 1, 10)
    figure.update_layout(margin={"t": figure.layout.margin.t + MENU}, **maps.legend_at(-55 / PLOT))
    style.whole_axis(figure, epochs, "epoch")
    figure.update_xaxes(showgrid=False)
    shown = {"range": next(iter(ranges.values())), "showgrid": False}
    return figure.update_yaxes(title_text="neuron", **shown)


def _are(mark: str, values: pd.Series | pd.DataFrame) -> pd.Series | pd.DataFrame:
    return values == 0 if mark == ZERO else values.isna()


def _wide(own: pd.DataFrame, epochs: Sequence[int]) -> pd.DataFrame:
    """Return the magnitudes of a layer, neurons down and epochs across; NaN if missing."""
    wide = own.pivot(index="neuron", columns="epoch", values="mean_abs").astype("float64")
    return wide.reindex(index=range(1, int(own["neuron"].max()) + 1), columns=epochs)


def _maps(wide: pd.DataFrame) -> list[go.Heatmap]:
    """Return the cells of one layer, and those of each mark that occurs."""
    common = {"x": wide.columns.tolist(), "y0": 1, "dy": 1}
    colors = maps.log_colors(pd.Series(wide.to_numpy().ravel()), "mean |gradient|")
    pointed = "neuron %{{y}}, epoch %{{x}}<br>{}<extra></extra>".format
    found = [
        go.Heatmap(
            **common,
            z=np.log10(wide.where(wide > 0)).to_numpy("float32"),
            hovertemplate=pointed("mean |gradient| 10<sup>%{z:.2f}</sup>"),
            **colors.of_map((0.0, 1.0), PLOT),
        )
    ]
    for mark, meaning in MEANINGS.items():
        there = _are(mark, wide)
        if there.any(axis=None):
            cells = there.where(there).to_numpy("float32")
            hover = {"hovertemplate": pointed(meaning)}
            found.append(go.Heatmap(z=cells, **hover, **common, **maps.fill_of(mark)))
    return found


def evenly_chosen(last: int, most: int) -> list[int]:
    """Return whole numbers from 1 to `last`, at most `most`, evenly spaced with both ends."""
    if last <= max(most, 2):
        return list(range(1, last + 1))
    return np.unique(np.linspace(1, last, max(most, 2)).round().astype("int64")).tolist()
