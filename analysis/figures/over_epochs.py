"""Gradients of one run over its epochs, a line per layer: ratios, means, updates and noise."""

import math
from collections.abc import Collection, Mapping

import pandas as pd
import plotly.graph_objects as go

from vanishing_gradients.analysis import words
from vanishing_gradients.analysis.figures import marks, recorded, style
from vanishing_gradients.analysis.figures.figure import figure, thresholds
from vanishing_gradients.analysis.figures.layer_names import layer_names
from vanishing_gradients.analysis.figures.lines import line_per_layer
from vanishing_gradients.analysis.figures.symmetric_log import SymmetricLog
from vanishing_gradients.analysis.runs import Run
from vanishing_gradients.analysis.words import MINUS, counted, exact, power

HEAD = "<b>{layer_name}, epoch {epoch}</b>"

# Infinity and zero have no place on a logarithmic axis: the paper draws them here.
INFINITE_AT, ZERO_AT = 6, -6  # powers of ten
RATIO_MEANINGS = {
    marks.INFINITE: words.INFINITE,
    marks.UNDEFINED: words.UNDEFINED,
    marks.NOT_FINITE: words.NO_GRADIENT,
    marks.ZERO: "zero (0 / x)",
}
RATIO_POWERS = {mark: ZERO_AT if mark == marks.ZERO else INFINITE_AT for mark in RATIO_MEANINGS}
RATIO_PLACES = {mark: 10.0**exponent for mark, exponent in RATIO_POWERS.items()}
RATIO_MARKS = marks.with_symbols(
    {
        mark: f"{meaning}, drawn at {power(RATIO_POWERS[mark])}"
        for mark, meaning in RATIO_MEANINGS.items()
    }
)
RATIO_HEADINGS = ("<i>l</i> is a layer with weights", "<i>l</i> is an activation or other layer")

VANISHING_REGION = 1e-3  # of a mean gradient, either side of zero: the paper's Figure 11
MEAN_MARKS = {marks.ZERO: marks.Mark("circle", "exactly zero")} | marks.with_symbols(
    {marks.NOT_FINITE: f"{words.NO_GRADIENT}, drawn at the top"}
)
MEAN_HEADINGS = ("With weights: gradient of the weights", "Without: gradient of a sample")

# A. Karpathy, CS231n, "Neural Networks Part 3", section "Ratio of weights:updates", Stanford, 2015,
# https://cs231n.github.io/neural-networks-3/#ratio: "somewhere around 1e-3"; far below it the
# learning rate may be too low, far above it too high.
USUAL_UPDATE = 1e-3
UPDATE_MARKS = marks.with_symbols(
    {
        marks.ZERO: "zero: no step at all, at the bottom",
        marks.NOT_FINITE: f"{words.NOT_FINITE}, or x / 0: at the top",
    }
)
NOISE_MARKS = marks.with_symbols(
    {
        marks.ZERO: "zero or below: no noise, at the bottom",
        marks.UNDEFINED: "no estimate: noise, or zeros; at the top",
        marks.NOT_FINITE: f"{words.NO_GRADIENT}, at the top",
    }
)


@figure(
    "Gradient-norm ratio",
    ratios="gradient_norm_ratios",
    layers="layer_sizes",
    thresholds=thresholds,
)
def gradient_norm_ratio(
    ratios: pd.DataFrame, layers: pd.DataFrame, thresholds: pd.DataFrame, run: Run
) -> go.Figure:
    """Draw the rows of gradient_norm_ratios of one run, on a logarithmic axis.

    Norm of layer l + 1 over norm of layer l, or of the next that has a gradient; a layer's norm is
    the mean L2 norm of the rows of its gradient. Layers are numbered as in the paper, whose Figures
    10, 13, 17, 18 and 20 show this ratio. The gradient of a dense layer is a sum over the batch,
    that of any other layer is one sample's: a ratio far from 1 between the two kinds is not by
    itself a fault. Infinite, undefined and zero ratios have no place on a logarithmic axis and are
    drawn as marks, side by side if there are several.

    `layers` has the rows of layer_sizes, `thresholds` the row of ratio_thresholds.
    """
    kinds = marks.special_ratios(ratios)
    places = kinds.map(RATIO_PLACES).fillna(ratios["ratio"]).astype("float64")
    points = ratios.assign(y=places, mark=kinds, hover=hovers_of_ratios(ratios, kinds, layers))
    what = "Gradient-norm ratio by layer and epoch"
    figure = line_per_layer(what, run, points, layers, RATIO_MARKS, RATIO_HEADINGS)
    ratio_axes(figure, places, thresholds)
    return figure


