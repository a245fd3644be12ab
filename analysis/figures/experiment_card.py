"""One small figure of one experiment among many: norms along its layers, and its accuracy."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from vanishing_gradients.analysis.figures.bands import Look
from vanishing_gradients.analysis.figures.log_panel import LogPanel, log_panel
from vanishing_gradients.analysis.figures.marked_line import marked_line, outlines
from vanishing_gradients.analysis.figures.marks import NOT_FINITE, ORDINARY, ZERO, Mark
from vanishing_gradients.analysis.figures.style import (
    ACCURACY_AXIS,
    PALETTE,
    exact,
    layout,
    whole_axis,
)

HEIGHT = 330
BELOW, ABOVE = "below", "above"
MARKS = {
    ZERO: Mark("triangle-down", "exactly zero"),
    NOT_FINITE: Mark("hourglass", "not finite"),
    BELOW: Mark("arrow-down", "below the axis"),
    ABOVE: Mark("arrow-up", "above the axis"),
}
AXIS = (1e-16, 1e4)  # what lies beyond, in one experiment, would flatten all others
FIRST = Look("first epoch", 1, PALETTE[5], "dash", "circle-open")
LAST = Look("last epoch", 2, PALETTE[0], "solid", "circle")
ACCURACY = PALETTE[1]


def common_axis(norms: Sequence[pd.DataFrame]) -> LogPanel:
    """Return the axis for all experiments: of their norms, but not beyond AXIS."""
    shown = pd.concat([_ends(own)["norm"] for own in norms])
    axis = log_panel(shown.mask((shown > 0) & ~shown.between(*AXIS)))
    beyond = shown[shown > 0]
    return LogPanel(
        min(axis.bottom, AXIS[0] / 10) if (beyond < AXIS[0]).any() else axis.bottom,
        max(axis.top, AXIS[1] * 10) if (beyond > AXIS[1]).any() else axis.top,
    )


def experiment_card(norms: pd.DataFrame, curves: pd.DataFrame, axis: LogPanel) -> go.Figure:
    """Draw one run: norms of its dense layers in first and last epoch above, test accuracy below.

    `norms` has the rows of epoch_means of dense layers, with `depth`; `curves` the rows of
    training_curves. `axis` is the same for all cards that are to be compared.
    """
    figure = make_subplots(rows=2, cols=1, row_heights=[0.64, 0.36], vertical_spacing=0.2)
    figure.update_layout(layout("", HEIGHT))
    ends = _ends(norms)
    first, last = ends["epoch"].min(), ends["epoch"].max()
    for look, epoch in ((FIRST, first), (LAST, last)) if first < last else ((LAST, last),):
        points = _points(ends[ends["epoch"] == epoch], axis)
        figure.add_trace(marked_line(points, look, MARKS), 1, 1)
        figure.add_traces(list(outlines(points, MARKS, MARKS).values()), 1, 1)
    figure.add_trace(
        go.Scatter(
            x=curves["epoch"].tolist(),
            y=curves["test_accuracy"].tolist(),
            mode="lines+markers",
            line={"color": ACCURACY, "width": 2},
            marker={"size": 5},
            name="test accuracy",
            cliponaxis=False,
            hovertemplate="epoch %{x}: test accuracy %{y:.2%}<extra></extra>",
        ),
        2,
        1,
    )
    whole_axis(figure, norms["depth"], 1)
    whole_axis(figure, curves["epoch"], 2)
    figure.update_yaxes(**axis.layout("norm"), row=1, col=1)
    figure.update_yaxes(**ACCURACY_AXIS, title_text="accuracy", nticks=3, row=2, col=1)
    figure.update_xaxes(title_text="dense layer", row=1, col=1)
    figure.update_xaxes(title_text="epoch", row=2, col=1)
    figure.update_xaxes(title={"standoff": 2}, nticks=6)
    figure.update_layout(
        showlegend=False, margin={"l": 54, "r": 10, "t": 8, "b": 36}, font={"size": 11}
    )
    return figure


def _ends(norms: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the first epoch and the last."""
    return norms[norms["epoch"].isin((norms["epoch"].min(), norms["epoch"].max()))]


def _points(own: pd.DataFrame, axis: LogPanel) -> pd.DataFrame:
    marks = pd.Series(ORDINARY, index=own.index, dtype="object")
    marks[own["norm"] == 0] = ZERO
    marks[own["norm"].isna()] = NOT_FINITE
    marks[(own["norm"] > 0) & (own["norm"] < axis.bottom * 10)] = BELOW
    marks[own["norm"] > axis.top / 10] = ABOVE
    low, high = marks.isin((ZERO, BELOW)), marks.isin((NOT_FINITE, ABOVE))
    return pd.DataFrame(
        {
            "x": own["depth"],
            "y": own["norm"].mask(low, axis.bottom).mask(high, axis.top),
            "mark": marks,
            "hover": [
                f"<b>{row.layer_name}, epoch {row.epoch}</b><br>norm {exact(row.norm)}"
                for row in own.itertuples()
            ],
        }
    )
