"""One line of a training curve, and what is said of epochs in which a value was not finite."""

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from vanishing_gradients.analysis.figures.style import DASHES, INK, PALETTE, SYMBOLS, exact

MOST_NAMED = 6  # epochs


def curve(
    epochs: pd.Series, values: pd.Series, name: str, metric: str, place: int
) -> go.Scatter | None:
    """Return `values` of `metric` over `epochs` as line number `place` of its panel.

    None where no value is finite.
    """
    if values.isna().all():
        return None
    return go.Scatter(
        x=epochs.tolist(),
        y=[None if pd.isna(value) else value for value in values],
        text=[
            f"<b>{name}, epoch {epoch}</b><br>{metric} {exact(value)}"
            for epoch, value in zip(epochs, values, strict=True)
        ],
        mode="lines+markers",
        name=name,
        legendgroup=name,
        cliponaxis=False,
        line={
            "color": PALETTE[place % len(PALETTE)],
            "dash": DASHES[place % len(DASHES)],
            "width": 2,
        },
        marker={"symbol": SYMBOLS[place % len(SYMBOLS)], "size": 8},
        hovertemplate="%{text}<extra></extra>",
    )


def note_of_gaps(figure: go.Figure, gaps: Mapping[str, list[int]], row: int) -> None:
    """Write into panel `row` which lines have no finite value, and in which epochs."""
    notes = [f"{name}: not finite in {_epochs(epochs)}" for name, epochs in gaps.items() if epochs]
    if notes:
        figure.add_annotation(
            text="<br>".join(notes),
            x=0.02,
            y=0.5,
            xref="x domain",
            yref="y domain",
            xanchor="left",
            align="left",
            showarrow=False,
            font={"color": INK, "size": 12},
            bgcolor="rgba(255,255,255,0.85)",
            row=row,
            col=1,
        )


def gaps(curves: pd.DataFrame, column: str) -> list[int]:
    """Return the epochs in which `column` was not finite."""
    return curves.loc[curves[column].isna(), "epoch"].tolist()


def _epochs(epochs: list[int]) -> str:
    named = ", ".join(map(str, epochs[:MOST_NAMED]))
    more = len(epochs) - MOST_NAMED
    return f"epoch{'s' * (len(epochs) > 1)} {named}" + (f" and {more} more" if more > 0 else "")
