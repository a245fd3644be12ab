"""The look of all figures, dark on white, safe for colour-blind readers: axes, titles, panels."""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import count
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from vanishing_gradients.analysis.runs import Run
from vanishing_gradients.analysis.words import exact

# Okabe and Ito, 2008, https://jfly.uni-koeln.de/color/, without yellow, too pale on white.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
SYMBOLS = ("circle", "square", "diamond", "pentagon", "star", "cross", "hexagon")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")

INK = "#222222"
GRID = "#E3E3E3"
VANISHING = ("#B2182B", "dash")  # ink and dash of a line across
EXPLODING = ("#762A83", "dashdot")

HEIGHT = 780  # pixels, of two panels and a legend
ONE_PANEL = 560  # pixels, of one panel and a legend
ONE_LONG_PANEL = 660
BESIDES = 280  # pixels of the height that title and legend take on a phone
LEGEND_BELOW = 55  # pixels below the panels, for ticks and the title of the axis

LINE_OF_TITLE = 22  # pixels

MOST_TICKS, MOST_POWERS = 12, 8

METRIC_AXES = {
    "accuracy": {"range": [-0.02, 1.02], "tickformat": ".0%"},
    "loss": {"rangemode": "tozero"},  # a loss that hardly moves looks like one that hardly moves
}


def layout(title: str, height: float = HEIGHT) -> dict[str, Any]:
    """Return the layout of all figures: title on the left, legend below, any width."""
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
    return {
        "template": {"layout": {"xaxis": axis, "yaxis": axis}},
        "title": {
            "text": title,
            "font": {"size": 17},
            "x": 0,
            "xanchor": "left",
            "y": 1 - 26 / height,
            "yanchor": "top",
            "pad": {"l": 12},
        },
        "font": {"family": "Helvetica, Arial, sans-serif", "size": 13, "color": INK},
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "height": height,
        "margin": {"l": 62, "r": 16, "t": height_of(title), "b": 40},
        "hovermode": "closest",
        "hoverlabel": {"bgcolor": "white", "font": {"color": INK, "size": 13}, "align": "left"},
        "legend": {
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": -LEGEND_BELOW / max(1, height - BESIDES),
            "yanchor": "top",
            "font": {"size": 12},
        },
    }


def height_of(title: str) -> int:
    """Return the pixels above the panels that a title takes."""
    return 46 + LINE_OF_TITLE * (title.count("<br>") + 1)


