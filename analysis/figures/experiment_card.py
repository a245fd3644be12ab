"""A small figure of one experiment among many: norms along its layers, and its accuracy."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from vanishing_gradients.analysis.figures import marks, style
from vanishing_gradients.analysis.figures.lines import add_outlines, marked_line

HEIGHT = 330
BELOW, ABOVE = "below", "above"
MARKS = marks.with_symbols({marks.ZERO: "exactly zero", marks.NOT_FINITE: "not finite"}) | {
    BELOW: marks.Mark("arrow-down", "below the axis"),
    ABOVE: marks.Mark("arrow-up", "above the axis"),
}
AXIS = (1e-16, 1e4)  # one experiment beyond this would flatten all others
FIRST = marks.Look("first epoch", 1, style.PALETTE[5], "dash", "circle-open")
LAST = marks.Look("last epoch", 2, style.PALETTE[0], "solid", "circle")


def common_axis(norms: Sequence[pd.DataFrame]) -> style.LogPanel:
    """Return the common axis for the norms of all experiments, within AXIS."""
    shown = pd.concat([_ends(own)["norm"] for own in norms])
    axis = style.log_panel(shown.mask((shown > 0) & ~shown.between(*AXIS)))
    beyond = shown[shown > 0]
    return style.LogPanel(
        min(axis.bottom, AXIS[0] / 10) if (beyond < AXIS[0]).any() else axis.bottom,
        max(axis.top, AXIS[1] * 10) if (beyond > AXIS[1]).any() else axis.top,
    )


def experiment_card(norms: pd.DataFrame, curves: pd.DataFrame, axis: style.LogPanel) -> go.Figure:
    """Draw one run: norms of its dense layers in first and last epoch above, test accuracy below.

    `norms` has the rows of epoch_means of dense layers, with `depth`; `curves` the rows of
    training_curves. `axis` is the same for all cards to be compared.
    """
    heights = {"row_heights": [0.64, 0.36], "shared_xaxes": False}
    figure = style.stacked("", ["", ""], 0.2, HEIGHT, **heights)
    by_epoch = dict(iter(_ends(norms).groupby("epoch")))
    for look, own in zip((FIRST, LAST)[-len(by_epoch) :], by_epoch.values(), strict=True):
        points = _points(own, axis)
        figure.add_trace(marked_line(points, look, MARKS), 1, 1)
        add_outlines(figure, 1, points, MARKS, set(MARKS))
    accuracy = go.Scatter(
        x=curves["epoch"].tolist(),
        y=curves["test_accuracy"].tolist(),
        mode="lines+markers",
        line={"color": style.PALETTE[1], "width": 2},
        marker={"size": 5},
        name="test accuracy",
        cliponaxis=False,
        hovertemplate="epoch %{x}: test accuracy %{y:.2%}<extra></extra>",
    )
    figure.add_trace(accuracy, 2, 1)
    style.whole_axis(figure, norms["depth"], "dense layer", row=1)
    style.whole_axis(figure, curves["epoch"], "epoch", row=2)
    figure.update_xaxes(title={"standoff": 2}, nticks=6)
    figure.update_yaxes(**axis.layout("norm"), row=1)
    figure.update_yaxes(**style.METRIC_AXES["accuracy"], title_text="accuracy", nticks=3, row=2)
    margin = {"l": 54, "r": 10, "t": 8, "b": 36}
    return figure.update_layout(showlegend=False, margin=margin, font={"size": 11})


def _ends(norms: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the first epoch and the last."""
    return norms[norms["epoch"].isin((norms["epoch"].min(), norms["epoch"].max()))]


def _points(own: pd.DataFrame, axis: style.LogPanel) -> pd.DataFrame:
    beyond = {
        BELOW: (own["norm"] > 0) & (own["norm"] < axis.bottom * 10),
        ABOVE: own["norm"] > axis.top / 10,
    }
    kinds = marks.special(own["norm"], beyond)
    low, high = kinds.isin((marks.ZERO, BELOW)), kinds.isin((marks.NOT_FINITE, ABOVE))
    return own.assign(
        x=own["depth"],
        y=own["norm"].mask(low, axis.bottom).mask(high, axis.top),
        mark=kinds,
        hover=style.hovers(own, "<b>{layer_name}, epoch {epoch}</b>", "norm {norm}"),
    )