@figure("Mean gradient", norms="gradient_norms", layers="layer_sizes")
def mean_gradient(
    norms: pd.DataFrame, layers: pd.DataFrame, run: Run, only: Collection[int] | None = None
) -> go.Figure:
    """Draw `mean` of the rows of gradient_norms of one run, or of the layers `only`.

    Mean over all gradient values of a layer in an epoch, on an axis that is logarithmic on either
    side of zero and linear around it. Dashed lines at ±0.001 bound what the paper calls the
    vanishing region (its Figures 11 and 15). Softmax with cross-entropy gives every sample a
    gradient that sums to zero: without penalties on the weights, the means of the last two layers
    are rounding errors.

    A single layer looks as it does among all others. Raises ValueError for layers the run lacks.
    """
    names = layer_names(norms)
    if only is not None:
        if not only or not set(only) <= set(names):
            raise ValueError(f"layers {sorted(only)} are not some of {sorted(names)}")
        norms = norms[norms["layer"].isin(only)]
    scale = SymmetricLog.fitting(norms["mean"], VANISHING_REGION)
    largest = max(norms["mean"].abs().fillna(0).max(), VANISHING_REGION)
    edge = float(scale.position(pd.Series([largest]))[0]) * 1.08
    points = norms.assign(
        y=scale.position(norms["mean"]).fillna(edge),
        mark=marks.special(norms["mean"]),
        hover=style.hovers(norms, HEAD, "mean gradient {mean}", "median {median}"),
    )
    figure = line_per_layer(_what(only, names), run, points, layers, MEAN_MARKS, MEAN_HEADINGS)
    positions, texts = scale.ticks(largest)
    figure.update_yaxes(
        range=[-1.14 * edge, 1.14 * edge],
        tickvals=positions,
        ticktext=texts,
        zeroline=True,
        zerolinecolor=style.INK,
        title_text=f"mean gradient (linear within ±{scale.unit:.0e})",
    )
    line = float(scale.position(pd.Series([VANISHING_REGION]))[0])
    style.level(figure, line, f"{VANISHING_REGION:g}", style.VANISHING, below=False)
    style.level(figure, -line, f"{MINUS}{VANISHING_REGION:g}", style.VANISHING, below=True)
    return figure


@figure(
    "Update-to-weight ratio",
    recorded="update-to-weight ratios",
    ratios="update_ratios",
    layers="layer_sizes",
)
def update_ratio(ratios: pd.DataFrame, layers: pd.DataFrame, run: Run) -> go.Figure:
    """Draw `ratio` of the rows of update_ratios of one run: how far a step moves the weights.

    L2 norm of the change of a layer's weights in a step over that of the weights, averaged over an
    epoch. The usual guide is somewhere around 1e-3 (Karpathy, CS231n,
    https://cs231n.github.io/neural-networks-3/#ratio): far below it a layer hardly learns, far
    above it the learning rate may be too large.
    """
    texts = style.hovers(
        ratios.assign(
            clipping=[
                f"<br>clipped to {exact(norm)}, in {share:.1%} of steps" if share > 0 else ""
                for norm, share in zip(ratios["clipped_norm"], ratios["clipped"], strict=True)
            ]
        ),
        HEAD,
        "update / weights {ratio}",
        "L2 norm of the weights {weight_norm}",
        "L2 norm of the update {update_norm}",
        "L2 norm of the gradient {gradient_norm}{clipping}",
    )
    points = ratios.assign(y=ratios["ratio"], mark=marks.special(ratios["ratio"]), hover=texts)
    usual = (USUAL_UPDATE, f"usual guide: {USUAL_UPDATE:g}")
    title, axis = "Update-to-weight ratio by layer", "norm of the step / norm of the weights"
    return _log_lines(title, run, points, layers, UPDATE_MARKS, axis, usual)


