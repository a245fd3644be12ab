"""Differences and outcomes as tables on a terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from vanishing_gradients.analysis.comparison.differences import Difference
from vanishing_gradients.analysis.comparison.outcomes import Outcome
from vanishing_gradients.analysis.figures.compared import label
from vanishing_gradients.analysis.runs import Run

WIDTH = 140  # where there is no terminal


def print_tables(
    runs: Sequence[Run], found: Sequence[Difference], results: Sequence[Outcome]
) -> None:
    """Print what differs between the runs, then what came of them."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    if found:
        console.print(_table("What differs", runs, [(key, values) for key, values in found]))
    else:
        console.print("Nothing differs in what the runs were told to do.")
    lines = [(outcome.name, outcome.values) for outcome in results]
    console.print(_table("What came of it, in the last epoch", runs, lines))


def _table(title: str, runs: Sequence[Run], lines: Sequence[tuple[str, Sequence[str]]]) -> Table:
    table = Table(title=title, title_justify="left", show_lines=True)
    table.add_column("")
    for run in runs:
        table.add_column(Text(label(run)), overflow="fold")
    for name, values in lines:
        table.add_row(Text(name), *map(Text, values))
    return table
