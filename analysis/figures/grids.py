"""Maps of colours with a row per layer and a column per epoch.

Norms and their ratios, and how many neurons are dead or saturated.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from vanishing_gradients.analysis import words
from vanishing_gradients.analysis.errors import LeftOutError
from vanishing_gradients.analysis.figures import maps, marks, over_epochs, style
from vanishing_gradients.analysis.figures.figure import Ask, figure
from vanishing_gradients.analysis.figures.layer_names import layer_labels
from vanishing_gradients.analysis.runs import Run
from vanishing_gradients.analysis.words import counted, exact, plural, stretches

NEURONS = "dead and saturated neurons, and gradients of neurons"
NO_ACTIVATION = "no layer is an activation that can saturate"
UNKNOWN = {marks.NOT_FINITE: f"undefined: {words.NO_GRADIENT}"}
NORM_MEANINGS = {marks.ZERO: "exactly zero"} | UNKNOWN
RATIO_ORDER = (marks.ZERO, *over_epochs.RATIO_MEANINGS)  # of the legend

DEAD_HEADINGS = (
    "With weights: all weights into a neuron",
    "Without: a neuron in all samples",
)


@figure("Norms as a map", norms="gradient_norms", layers="layer_sizes")
def norm_grid(norms: pd.DataFrame, layers: pd.DataFrame, run: Run) -> go.Figure:
    """Draw `norm` of the rows of gradient_norms of one run, coloured by its logarithm.

    Mean L2 norm of the rows of a layer's gradient in an epoch. Colours are logarithmic; layers with
    weights have a scale of their own, since their gradient is a sum over the batch. Colours that
    darken towards the first layer show a gradient that vanishes on its way back. Exact zeros and
    undefined values are marks, not colours.
    """
    texts = style.hovers(
        norms,
        over_epochs.HEAD,
        "mean L2 norm of a row {norm}",
        "L2 norm of the whole gradient {gradient_norm}",
    )
    cells = _log_cells(norms, "norm", marks.special(norms["norm"]), texts)
    headings, title = over_epochs.MEAN_HEADINGS, "mean L2 norm of a row"
    panels = maps.by_kind(cells, layers, headings, maps.log_colors, title)
    return maps.epoch_grid("Gradient norm by layer and epoch", run, panels, NORM_MEANINGS)


@figure("Ratios as a map", ratios="gradient_norm_ratios", layers="layer_sizes")
def ratio_grid(ratios: pd.DataFrame, layers: pd.DataFrame, run: Run) -> go.Figure:
    """Draw the rows of gradient_norm_ratios of one run, coloured by the ratio's logarithm.

    Norm of layer l + 1 over norm of layer l, as in the figure of ratios, but as colours, for
    networks of any depth: pale is 1, one hue is above, the other below.
    """
    kinds = marks.special_ratios(ratios)
    cells = _log_cells(ratios, "ratio", kinds, over_epochs.hovers_of_ratios(ratios, kinds, layers))
    headings, title = over_epochs.RATIO_HEADINGS, "norm of <i>l</i> + 1 / <i>l</i>"
    panels = maps.by_kind(cells, layers, headings, maps.log_colors_about_one, title)
    meanings = {mark: over_epochs.RATIO_MEANINGS[mark] for mark in RATIO_ORDER}
    return maps.epoch_grid("Gradient-norm ratio as a map", run, panels, meanings)


@figure(
    "Dead neurons",
    recorded=NEURONS,
    dead="dead_neurons",
    neurons="neurons",
    layers="layer_sizes",
)
def dead_neurons(
    dead: pd.DataFrame, neurons: pd.DataFrame, layers: pd.DataFrame, run: Run
) -> go.Figure:
    """Draw the share of dead neurons, from rows of dead_neurons, and from neurons which they are.

    A neuron is dead in an epoch if its gradient is exactly zero throughout: in a layer with
    weights, the gradient of every weight into the neuron at every step; in any other layer, that of
    the neuron for every sample. A dead ReLU never gets a positive input and can no longer learn.
    Point at a cell to see which neurons.
    """
    told = dead.assign(
        share=[f"{row.dead} of {counted(row.width, 'neuron')} dead" for row in dead.itertuples()]
    )
    cells = _cells(told, _known(dead, neurons), neurons[neurons["dead"] == 1])
    panels = maps.by_kind(cells, layers, DEAD_HEADINGS, maps.share_colors, "dead neurons")
    return maps.epoch_grid("Dead neurons by layer and epoch", run, panels, UNKNOWN)


def _saturable(ask: Ask, run: Run) -> pd.DataFrame:
    neurons = ask("neurons", run_id=run.run_id)
    if neurons["saturated"].isna().all():
        raise LeftOutError("saturated neurons", NO_ACTIVATION)
    return neurons


@figure(
    "Saturated neurons",
    "Views: saturation, neurons",
    NEURONS,
    neurons=_saturable,
    saturation="saturation",
)
def saturated_neurons(saturation: pd.DataFrame, neurons: pd.DataFrame, run: Run) -> go.Figure:
    """Draw the share of saturated values, from rows of saturation, and from neurons whose they are.

    Share of an activation's values whose slope is below 1 % of its largest slope: almost no
    gradient passes there. A ReLU counts as saturated wherever it is off. Point at a cell to see
    which neurons were saturated for every sample of the epoch.
    """
    told = saturation.assign(
        share=[
            f"{row.saturated:.2%} of values saturated ({exact(row.saturated)})<br>"
            f"{counted(row.saturated_neurons, 'neuron')} of {row.width} in every sample"
            for row in saturation.itertuples()
        ]
    )
    cells = _cells(told, saturation["saturated"], neurons[neurons["saturated"] == 1])
    colors = maps.share_colors(cells["shown"], "saturated values")
    panels = [maps.Panel("Activation layers", cells, colors, layer_labels(cells))]
    return maps.epoch_grid("Saturated neurons by layer and epoch", run, panels, UNKNOWN)


def _log_cells(
    rows: pd.DataFrame, column: str, kinds: pd.Series, texts: Sequence[str]
) -> pd.DataFrame:
    """Return the cells of a grid: the logarithms of a column, except for marked values."""
    logarithms = np.log10(rows[column].where(kinds == marks.ORDINARY))
    return rows.assign(shown=rows[column], value=logarithms, mark=kinds, hover=texts)


def _known(layers: pd.DataFrame, neurons: pd.DataFrame) -> pd.Series:
    """Return the fraction of dead neurons; NaN if no gradient of the layer was finite."""
    places = pd.MultiIndex.from_frame(layers[["layer", "epoch"]])
    finite = neurons.groupby(["layer", "epoch"])["cells"].max().reindex(places)
    return layers["fraction"].where((finite > 0).to_numpy())


def _cells(layers: pd.DataFrame, shares: pd.Series, which: pd.DataFrame) -> pd.DataFrame:
    """Return the cells of a grid, each with its share in words and the neurons concerned."""
    kinds = marks.special(shares).replace(marks.ZERO, marks.ORDINARY)
    named = {at: stretches(own) for at, own in which.groupby(["layer", "epoch"])["neuron"]}
    texts = style.hovers(layers, over_epochs.HEAD, "{share}")
    for place, at in enumerate(zip(layers["layer"], layers["epoch"], strict=True)):
        if own := named.get(at):
            texts[place] += f"<br>{plural(1 if own.isdigit() else 2, 'neuron')} {own}"
    values = shares.where(kinds == marks.ORDINARY).astype("float64")
    return layers.assign(shown=shares, value=values, mark=kinds, hover=texts)
