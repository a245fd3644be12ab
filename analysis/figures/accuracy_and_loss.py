"""Accuracy and loss of one run over its epochs: the paper's Figures 12, 16, 19 and 21."""

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from vanishing_gradients.analysis.figures.curve import curve, gaps, note_of_gaps
from vanishing_gradients.analysis.figures.style import (
    ACCURACY_AXIS,
    LOSS_AXIS,
    layout,
    title_of_run,
    whole_axis,
)
from vanishing_gradients.analysis.runs import Run

PARTS = {"training": "", "validation": "test_"}


def accuracy_and_loss(curves: pd.DataFrame, run: Run) -> go.Figure:
    """Draw the rows of training_curves of one run: accuracy above, loss below, from zero up."""
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.07)
    title = title_of_run("Accuracy and loss by epoch", run, of_gradients=False)
    figure.update_layout(layout(title))
    for row, (metric, axis) in enumerate(
        (("accuracy", ACCURACY_AXIS), ("loss", LOSS_AXIS)), start=1
    ):
        for place, (part, prefix) in enumerate(PARTS.items()):
            line = curve(curves["epoch"], curves[prefix + metric], part, metric, place)
            if line:
                figure.add_trace(line.update(showlegend=row == 1), row, 1)
        missing = {part: gaps(curves, prefix + metric) for part, prefix in PARTS.items()}
        note_of_gaps(figure, missing, row)
        whole_axis(figure, curves["epoch"], row)
        figure.update_yaxes(title_text=metric, **axis, row=row, col=1)
    figure.update_xaxes(title_text="epoch", row=2, col=1)
    return figure
