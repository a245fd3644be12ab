"""How every figure looks, dark on white and for colour-blind readers too, and what titles say."""

import math
from collections.abc import Collection
from itertools import count

import plotly.graph_objects as go

from vanishing_gradients.analysis.runs import Run

# Okabe and Ito, 2008, https://jfly.uni-koeln.de/color/, without yellow, too pale on white.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
SYMBOLS = ("circle", "square", "diamond", "pentagon", "star", "cross", "hexagon")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")

MINUS = "\N{MINUS SIGN}"

INK = "#222222"
GRID = "#E3E3E3"
VANISHING_INK = "#B2182B"
EXPLODING_INK = "#762A83"

HEIGHT = 780  # pixels, of two panels and a legend
ONE_PANEL = 560  # pixels, of one panel and a legend
ONE_LONG_PANEL = 660
BESIDES = 280  # pixels of the height that title and legend take on a telephone
LEGEND_BELOW = 55  # pixels below the panels: their ticks and the title of the axis

LINE_OF_TITLE = 22  # pixels

MOST_TICKS = 12

ACCURACY_AXIS = {"range": [-0.02, 1.02], "tickformat": ".0%"}
LOSS_AXIS = {"rangemode": "tozero"}  # a loss that hardly moves looks like one that hardly moves


def layout(title: str, height: int = HEIGHT) -> go.Layout:
    """Return the layout all figures start from: title at the left, legend below, any width."""
    axis = {
        "showgrid": True,
        "gridcolor": GRID,
        "zeroline": False,
        "showline": True,
        "linecolor": INK,
        "ticks": "outside",
        "automargin": True,
        "title": {"standoff": 8, "font": {"size": 13}},
    }
    return go.Layout(
        template=go.layout.Template(layout={"xaxis": axis, "yaxis": axis}),
        title={
            "text": title,
            "font": {"size": 17},
            "x": 0,
            "xanchor": "left",
            "y": 1 - 26 / height,
            "yanchor": "top",
            "pad": {"l": 12},
        },
        font={"family": "Helvetica, Arial, sans-serif", "size": 13, "color": INK},
        paper_bgcolor="white",
        plot_bgcolor="white",
        height=height,
        margin={"l": 62, "r": 16, "t": 46 + LINE_OF_TITLE * (title.count("<br>") + 1), "b": 40},
        hovermode="closest",
        hoverlabel={"bgcolor": "white", "font": {"color": INK, "size": 13}, "align": "left"},
        legend={
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": -LEGEND_BELOW / (height - BESIDES),
            "yanchor": "top",
            "font": {"size": 12},
        },
    )


def title_of_run(what: str, run: Run, of_gradients: bool) -> str:
    """Return a title in lines short enough for a telephone: what, then which run on which data.

    A figure `of_gradients` also says so where not every batch was recorded.
    """
    source = f"run {run.run_id}, seed {run.seed}, {run.precision} precision, {training_images(run)}"
    if of_gradients and run.record_every > 1:
        source += f", 1 batch in {run.record_every}"
    return with_subtitle(what, f"<b>{run.experiment}</b> on <b>{run.dataset}</b>", source)


def training_images(run: Run) -> str:
    """Return how many images a run was trained on, in words."""
    return f"{run.training_images:,} training images"


def with_subtitle(what: str, *lines: str) -> str:
    """Return a title with smaller lines under it."""
    return f'{what}<br><span style="font-size:13px">{"<br>".join(lines)}</span>'


def whole_axis(figure: go.Figure, numbers: Collection[int], row: int | None) -> None:
    """Give panel `row` an axis of whole numbers, epochs or layers; None: of no panels."""
    first, last = int(min(numbers)), int(max(numbers))
    steps = (factor * 10**power for power in count() for factor in (1, 2, 5))
    step = next(step for step in steps if (last - first) / step < MOST_TICKS)
    figure.update_xaxes(
        range=[first - 0.5, last + 0.5],
        tick0=0,
        dtick=step,
        tickformat="d",
        row=row,
        col=None if row is None else 1,
    )


def level(figure: go.Figure, at: float, text: str, color: str, dash: str, below: bool) -> None:
    """Draw a line across every panel, with `text` above its right end or `below` it."""
    figure.add_hline(
        y=at,
        line={"color": color, "dash": dash, "width": 1.5},
        label={
            "text": text,
            "textposition": "end",
            "yanchor": "top" if below else "bottom",
            "font": {"color": color, "size": 12},
        },
    )


def exact(value: float) -> str:
    """Return the shortest text that reads back as the same number, NULL for NaN."""
    return "NULL" if math.isnan(value) else repr(float(value))


def many(number: int, one: str, several: str = "") -> str:
    """Return a number with what it counts."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"
