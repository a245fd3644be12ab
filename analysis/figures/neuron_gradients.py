"""The gradient of every neuron of a layer over the epochs; a menu chooses the layer."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from vanishing_gradients.analysis import words
from vanishing_gradients.analysis.figures.epoch_grid import (
    color_bar,
    fill_of,
    in_legend,
    log_colors,
)
from vanishing_gradients.analysis.figures.marks import NOT_FINITE, ZERO, layer_names
from vanishing_gradients.analysis.figures.style import choice, layout, title_of_run, whole_axis
from vanishing_gradients.analysis.runs import Run

HEIGHT = 720
MENU = 44  # pixels
MOST_COLUMNS = 200  # of a page that is to load in a second; of more epochs evenly chosen ones
MEANINGS = {ZERO: "exactly zero: dead", NOT_FINITE: f"undefined: {words.NO_GRADIENT}"}


def neuron_gradients(neurons: pd.DataFrame, run: Run) -> go.Figure:
    """Draw the mean magnitude of each neuron's gradient by epoch, coloured by its logarithm.

    `neurons` holds the rows of neurons of one run. Each layer has colours of its own.
    """
    epochs = _chosen(sorted(set(neurons["epoch"])))
    kept = neurons[neurons["epoch"].isin(epochs)]
    names = layer_names(neurons)
    title = title_of_run("Gradient of each neuron over time", run, of_gradients=True)
    figure = go.Figure(layout=layout(title, HEIGHT))
    owners: list[int | None] = []
    widths = {}
    by_layer = dict(iter(kept.groupby("layer")))
    for place, layer in enumerate(sorted(names)):
        traces, widths[layer] = _layer(by_layer[layer], epochs)
        for trace in traces:
            figure.add_trace(trace.update(visible=place == 0))
        owners += [layer] * len(traces)
    for mark, meaning in MEANINGS.items():
        if _marks(kept, mark).any():
            figure.add_trace(in_legend(mark, meaning))
            owners.append(None)
    buttons = [
        {
            "label": names[layer],
            "method": "update",
            "args": [
                {"visible": [owner in (layer, None) for owner in owners]},
                {"yaxis.range": [widths[layer] + 0.5, 0.5]},
            ],
        }
        for layer in sorted(names)
    ]
    choice(figure, buttons, 1, 10)
    figure.update_layout(
        margin={"t": figure.layout.margin.t + MENU},
        showlegend=True,  # plotly shows none of a single entry
        legend={"y": -55 / (HEIGHT - 260), "itemclick": False, "itemdoubleclick": False},
    )
    figure.update_xaxes(range=[min(epochs) - 0.5, max(epochs) + 0.5], title_text="epoch")
    whole_axis(figure, epochs, None)
    figure.update_xaxes(showgrid=False)
    first = next(iter(widths.values()))
    figure.update_yaxes(title_text="neuron", showgrid=False, range=[first + 0.5, 0.5])
    return figure


def _chosen(epochs: Sequence[int]) -> list[int]:
    """Return all epochs, or of very many evenly spaced ones with the first and the last."""
    if len(epochs) <= MOST_COLUMNS:
        return list(epochs)
    places = np.linspace(0, len(epochs) - 1, MOST_COLUMNS).round().astype("int64")
    return [epochs[place] for place in places]


def _marks(neurons: pd.DataFrame, mark: str) -> pd.Series:
    return neurons["mean_abs"] == 0 if mark == ZERO else neurons["mean_abs"].isna()


def _layer(own: pd.DataFrame, epochs: Sequence[int]) -> tuple[list[go.Heatmap], int]:
    """Return the cells of one layer, those of each mark that occurs, and the layer's width."""
    width = int(own["neuron"].max())
    wide = own.pivot(index="neuron", columns="epoch", values="mean_abs")
    values = wide.reindex(index=range(1, width + 1), columns=epochs).to_numpy(dtype="float64")
    colors = log_colors(own["mean_abs"], "mean |gradient|")
    common = {"x": list(epochs), "y0": 1, "dy": 1, "hoverongaps": False}
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(values > 0, np.log10(values), np.nan)
    cells = go.Heatmap(
        **common,
        z=logs.astype("float32"),
        zmin=colors.low,
        zmax=colors.high,
        colorscale=colors.scale,
        colorbar=color_bar(colors, (0.0, 1.0), HEIGHT - 260),
        hovertemplate="neuron %{y}, epoch %{x}<br>mean |gradient| 10<sup>%{z:.2f}</sup>"
        "<extra></extra>",
    )
    traces = [cells]
    for mark, meaning in MEANINGS.items():
        there = values == 0 if mark == ZERO else np.isnan(values)
        if there.any():
            traces.append(
                go.Heatmap(
                    z=np.where(there, 1, np.nan).astype("float32"),
                    hovertemplate=f"neuron %{{y}}, epoch %{{x}}<br>{meaning}<extra></extra>",
                    **common | fill_of(mark),
                )
            )
    return traces, width
