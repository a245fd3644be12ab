"""Runs that differ in their seeds, with medians and bands: norms, ratios, accuracy and loss."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from vanishing_gradients.analysis.figures.bands import (
    by_experiment,
    draw_lines,
    points_over_seeds,
    title_over_seeds,
)
from vanishing_gradients.analysis.figures.curves import HEADINGS, PARTS, gaps, note_of_gaps
from vanishing_gradients.analysis.figures.figure import figure, thresholds
from vanishing_gradients.analysis.figures.lines import open_panels
from vanishing_gradients.analysis.figures.marks import (
    INFINITE,
    NOT_FINITE,
    ORDINARY,
    ZERO,
    is_dense,
    layer_looks,
    numbered_look,
    special,
    special_ratios,
    with_symbols,
)
from vanishing_gradients.analysis.figures.over_epochs import (
    RATIO_HEADINGS,
    RATIO_MARKS,
    RATIO_PLACES,
    ratio_axes,
)
from vanishing_gradients.analysis.figures.style import METRIC_AXES, log_axis, stacked, whole_axis
from vanishing_gradients.analysis.runs import Run
from vanishing_gradients.analysis.words import counted

NORM_MARKS = with_symbols(
    {
        ZERO: "zero in one seed or more, at the bottom",
        NOT_FINITE: "not finite in one seed or more, at the top",
    }
)


@figure(norms="epoch_means", layers="layer_sizes")
def norms_over_seeds(norms: pd.DataFrame, layers: pd.DataFrame, runs: Sequence[Run]) -> go.Figure:
    """Draw the norms of `runs`, an experiment a line, in their first epoch and in their last.

    Lines are medians over seeds, bands reach from the smallest to the largest seed. Filled markers
    are dense layers, open ones all others, whose gradients are of another kind.

    `norms` holds the rows of gradient_norms of them all, `layers` those of layer_sizes. Raises
    ValueError for runs on different data sets, or with the same experiment and seed.
    """
    groups = by_experiment(runs)
    strands = layers[["run_id", "layer"]].assign(strand=(~is_dense(layers)).astype("int64"))
    norms = _of(norms, runs).merge(strands)
    epochs = norms.groupby("run_id")["epoch"]
    first, last = epochs.transform("min"), epochs.transform("max")
    panels = {_heading("First", first): norms[norms["epoch"] == first]}
    if (first < last).any():
        panels[_heading("Last", last)] = norms[norms["epoch"] == last]
    shown_norms = pd.concat(panels.values())["norm"]
    bottom, top = _powers(shown_norms)
    places = {ZERO: 10.0**bottom, NOT_FINITE: 10.0**top}
    title = title_over_seeds("Gradient norms by layer", runs, of_gradients=True)
    figure = stacked(title, list(panels), 0.1)
    shown: set[str] = set()
    for row, panel in enumerate(panels.values(), start=1):
        lines = []
        for place, (experiment, members) in enumerate(groups.items()):
            own = _of(panel, members)
            values = _values(
                own,
                members,
                x=own["layer"],
                value=own["norm"],
                mark=special(own["norm"]),
                strand=own["strand"],
                heading=[
                    f"<b>{experiment}, {each.layer_name}</b><br>epoch {each.epoch}, norm"
                    for each in own.itertuples()
                ],
            )
            look = numbered_look(f"{experiment} ({counted(len(members), 'seed')})", place)
            lines.append((look, points_over_seeds(values, places)))
        draw_lines(figure, row, lines, NORM_MARKS, shown)
    whole_axis(figure, norms["layer"], "layer; filled: dense, open: other")
    margins = (0.5, shown_norms.isna().any() - 0.5)
    return figure.update_yaxes(**log_axis(bottom, top, margins, "mean L2 norm of a row"))


@figure(norms="epoch_means", layers="layer_sizes", thresholds=thresholds)
def ratio_over_seeds(
    norms: pd.DataFrame, layers: pd.DataFrame, thresholds: pd.DataFrame, runs: Sequence[Run]
) -> go.Figure:
    """Draw the ratios of `runs`, all of one experiment, as gradient_norm_ratio draws those of one.

    Lines are medians over seeds, bands reach from the smallest to the largest seed.

    Each seed has its own ratio, norm of layer l + 1 over norm of layer l; the line is their median.
    An infinite ratio counts as larger than all others, an undefined one is left out. `norms` holds
    the rows of gradient_norms of all runs, `layers` those of layer_sizes, `thresholds` the row of
    ratio_thresholds. Raises ValueError for runs of different experiments, on different data sets,
    or with the same seed.
    """
    groups = by_experiment(runs)
    if len(groups) != 1:
        raise ValueError(f"this figure is of one experiment, not of {sorted(groups)}")
    values = _ratios(_of(norms, runs), runs)
    looks = layer_looks(layers.drop_duplicates("layer"))
    title = title_over_seeds("Gradient-norm ratio over seeds", runs, of_gradients=True)
    drawn = [looks[n] for n in values["layer"].unique()]
    figure, panels = open_panels(title, RATIO_HEADINGS, drawn)
    shown: set[str] = set()
    for row, members in enumerate(panels, start=1):
        lines = [
            (look, points_over_seeds(values[values["layer"] == look.layer], RATIO_PLACES))
            for look in members
        ]
        draw_lines(figure, row, lines, RATIO_MARKS, shown)
    whole_axis(figure, values["x"], "epoch")
    places = values["mark"].map(RATIO_PLACES).fillna(values["value"]).astype("float64")
    ratio_axes(figure, places, thresholds)
    return figure


@figure(curves="training_curves")
def accuracy_over_seeds(curves: pd.DataFrame, runs: Sequence[Run]) -> go.Figure:
    """Draw the accuracy of `runs`, an experiment a line, after the paper's Figure 22.

    Lines are medians over seeds, bands reach from the smallest to the largest seed.

    `curves` holds the rows of training_curves of them all. Raises ValueError for runs on different
    data sets, or with the same experiment and seed.
    """
    return _metric_over_seeds("accuracy", curves, runs)


@figure(curves="training_curves")
def loss_over_seeds(curves: pd.DataFrame, runs: Sequence[Run]) -> go.Figure:
    """Draw the loss of `runs`, as accuracy_over_seeds draws their accuracy: after Figure 23.

    Lines are medians over seeds, bands reach from the smallest to the largest seed.

    A loss that was not finite is left out of the median; the legend says of how many seeds.
    """
    return _metric_over_seeds("loss", curves, runs)


def _metric_over_seeds(metric: str, curves: pd.DataFrame, runs: Sequence[Run]) -> go.Figure:
    groups = by_experiment(runs)
    title = title_over_seeds(f"{metric.capitalize()} over seeds", runs, of_gradients=False)
    figure = stacked(title, HEADINGS, 0.08)
    shown: set[str] = set()
    for row, prefix in enumerate(PARTS.values(), start=1):
        lines, missing = [], {}
        column = prefix + metric
        for place, (experiment, members) in enumerate(groups.items()):
            own = _of(curves, members)
            head = f"<b>{experiment}, epoch {{}}</b><br>{column.replace('_', ' ')}"
            values = _values(
                own,
                members,
                x=own["epoch"],
                value=own[column],
                mark=special(own[column]).replace(ZERO, ORDINARY),
                heading=own["epoch"].map(head.format),
            )
            look = numbered_look(f"{experiment} ({_seeds(own, metric, members)})", place)
            lines.append((look, points_over_seeds(values, {})))
            if own[column].isna().all():
                missing[experiment] = sorted(set(gaps(own, column)))
        draw_lines(figure, row, lines, {}, shown)
        note_of_gaps(figure, missing, row)
    figure.update_yaxes(title_text=metric, **METRIC_AXES[metric])
    whole_axis(figure, _of(curves, runs)["epoch"], "epoch")
    return figure


def _of(rows: pd.DataFrame, runs: Sequence[Run]) -> pd.DataFrame:
    return rows[rows["run_id"].isin([run.run_id for run in runs])]


def _values(rows: pd.DataFrame, runs: Sequence[Run], **columns: object) -> pd.DataFrame:
    """Return the values of one line, as points_over_seeds takes them, with the seed of each."""
    seeds = rows["run_id"].map({run.run_id: run.seed for run in runs})
    return pd.DataFrame({"strand": 0, "seed": seeds} | columns)


def _ratios(norms: pd.DataFrame, runs: Sequence[Run]) -> pd.DataFrame:
    """Return the ratios of all layers, as points_over_seeds takes those of one."""
    below = norms[["run_id", "epoch", "layer", "norm"]]
    above = below.assign(layer=below["layer"] - 1)
    both = below.merge(above, on=["run_id", "epoch", "layer"], suffixes=("_below", "_above"))
    ratios = pd.DataFrame(
        {
            "ratio": both["norm_above"] / both["norm_below"].where(both["norm_below"] > 0),
            "numerator": both["norm_above"],
            "denominator": both["norm_below"],
        }
    )
    marks = special_ratios(ratios)
    return _values(
        both,
        runs,
        layer=both["layer"],
        x=both["epoch"],
        value=ratios["ratio"].mask(marks == INFINITE, np.inf),
        mark=marks,
        heading=[
            f"<b>layer {each.layer}, epoch {each.epoch}</b><br>norm of layer {each.layer + 1} / "
            f"norm of layer {each.layer}"
            for each in both.itertuples()
        ],
    )


def _heading(which: str, epochs: pd.Series) -> str:
    smallest, largest = epochs.min(), epochs.max()
    return f"{which} epoch: {smallest}" + (f" to {largest}" if smallest < largest else "")


def _powers(norms: pd.Series) -> tuple[int, int]:
    """Return the powers of ten at which zeros, and norms that are not finite, are drawn."""
    positive = norms[norms > 0]
    if positive.empty:
        return -1, 1
    return math.floor(math.log10(positive.min())) - 1, math.ceil(math.log10(positive.max())) + 1


def _seeds(own: pd.DataFrame, metric: str, members: Sequence[Run]) -> str:
    """Return the number of seeds, and how many of them had a value that was not finite."""
    broken = own[[prefix + metric for prefix in PARTS.values()]].isna().any(axis=1)
    count = own.loc[broken, "run_id"].nunique()
    return counted(len(members), "seed") + (f", {count} not always finite" if count else "")
