"""The registry's figures as JSON, each with its caption, its rows as a table, and its SQL."""

import re
from collections.abc import Sequence
from functools import cache, partial
from inspect import signature
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from vanishing_gradients.analysis.errors import LeftOutError, NoRowsError
from vanishing_gradients.analysis.figures import of_layer
from vanishing_gradients.analysis.figures.dark import as_json
from vanishing_gradients.analysis.figures.figure import Figure
from vanishing_gradients.analysis.figures.layer_names import NAMES_OF_LAYERS
from vanishing_gradients.analysis.live.errors import RequestError
from vanishing_gradients.analysis.live.flow import cell
from vanishing_gradients.analysis.live.seeds import OVER_SEEDS
from vanishing_gradients.analysis.pages.compare_page import FIGURES as COMPARED
from vanishing_gradients.analysis.pages.figures_page import OF_RUN
from vanishing_gradients.analysis.pages.page import typeset
from vanishing_gradients.analysis.runs import Run
from vanishing_gradients.analysis.views import ask, rows, statement
from vanishing_gradients.analysis.words import counted

OF_LAYER = (of_layer.layer_course, of_layer.layer_histograms, of_layer.neuron_course)
OF_RUNS = (*COMPARED, *OVER_SEEDS)
FIGURES = {each.draw.__name__: each for each in (*OF_RUN, *OF_LAYER, *OF_RUNS)}
"""By the name of the function that draws it."""
MOST_ROWS = 500
"""Rows of a figure's table."""
MOST_NEURONS = 200_000
"""Rows of the view neurons that one figure may read; of more, those of one layer are drawn."""
MADE_OF_NEURONS = ("dead_neurons", "saturated_neurons", "neuron_gradients")

Answer = dict[str, Any]


def picture(
    connection: Connection, name: str, runs: Sequence[Run], dark: bool, **about: int
) -> Answer:
    """Return a figure of a run, or of several, as the page draws it.

    Or `left_out`, a sentence, if there is nothing to draw. `about` is the layer, neuron or epoch
    of a figure of one layer. Raises RequestError for an unknown name.
    """
    figure = _known(name)
    about = _needed(figure, about)
    _require_few_neurons(connection, name, runs)
    own = {"runs": tuple(runs)} if figure in OF_RUNS else {"run": runs[0], **about}
    try:
        drawn = figure.drawn(cache(partial(ask, connection)), **own)
    except LeftOutError as error:
        what, why = error.args
        return {"left_out": f"No {what}: {why}."}
    except NoRowsError as error:
        return {"left_out": str(error)}
    asked = _asked(figure, runs, about)
    return {
        "name": name,
        "heading": figure.heading or name.removesuffix("_compared").replace("_", " ").capitalize(),
        "figure": as_json(drawn, dark),
        "caption": str(typeset(figure.caption)),
        "sql": [f"{statement(view, **asked)};" for view in _views(figure)],
    }


def table(connection: Connection, name: str, runs: Sequence[Run], **about: int) -> Answer:
    """Return the rows that a figure is drawn from, those of its first view, as a table."""
    figure = _known(name)
    view, *_ = _views(figure)
    asked = _asked(figure, runs, _needed(figure, about))
    return as_table(rows(connection, view, **asked), f"{statement(view, **asked)};")


def as_table(frame: pd.DataFrame, sql: str, most: int = MOST_ROWS) -> Answer:
    """Return rows as a table of the page: columns, rows, their SQL, and whether some lack."""
    shown = frame.head(most)
    cells = [[cell(value) for value in row] for row in shown.itertuples(index=False)]
    left = len(frame) - len(shown)
    note = (
        f"The first {counted(len(shown), 'row')}; the SQL gives all {len(frame):,}." if left else ""
    )
    return {"columns": list(frame.columns), "rows": cells, "sql": [sql], "note": note}


def _known(name: str) -> Figure:
    if name not in FIGURES:
        raise RequestError(f"There is no figure {name!r}: there are {', '.join(FIGURES)}.", 404)
    return FIGURES[name]


def _needed(figure: Figure, about: dict[str, int]) -> dict[str, int]:
    """Return what of `about` a figure is drawn for; raise RequestError if something lacks."""
    takes = signature(figure.draw).parameters
    for name in ("layer", "neuron"):
        if name in takes and name not in about:
            raise RequestError(f"This figure is of one {name}: name it, as in ?{name}=1.")
    return {name: value for name, value in about.items() if name in takes}


def _require_few_neurons(connection: Connection, name: str, runs: Sequence[Run]) -> None:
    if name not in MADE_OF_NEURONS:
        return
    widths = rows(connection, NAMES_OF_LAYERS, run_id=runs[0].run_id)["width"].sum()
    if widths * runs[0].epochs > MOST_NEURONS:
        raise RequestError(
            f"{widths:,} neurons in {counted(runs[0].epochs, 'epoch')} are too many for one "
            "figure: open a layer.",
            422,
        )


def _views(figure: Figure) -> list[str]:
    """Return the views that a figure reads, other than the one that describes layers."""
    named = [each for each in figure.reads.values() if isinstance(each, str)]
    named += re.findall(r"\w+", figure.views.partition(":")[2])
    return [view for view in dict.fromkeys(named) if view != NAMES_OF_LAYERS]


def _asked(figure: Figure, runs: Sequence[Run], about: dict[str, int]) -> dict[str, Any]:
    if figure in OF_RUNS:
        return {"run_id": [run.run_id for run in runs]}
    return {"run_id": runs[0].run_id, **about}
