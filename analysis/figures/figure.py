"""A figure: its heading, how to read it, what it reads, and the function that draws it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import cleandoc
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from vanishing_gradients.analysis.errors import LeftOutError, NoRowsError
from vanishing_gradients.analysis.figures.layer_names import NAMES_OF_LAYERS, in_own_names
from vanishing_gradients.analysis.figures.layer_names import Ask as Ask

OF_WATCHED = "nothing of the kind was recorded of this model"
OLD = "an older version recorded no such rows: train again to get some"


@dataclass(frozen=True, eq=False)
class Figure:
    """A figure; calling it calls the function that draws it, whose name is the figure's file name.

    `reads` names a view for each parameter of that function, or a function that queries the rows. A
    caption names the views, or `views` instead. `recorded` names rows that older versions did not
    record: a run without them is left out without an error. Layers of a watched model have the
    names from its own program.
    """

    draw: Callable[..., go.Figure]
    heading: str
    views: str
    recorded: str
    reads: Mapping[str, str | Callable[..., Any]]

    def __call__(self, *rows: Any, **about: Any) -> go.Figure:
        """Draw the figure from its rows."""
        return self.draw(*rows, **about)

    @property
    def name(self) -> str:
        """Its file name; a comparison has its own folder."""
        return self.draw.__name__.removesuffix("_compared")

    @property
    def caption(self) -> str:
        """How to read the figure, from the second paragraph of its docstring, and its views."""
        reading = " ".join(cleandoc(self.draw.__doc__ or "").split("\n\n")[1].split())
        named = [view for view in self.reads.values() if isinstance(view, str)]
        views = [view for view in named if view != NAMES_OF_LAYERS]
        listed = self.views or f"View{'s' * (len(views) > 1)}: {', '.join(views)}"
        return f"{reading} {listed}." if views or self.views else reading

    def drawn(self, ask: Ask, **about: Any) -> go.Figure:
        """Return the figure of a `run` or of `runs`; other arguments go to its function.

        Raises NoRowsError, or LeftOutError for rows that a run of this kind does not have.
        """
        run_id = about["run"].run_id if "run" in about else tuple(r.run_id for r in about["runs"])
        named = in_own_names(ask)
        try:
            rows = {
                name: named(view, run_id=run_id) if isinstance(view, str) else view(named, **about)
                for name, view in self.reads.items()
            }
        except NoRowsError as error:
            if not self.recorded:
                raise
            watched = "run" in about and about["run"].watched
            raise LeftOutError(self.recorded, OF_WATCHED if watched else OLD) from error
        return self.draw(**rows, **about)


def figure(
    heading: str = "", views: str = "", recorded: str = "", **reads: str | Callable[..., Any]
) -> Callable[[Callable[..., go.Figure]], Figure]:
    """Make a Figure of the decorated function, whose docstring's second paragraph is shown."""
    return lambda draw: Figure(draw, heading, views, recorded, reads)


def thresholds(ask: Ask, **_about: object) -> pd.DataFrame:
    """Return the row of ratio_thresholds, which belongs to no run."""
    return ask("ratio_thresholds")
