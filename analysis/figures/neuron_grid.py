"""Dead and saturated neurons as colours, a row a layer, a column an epoch, and which they are."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

import pandas as pd
import plotly.graph_objects as go

from vanishing_gradients.analysis.figures.epoch_grid import (
    Colors,
    Panel,
    by_kind,
    epoch_grid,
    marked,
)
from vanishing_gradients.analysis.figures.marks import NOT_FINITE, ORDINARY
from vanishing_gradients.analysis.figures.style import exact, many, title_of_run
from vanishing_gradients.analysis.runs import Run

# From almost white to black by way of Okabe and Ito's vermilion.
SCALE = ((0.0, "#FBF1EC"), (0.02, "#F6CDB4"), (0.5, "#D55E00"), (1.0, "#4A1F00"))
SHARES = {0.0: "0", 0.25: "25 %", 0.5: "50 %", 0.75: "75 %", 1.0: "100 %"}
MEANINGS = {NOT_FINITE: "undefined: no finite gradient"}

HEADINGS = (
    "With weights: all weights into a neuron",
    "Without: a neuron in all samples",
)
MOST_NAMED = 8  # stretches of neurons


def dead_neurons(layers: pd.DataFrame, neurons: pd.DataFrame, run: Run) -> go.Figure:
    """Draw the share of dead neurons: those whose gradient is exactly zero over a whole epoch.

    `layers` holds the rows of dead_neurons of one run, `neurons` those of neurons, which say which.
    """
    which = _which(neurons[neurons["dead"] == 1])
    hover = [
        _hover(row, f"{row['dead']} of {many(row['width'], 'neuron')} dead", which)
        for row in layers.to_dict("records")
    ]
    names = dict(zip(layers["layer"], layers["layer_name"], strict=True))
    cells = _cells(layers, _known(layers, neurons), hover)
    panels = [
        Panel(heading, own, Colors(SCALE, 0.0, 1.0, "dead neurons", SHARES))
        for heading, own in by_kind(cells, names, HEADINGS)
    ]
    title = title_of_run("Dead neurons by layer and epoch", run, of_gradients=True)
    return epoch_grid(title, panels, MEANINGS)


def saturated_neurons(layers: pd.DataFrame, neurons: pd.DataFrame, run: Run) -> go.Figure:
    """Draw the share of an activation's values whose slope is next to nothing.

    `layers` holds the rows of saturation of one run; hovering names the `neurons` (rows of neurons)
    that were saturated in every sample.
    """
    which = _which(neurons[neurons["saturated"] == 1])
    hover = [
        _hover(
            row,
            f"{row['saturated']:.2%} of values saturated ({exact(row['saturated'])})<br>"
            f"{many(row['saturated_neurons'], 'neuron')} of {row['width']} in every sample",
            which,
        )
        for row in layers.to_dict("records")
    ]
    cells = _cells(layers, layers["saturated"], hover)
    panels = [
        Panel("Activation layers", cells, Colors(SCALE, 0.0, 1.0, "saturated values", SHARES))
    ]
    title = title_of_run("Saturated neurons by layer and epoch", run, of_gradients=True)
    return epoch_grid(title, panels, MEANINGS)


def stretches(numbers: Iterable[int]) -> str:
    """Return whole numbers in few words: 1-3, 7, 9-12."""
    in_order = sorted(numbers)
    runs = [
        [number for _, number in own]
        for _, own in groupby(enumerate(in_order), key=lambda each: each[1] - each[0])
    ]
    texts = [f"{own[0]}\N{EN DASH}{own[-1]}" if len(own) > 1 else f"{own[0]}" for own in runs]
    rest = sum(map(len, runs[MOST_NAMED:]))
    return ", ".join(texts[:MOST_NAMED]) + (f" and {rest} more" if rest else "")


def _known(layers: pd.DataFrame, neurons: pd.DataFrame) -> pd.Series:
    """Return the fraction of dead neurons, NaN where no gradient of the layer was finite."""
    places = pd.MultiIndex.from_frame(layers[["layer", "epoch"]])
    finite = neurons.groupby(["layer", "epoch"])["cells"].max().reindex(places)
    return layers["fraction"].where((finite > 0).to_numpy())


def _cells(layers: pd.DataFrame, shares: pd.Series, hover: Sequence[str]) -> pd.DataFrame:
    marks = pd.Series(ORDINARY, index=layers.index, dtype="object")
    marks[shares.isna()] = NOT_FINITE
    return layers[["layer", "epoch"]].assign(
        value=marked(shares, marks).astype("float64"), mark=marks, hover=hover
    )


def _which(neurons: pd.DataFrame) -> dict[tuple[int, int], str]:
    """Return the neurons of every (layer, epoch), in words."""
    return {
        (int(layer), int(epoch)): stretches(own)
        for (layer, epoch), own in neurons.groupby(["layer", "epoch"])["neuron"]
    }


def _hover(row: Mapping[str, object], share: str, which: Mapping[tuple[int, int], str]) -> str:
    lines = [f"<b>{row['layer_name']}, epoch {row['epoch']}</b>", share]
    if named := which.get((row["layer"], row["epoch"])):
        lines.append(f"neuron{'s' * (not named.isdigit())} {named}")
    return "<br>".join(lines)
