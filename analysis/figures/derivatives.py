"""The activations and their derivatives: the paper's Figures 1, 2 and 3."""

import numpy as np
import plotly.graph_objects as go
from scipy.special import expit as sigmoid

from vanishing_gradients.analysis.figures import style
from vanishing_gradients.analysis.figures.figure import figure
from vanishing_gradients.analysis.words import MINUS

REACH = 8  # of x, to either side
X = np.linspace(-REACH, REACH, 401)
X_AXIS = {"range": [-REACH, REACH], "dtick": 2}

SIGMA, PRIME = "\N{GREEK SMALL LETTER SIGMA}", "\N{PRIME}"
DERIVATIVE = f"derivative f{PRIME}(x)"

SATURATED_BELOW = 0.01  # of the sigmoid's derivative
SATURATED_FROM = np.log((1 + np.sqrt(1 - 4 * SATURATED_BELOW)) ** 2 / (4 * SATURATED_BELOW))
LARGEST = 0.25  # of the sigmoid's derivative

VANISHING = 1e-3  # the line that the paper's figures draw
DEPTH = 12  # of the paper's network
EXAMPLE = 5  # layers, in the paper's Section 3.1


def sigmoid_derivative(x: np.ndarray) -> np.ndarray:
    """Return s(x) (1 - s(x)), with s(-x) for 1 - s(x), which keeps its digits if s is near 1."""
    return sigmoid(x) * sigmoid(-x)


@figure()
def saturation() -> go.Figure:
    """Draw the sigmoid and its derivative, and shade where the derivative is below 0.01.

    The sigmoid and its derivative. Where the sigmoid is flat, its derivative is next to nothing,
    and a gradient is multiplied by it on its way back.
    """
    title = style.with_subtitle(
        "The sigmoid saturates",
        f"beyond x = ±{SATURATED_FROM:.3f} its derivative is below {SATURATED_BELOW:g},",
        f"and nowhere is it more than {LARGEST:g}",
    )
    figure = style.stacked(title, [""], 0)
    figure.add_trace(_curve(X, sigmoid(X), f"sigmoid {SIGMA}(x)", 0))
    figure.add_trace(_curve(X, sigmoid_derivative(X), f"its derivative {SIGMA}{PRIME}(x)", 1))
    for side, start in ((-1, -REACH), (1, SATURATED_FROM)):
        figure.add_vrect(
            x0=start,
            x1=start + REACH - SATURATED_FROM,
            fillcolor=style.GRID,
            opacity=0.6,
            layer="below",
            line_width=0,
        )
        figure.add_annotation(
            x=side * (REACH + SATURATED_FROM) / 2,
            y=0.5,
            text=f"saturated:<br>{SIGMA}{PRIME} &lt; {SATURATED_BELOW:g}",
            showarrow=False,
            font={"size": 12},
        )
    figure.add_trace(_point(0, LARGEST, "largest derivative: 0.25 at x = 0"))
    figure.add_annotation(
        x=0, y=LARGEST, text=f"{LARGEST:g}", showarrow=False, yshift=13, font={"size": 12}
    )
    figure.update_xaxes(X_AXIS, title_text="x")
    return figure.update_yaxes(title_text="value", range=[-0.03, 1.03])