@figure(
    "Gradient noise scale",
    views="View: noise_scales",
    scales=recorded.noise_scales,
    layers="layer_sizes",
    batch_size=recorded.batch_size,
)
def noise_scale(scales: pd.DataFrame, layers: pd.DataFrame, batch_size: int, run: Run) -> go.Figure:
    """Draw the simple noise scale, in samples: below this batch size noise dominates.

    The simple noise scale tr(Σ) / |G|² of the gradients of an epoch's batches: the batch size at
    which noise and gradient are equally large (McCandlish et al., 2018,
    https://arxiv.org/abs/1812.06162). Far above the batch size steps are mostly noise; far below it
    larger batches are of little use. The weights change within an epoch, which counts as noise.

    McCandlish, Kaplan, Amodei and the OpenAI Dota Team, 2018, An Empirical Model of Large-Batch
    Training, Equation 2.9. `scales` has the rows of noise_scales; `batch_size` is drawn as a
    line.
    """
    values = scales["noise_scale"].clip(lower=0)
    unknown = {marks.UNDEFINED: values.isna(), marks.NOT_FINITE: scales["mean_square"].isna()}
    texts = style.hovers(
        scales.assign(batches=[counted(steps, "batch", "batches") for steps in scales["steps"]]),
        HEAD,
        "noise scale {noise_scale} samples",
        "mean of |g|² {mean_square}",
        "|mean of g|² {square_of_mean}",
        "{batches}",
    )
    points = scales.assign(y=values, mark=marks.special(values, unknown), hover=texts)
    line = (batch_size, f"batch size {batch_size}")
    title, axis = "Gradient noise scale by layer", "simple noise scale, in samples"
    return _log_lines(title, run, points, layers, NOISE_MARKS, axis, line)


def _log_lines(
    what: str,
    run: Run,
    points: pd.DataFrame,
    layers: pd.DataFrame,
    meanings: Mapping[str, marks.Mark],
    axis_title: str,
    line: tuple[float, str],
) -> go.Figure:
    """Draw a line per layer on a logarithmic axis: zeros at its bottom, NaN and infinities at its
    top.

    `line` is drawn across, with its text.
    """
    at, meaning = line
    axis = style.log_panel(points["y"], [at])
    places = points["y"].mask(points["mark"] == marks.ZERO, axis.bottom).fillna(axis.top)
    among = layers[layers["layer"].isin(points["layer"])]
    figure = line_per_layer(what, run, points.assign(y=places), among, meanings)
    figure.update_yaxes(**axis.layout(axis_title))
    style.level(figure, at, meaning, style.EXPLODING, below=False)
    return figure


def ratio_axes(figure: go.Figure, drawn: pd.Series, thresholds: pd.DataFrame) -> None:
    """Give every panel a logarithmic axis with room for all that is `drawn`, and the thresholds."""
    vanishing, exploding = thresholds[["vanishing", "exploding"]].iloc[0]
    lowest = math.log10(min(drawn.min(), vanishing))
    highest = math.log10(max(drawn.max(), exploding))
    margin = 0.12 * (highest - lowest)  # room for the labels of the two lines
    title = "norm of <i>l</i> + 1 / norm of <i>l</i>"
    figure.update_yaxes(**style.log_axis(lowest, highest, (margin, margin), title))
    style.level(figure, vanishing, f"vanishing ≤ {vanishing:g}", style.VANISHING, below=True)
    style.level(figure, exploding, f"exploding > {exploding:g}", style.EXPLODING, below=False)


def hovers_of_ratios(ratios: pd.DataFrame, kinds: pd.Series, layers: pd.DataFrame) -> list[str]:
    """Return the hover text of each row of gradient_norm_ratios, with its mark."""
    names = layer_names(layers)
    told = {mark: text for mark, text in RATIO_MEANINGS.items() if mark != marks.ZERO}
    return style.hovers(
        ratios.assign(
            value=kinds.map(told).fillna(ratios["ratio"].map(exact)),
            below=ratios["layer"].map(names),
            above=ratios["next_layer"].map(names),
        ),
        "<b>layer {layer}, epoch {epoch}</b>",
        "ratio {value} ({class})",
        "{above}: norm {numerator}",
        "{below}: norm {denominator}",
    )


def _what(layers: Collection[int] | None, names: Mapping[int, str]) -> str:
    if layers is None:
        return "Mean gradient by layer and epoch"
    *before, last = sorted(set(layers))
    if not before:
        return f"Mean gradient of {names[last]}"
    return f"Mean gradient of layers {', '.join(map(str, before))} and {last}"
