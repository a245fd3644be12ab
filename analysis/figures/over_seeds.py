"""Runs that differ in their seeds, with medians and bands: norms, ratios, accuracy and loss."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go

from vanishing_gradients.analysis.figures import bands, marks, over_epochs, style
from vanishing_gradients.analysis.figures.curves import HEADINGS, PARTS, note_of_gaps
from vanishing_gradients.analysis.figures.figure import figure, thresholds
from vanishing_gradients.analysis.figures.lines import open_panels
from vanishing_gradients.analysis.runs import Run
from vanishing_gradients.analysis.words import counted

KEYS = ["run_id", "experiment", "seed"]
NORM_MARKS = marks.with_symbols(
    {
        marks.ZERO: "zero in one seed or more, at the bottom",
        marks.NOT_FINITE: "not finite in one seed or more, at the top",
    }
)


@figure(norms="epoch_means", layers="layer_sizes")
def norms_over_seeds(norms: pd.DataFrame, layers: pd.DataFrame, runs: Sequence[Run]) -> go.Figure:
    """Draw the norms of `runs`, one line per experiment, in their first epoch and in their last.

    Lines are medians over seeds, bands reach from the smallest to the largest seed. Filled markers
    are dense layers, open ones all others, whose gradients are of another kind.

    `norms` holds the rows of gradient_norms of them all, `layers` those of layer_sizes. Raises
    ValueError for runs on different data sets, or with the same experiment and seed.
    """
    groups = bands.by_experiment(runs)
    strands = layers[["run_id", "layer"]].assign(strand=(~marks.is_dense(layers)).astype("int64"))
    norms = _of(norms, runs).merge(strands)
    values = norms.assign(
        x=norms["layer"],
        value=norms["norm"],
        mark=marks.special(norms["norm"]),
        heading=style.hovers(norms, "<b>{experiment}, {layer_name}</b>", "epoch {epoch}, norm"),
    )
    epochs = norms.groupby("run_id")["epoch"]
    first, last = epochs.transform("min"), epochs.transform("max")
    panels = {_heading("First", first): values[norms["epoch"] == first]}
    if (first < last).any():
        panels[_heading("Last", last)] = values[norms["epoch"] == last]
    shown_norms = pd.concat(panels.values())["norm"]
    bottom, top = _powers(shown_norms)
    places = {marks.ZERO: 10.0**bottom, marks.NOT_FINITE: 10.0**top}
    title = bands.title_over_seeds("Gradient norms by layer", runs, of_gradients=True)
    figure = style.stacked(title, list(panels), 0.1)
    names = {name: f"{name} ({counted(len(own), 'seed')})" for name, own in groups.items()}
    shown: set[str] = set()
    for row, panel in enumerate(panels.values(), start=1):
        bands.draw_lines(figure, row, _lines(panel, names, places), NORM_MARKS, shown)
    style.whole_axis(figure, norms["layer"], "layer; filled: dense, open: other")
    margins = (0.5, shown_norms.isna().any() - 0.5)
    return figure.update_yaxes(**style.log_axis(bottom, top, margins, "mean L2 norm of a row"))


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
    groups = bands.by_experiment(runs)
    if len(groups) != 1:
        raise ValueError(f"this figure is of one experiment, not of {sorted(groups)}")
    values = _ratios(_of(norms, runs))
    looks = marks.layer_looks(layers.drop_duplicates("layer"))
    title = bands.title_over_seeds("Gradient-norm ratio over seeds", runs, of_gradients=True)
    drawn = [looks[n] for n in values["layer"].unique()]
    figure, panels = open_panels(title, over_epochs.RATIO_HEADINGS, drawn)
    places = over_epochs.RATIO_PLACES
    shown: set[str] = set()
    for row, members in enumerate(panels, start=1):
        lines = [
            (look, bands.points_over_seeds(values[values["layer"] == look.rank], places))
            for look in members
        ]
        bands.draw_lines(figure, row, lines, over_epochs.RATIO_MARKS, shown)
    style.whole_axis(figure, values["x"], "epoch")
    drawn_at = values["mark"].map(places).fillna(values["value"]).astype("float64")
    over_epochs.ratio_axes(figure, drawn_at, thresholds)
    return figure


@figure(curves="training_curves")
def accuracy_over_seeds(curves: pd.DataFrame, runs: Sequence[Run]) -> go.Figure:
    """Draw the accuracy of `runs`, one line per experiment, after the paper's Figure 22.

    Lines are medians over seeds, bands reach from the smallest to the largest seed.

    `curves` holds the rows of training_curves of them all. Raises ValueError for runs on different
    data sets, or with the same experiment and seed.
    """
    return _metric_over_seeds("accuracy", curves, runs)


@figure(curves="training_curves")
def loss_over_seeds(curves: pd.DataFrame, runs: Sequence[Run]) -> go.Figure:
    """Draw the loss of `runs`, as accuracy_over_seeds draws their accuracy: after Figure 23.

    Lines are medians over seeds, bands reach from the smallest to the largest seed.

    A loss that was not finite is left out of the median; the legend says for how many seeds.
    """
    return _metric_over_seeds("loss", curves, runs)


def _metric_over_seeds(metric: str, curves: pd.DataFrame, runs: Sequence[Run]) -> go.Figure:
    groups = bands.by_experiment(runs)
    title = bands.title_over_seeds(f"{metric.capitalize()} over seeds", runs, of_gradients=False)
    figure = style.stacked(title, HEADINGS, 0.08)
    curves = _of(curves, runs)
    broken = curves[curves[[prefix + metric for prefix in PARTS.values()]].isna().any(axis=1)]
    names = {}
    for name, own in groups.items():
        count = broken.loc[broken["experiment"] == name, "run_id"].nunique()
        note = f", {count} not always finite" if count else ""
        names[name] = f"{name} ({counted(len(own), 'seed')}{note})"
    shown: set[str] = set()
    for row, column in enumerate([prefix + metric for prefix in PARTS.values()], start=1):
        text = column.replace("_", " ")
        values = curves.assign(
            strand=0,
            x=curves["epoch"],
            value=curves[column],
            mark=marks.special(curves[column]).replace(marks.ZERO, marks.ORDINARY),
            heading=style.hovers(curves, "<b>{experiment}, epoch {epoch}</b>", text),
        )
        bands.draw_lines(figure, row, _lines(values, names, {}), {}, shown)
        never = {
            name: sorted(set(own["epoch"]))
            for name, own in values.groupby("experiment")
            if own["value"].isna().all()
        }
        note_of_gaps(figure, never, row)
    figure.update_yaxes(title_text=metric, **style.METRIC_AXES[metric])
    style.whole_axis(figure, curves["epoch"], "epoch")
    return figure


def _of(rows: pd.DataFrame, runs: Sequence[Run]) -> pd.DataFrame:
    """Return the rows of `runs`, with experiment and seed."""
    known = pd.DataFrame([(run.run_id, run.experiment, run.seed) for run in runs], columns=KEYS)
    return rows.drop(columns=KEYS[1:], errors="ignore").merge(known)


def _lines(
    values: pd.DataFrame, names: Mapping[str, str], places: Mapping[str, float]
) -> list[tuple[marks.Look, list[bands.Point]]]:
    """Return a line per experiment, with its legend entry from `names`."""
    return [
        (
            marks.numbered_look(name, place),
            bands.points_over_seeds(values[values["experiment"] == experiment], places),
        )
        for place, (experiment, name) in enumerate(names.items())
    ]


def _ratios(norms: pd.DataFrame) -> pd.DataFrame:
    """Return the ratios of all layers, in the format of points_over_seeds."""
    above = norms[["run_id", "epoch", "layer", "norm"]].assign(layer=norms["layer"] - 1)
    both = norms.merge(above, on=["run_id", "epoch", "layer"], suffixes=("_below", "_above"))
    found = marks.divided(both["norm_above"], both["norm_below"])
    return both.assign(
        strand=0,
        x=both["epoch"],
        value=found["ratio"],
        mark=found["mark"],
        heading=style.hovers(
            both.assign(next=both["layer"] + 1),
            "<b>layer {layer}, epoch {epoch}</b>",
            "norm of layer {next} / norm of layer {layer}",
        ),
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