@figure()
def derivative_products() -> go.Figure:
    """Draw the product of the activations' derivatives over 1 to 12 layers; weights are left out.

    Products of activation derivatives alone, by the number of layers. A gradient is also multiplied
    by the weights in between, which are left out; small initial weights shrink it far
    more, as the audit shows.

    An error that passes n layers back is multiplied by n such derivatives, and by n matrices of
    weights, which may compensate for them or not.
    """
    layers = np.arange(1, DEPTH + 1)
    title = style.with_subtitle(
        "Products of activation derivatives",
        f"over 1 to {DEPTH} layers, weights left out;",
        "an inactive ReLU has 0, which no log axis shows",
    )
    figure = style.stacked(title, [""], 0, style.ONE_LONG_PANEL)
    lines = {
        "ReLU, active: 1<sup>n</sup>": 1.0,
        "sigmoid at most, x = 0: 0.25<sup>n</sup>": LARGEST,
        "sigmoid at x = ±2: {}<sup>n</sup>": float(sigmoid_derivative(np.float64(2))),
        "sigmoid at x = ±4: {}<sup>n</sup>": float(sigmoid_derivative(np.float64(4))),
    }
    for place, (name, derivative) in enumerate(lines.items()):
        name = name.format(f"{derivative:.3g}")
        line = _curve(layers, derivative**layers, name, place, "n = %{x}: %{y:.3g}")
        figure.add_trace(
            line.update(mode="lines+markers", marker={"symbol": style.SYMBOLS[place], "size": 8})
        )
    example = LARGEST**EXAMPLE
    text = f"0.25<sup>{EXAMPLE}</sup> = {example:.3g}"
    figure.add_trace(_point(EXAMPLE, example, f"the paper's example: {text}"))
    arrow = {"ax": 30, "ay": -18, "arrowcolor": style.INK, "arrowwidth": 1, "xanchor": "left"}
    figure.add_annotation(x=EXAMPLE, y=np.log10(example), text=text, font={"size": 12}, **arrow)
    lowest = np.log10(float(sigmoid_derivative(np.float64(4)))) * DEPTH
    figure.update_yaxes(
        type="log",
        range=[lowest - 1, 1.5],
        dtick=3,
        exponentformat="power",
        tickfont={"size": 11},
        title_text="product of n derivatives",
    )
    style.whole_axis(figure, layers, "layers passed back, n")
    style.level(figure, VANISHING, f"vanishing ≤ {VANISHING:g}", style.VANISHING, below=True)
    return figure


@figure()
def activations() -> go.Figure:
    """Draw the sigmoid and ReLU, one panel each, with their derivatives.

    Sigmoid and ReLU, each with its derivative.
    """
    title = style.with_subtitle(
        "Sigmoid and ReLU with their derivatives",
        "the sigmoid's derivative is 0.25 at most;",
        "ReLU's is 1 for positive x and 0 for all other",
    )
    headings = (f"Sigmoid: f(x) = 1 / (1 + e<sup>{MINUS}x</sup>)", "ReLU: f(x) = max(0, x)")
    figure = style.stacked(title, headings, 0.1)
    below, above = X[X <= 0], X[X >= 0]
    slope_at = [*below, None, *above]  # no line connects the two values of a step
    slope = [0.0] * len(below) + [None] + [1.0] * len(above)
    drawn = [(X, sigmoid(X)), (X, sigmoid_derivative(X)), (X, np.maximum(X, 0)), (slope_at, slope)]
    for place, (x, y) in enumerate(drawn):
        row, kind = divmod(place, 2)
        line = _curve(x, y, ("activation f(x)", DERIVATIVE)[kind], kind)
        figure.add_trace(line.update(showlegend=row == 0), row + 1, 1)
    ends = go.Scatter(
        x=[0, 0],
        y=[0, 1],
        mode="markers",
        marker={
            "symbol": ["circle", "circle-open"],
            "size": 8,
            "color": style.PALETTE[1],
            "line": {"width": 1.5, "color": style.PALETTE[1]},
        },
        name=DERIVATIVE,
        legendgroup=DERIVATIVE,
        showlegend=False,
        text=["taken to be 0 at x = 0", "1 only for x above 0"],
        hovertemplate="%{text}<extra></extra>",
    )
    figure.add_trace(ends, 2, 1)
    figure.update_xaxes(X_AXIS)
    figure.update_xaxes(title_text="x", row=2)
    figure.update_yaxes(title_text="value", range=[-0.05, 1.05], row=1)
    return figure.update_yaxes(title_text="value", range=[-0.4, REACH + 0.4], row=2)


def _curve(
    x: np.ndarray, y: np.ndarray, name: str, place: int, hover: str = "x = %{x:.2f}: %{y:.4g}"
) -> go.Scatter:
    return go.Scatter(
        x=list(x),
        y=list(y),
        mode="lines",
        name=name,
        legendgroup=name,
        line={"color": style.PALETTE[place], "dash": style.DASHES[place], "width": 2.5},
        hovertemplate=f"<b>{name}</b><br>{hover}<extra></extra>",
    )


def _point(x: float, y: float, name: str) -> go.Scatter:
    """Return a dark ring around a point that the text mentions."""
    return go.Scatter(
        x=[x],
        y=[y],
        mode="markers",
        name=name,
        marker={"symbol": "circle-open", "size": 13, "color": style.INK, "line": {"width": 2}},
        hovertemplate=f"{name}<extra></extra>",
    )