def stacked(
    title: str, headings: Sequence[str], spacing: float, height: float = 0, **more: object
) -> go.Figure:
    """Return an empty figure of panels one below the other, each with a heading on the left.

    The default `height` is that of figures with two panels, or with one. `more` is for plotly's
    make_subplots.
    """
    figure = make_subplots(
        rows=len(headings),
        cols=1,
        vertical_spacing=spacing,
        subplot_titles=list(headings),
        **{"shared_xaxes": True} | more,
    )
    own = layout(title, height or (HEIGHT if len(headings) > 1 else ONE_PANEL))
    # One assignment takes half the time of update_layout, which checks every value several times.
    figure.layout = _merged(figure.layout.to_plotly_json(), own)
    return figure.update_annotations(x=0, xanchor="left", font={"size": 13})


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with `changes`, which are merged into the mappings that both have."""
    inner = {
        key: _merged(base[key], value)
        for key, value in changes.items()
        if isinstance(value, Mapping) and isinstance(base.get(key), Mapping)
    }
    return {**base, **changes, **inner}


def choice(
    figure: go.Figure, method: str, options: Mapping[str, Sequence], y: float, below: int
) -> None:
    """Put a menu on the left, `below` pixels above the panel whose upper edge is `y`.

    `options` has the arguments of plotly's `method` for each label.
    """
    buttons = [{"label": each, "method": method, "args": args} for each, args in options.items()]
    figure.update_layout(
        updatemenus=[
            {
                "buttons": buttons,
                "x": 0,
                "xanchor": "left",
                "y": y,
                "yanchor": "bottom",
                "pad": {"b": below},
                "bgcolor": "white",
                "font": {"size": 13},
            }
        ]
    )


def color_bar(title: str, **more: object) -> dict[str, object]:
    """Return a narrow colour bar next to a panel, with its title along it."""
    return {
        "title": {"text": title, "side": "right", "font": {"size": 12}},
        "tickfont": {"size": 11},
        "thickness": 12,
        "outlinewidth": 0,
        "xpad": 6,
    } | more


def title_of_run(what: str, run: Run, *more: str, of_gradients: bool = True) -> str:
    """Return a title in lines short enough for a phone: what, then which run on which data.

    A figure `of_gradients` also says if not every batch was recorded. `more` lines follow.
    """
    told = [about(run), training_images(run)]
    if run.watched:
        told.append(f"a {run.source} model, watched")
    if of_gradients and run.record_every > 1:
        told.append(f"1 batch in {run.record_every}")
    on = on_dataset(run.dataset)
    line = f"<b>{run.experiment}</b>{on}"
    return with_subtitle(what, line, ", ".join(filter(None, told)), *more)


def on_dataset(dataset: str | None) -> str:
    """Return ' on' and a data set, in HTML; '' if it is unknown."""
    return f" on <b>{escape(dataset)}</b>" if dataset else ""


def about(run: Run, precision: str = " precision") -> str:
    """Return the run in words: its number, its seed if known, and its precision."""
    seed = "" if run.seed is None else f"seed {run.seed}, "
    return f"run {run.run_id}, {seed}{run.float_type}{precision}"


def training_images(run: Run) -> str:
    """Return how many images a run was trained on, in words; '' if unknown."""
    return "" if run.training_images is None else f"{run.training_images:,} training images"


def with_subtitle(what: str, *lines: str) -> str:
    """Return a title with smaller lines under it."""
    return f'{what}<br><span style="font-size:13px">{"<br>".join(lines)}</span>'


def hovers(rows: pd.DataFrame, *lines: str) -> list[str]:
    """Return `lines` for each row, every {column} replaced by its value, floats in full."""
    template = "<br>".join(lines)
    return [
        template.format_map(
            {key: exact(each) if isinstance(each, float) else each for key, each in row.items()}
        )
        for row in rows.to_dict("records")
    ]


def round_steps() -> Iterator[int]:
    """Yield 1, 2, 5, 10, 20 and so on, endlessly: possible tick distances."""
    return (factor * 10**power for power in count() for factor in (1, 2, 5))


def whole_axis(
    figure: go.Figure, numbers: Collection[int], title: str = "", row: int | None = None
) -> None:
    """Give every panel, or only `row`, an axis of whole numbers; the last one gets the `title`."""
    first, last = int(min(numbers)), int(max(numbers))
    step = next(step for step in round_steps() if (last - first) / step < MOST_TICKS)
    limits = [first - 0.5, last + 0.5]
    figure.update_xaxes(range=limits, tick0=0, dtick=step, tickformat="d", row=row)
    if title:
        *_, lowest = figure.select_xaxes(row=row)
        lowest.title.text = title


def level(figure: go.Figure, at: float, text: str, look: tuple[str, str], below: bool) -> None:
    """Draw a line across every panel, with `text` above its right end, or below if `below`."""
    color, dash = look
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


def log_axis(low: float, high: float, margins: tuple[float, float], title: str) -> dict:
    """Return plotly's axis from 10^low to 10^high; `margins`, at either end, are in decades."""
    return {
        "type": "log",
        "range": [low - margins[0], high + margins[1]],
        "dtick": math.ceil((high - low) / MOST_POWERS),
        "exponentformat": "power",
        "tickfont": {"size": 11},  # plotly enlarges powers of ten by a quarter
        "title_text": title,
    }


@dataclass(frozen=True)
class LogPanel:
    """A logarithmic axis with room for values without a logarithm.

    `bottom` is where zeros are drawn, `top` where infinite values are: powers of ten.
    """

    bottom: float
    top: float

    def layout(self, title: str) -> dict[str, object]:
        """Return the axis for plotly."""
        low, high = math.log10(self.bottom), math.log10(self.top)
        return log_axis(low, high, (0.08 * (high - low),) * 2, title)


def log_panel(values: pd.Series, lines: Iterable[float] = ()) -> LogPanel:
    """Return an axis for all positive `values`, and for `lines`, which are always drawn.

    It gets an extra decade at the bottom if there are zeros, and at the top for NaN or infinity.
    """
    positive = [*values[(values > 0) & (values < math.inf)], *lines] or [1.0]
    low = math.floor(math.log10(min(positive)))
    high = math.ceil(math.log10(max(positive)))
    if low == high:
        low, high = low - 1, high + 1
    zeros = bool((values == 0).any())
    endless = bool((values.isna() | (values == math.inf)).any())
    return LogPanel(10.0 ** (low - zeros), 10.0 ** (high + endless))
