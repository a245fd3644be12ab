"""Tables 7 to 12 in the paper's layout, from a run's rows, each cell next to the printed one."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from vanishing_gradients.analysis import paper

INFINITE, UNDEFINED, NOT_FINITE = "Infinity", "undefined", "not finite"
DIGITS = 7  # of a number in a table
PRINTED_DIGITS = 10  # of a ratio in Tables 10 and 11
AGREES = 0.005  # relative: two numbers that read alike to two or three digits

Row = Mapping[str, Any]

RATIO_TITLES = {
    8: "ReLU-SGD gradient norm ratio",
    10: "Sigmoid-Adam average gradient norm ratio",
    11: "Sigmoid-SGD average gradient norm ratio",
}


@dataclass(frozen=True)
class Cell:
    """One cell: our text, the paper's if it printed one, and whether the two agree.

    `exact` is our value in full; `kind` is vanishing, exploding, stable, undefined or empty.
    """

    ours: str
    printed: str = ""
    agrees: bool | None = None
    exact: str = ""
    kind: str = ""


@dataclass(frozen=True)
class PaperTable:
    """A table: its number in the paper (0 for none), its title, the head, and rows of cells."""

    number: int
    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]

    @property
    def agreement(self) -> tuple[int, int]:
        """How many cells agree with the paper's, and how many it printed."""
        cells = [cell for _, row in self.rows for cell in row if cell.agrees is not None]
        return sum(bool(cell.agrees) for cell in cells), len(cells)


def ratio_table(
    ratios: pd.DataFrame, experiment: str, title: str = "", digits: int = DIGITS
) -> PaperTable:
    """Return the ratios of one run, epochs down and layers across, as in Tables 8, 10 and 11.

    `ratios` has the columns epoch, layer, ratio, numerator, denominator.
    """
    number = 0 if experiment == paper.CLASS_TABLE else paper.RATIO_TABLES.get(experiment, 0)
    number *= _as_deep(ratios)
    title = title or RATIO_TITLES.get(number, "Gradient norm ratio")
    printed = _printed(number)
    return _grid(number, title, ratios, lambda row: _ratio(row, printed(row), digits))


def class_table(ratios: pd.DataFrame, experiment: str) -> PaperTable:
    """Return the classes of one run's ratios, as in Table 7."""
    number = 7 * (experiment == paper.CLASS_TABLE and _as_deep(ratios))
    printed = _printed(number)

    def cell(row: Row) -> Cell:
        kind, beside = row["class"], printed(row)
        agrees = beside == kind if beside else None
        return Cell(kind.capitalize(), beside.capitalize(), agrees, _ratio(row).ours, kind)

    return _grid(number, "Gradient norm ratio classification", ratios, cell)


def seeds_table(ratios: pd.DataFrame) -> PaperTable:
    """Return in how many seeds each cell of Table 7 agrees; `ratios` has a column seed."""
    count = ratios["seed"].nunique()
    printed = paper.printed_cells(7).rename_axis(columns="layer").stack().reset_index(name="class")

    def cell(row: Row) -> Cell:
        place = (ratios["epoch"] == row["epoch"]) & (ratios["layer"] == row["layer"])
        found, beside = ratios.loc[place, "class"], row["class"]
        alike = int((found == beside).sum())
        others = ", ".join(f"{n} {word}" for word, n in found.value_counts().items())
        ours = f"{alike} of {count}"
        return Cell(ours, beside.capitalize(), 2 * alike > count, others, beside)

    return _grid(7, "Seeds that have the paper's class", printed, cell)


def last_layers_table(ratios: pd.DataFrame, experiment: str) -> PaperTable:
    """Return the norms of the last two layers of one run and their ratio, as in Table 9."""
    number = 9 * (experiment == "relu_sgd" and _as_deep(ratios))
    last = int(ratios["layer"].max())
    printed = paper.printed_norms() if number else pd.DataFrame()
    rows = []
    for row in _ordered(ratios[ratios["layer"] == last]):
        known = row["epoch"] in printed.index
        lower, upper, ratio = map(repr, printed.loc[row["epoch"]].tolist()) if known else [""] * 3
        cells = (
            _cell(row["denominator"], norm_text(row["denominator"]), lower),
            _cell(row["numerator"], norm_text(row["numerator"]), upper),
            replace(_ratio(row, ratio), kind=""),
        )
        rows.append((str(row["epoch"]), cells))
    above = int(ratios.loc[ratios["layer"] == last, "next_layer"].max())
    norms = (f"Layer {last} norm", f"Layer {above} norm")
    head = ("Epoch", *norms, f"Ratio {above} over {last}")
    return PaperTable(number, "Gradient norms of the last two layers", head, tuple(rows))


def first_epoch_table(ratios: pd.DataFrame, experiment: str) -> PaperTable:
    """Return the ratios of the first epoch with their classes, as in Table 12."""
    number = 12 * (experiment == "relu_sgd" and _as_deep(ratios))
    printed = paper.printed_divergence() if number else {}
    rows = []
    for row in _ordered(ratios[ratios["epoch"] == ratios["epoch"].min()]):
        value, reading = printed.get(row["layer"], ("", ""))
        kind = row["class"]
        cells = (_ratio(row, value), Cell(kind.capitalize(), reading, kind=kind))
        rows.append((f"Layer {row['layer']}", cells))
    head = ("Layer", "Ratio in epoch 1", "Reading")
    return PaperTable(number, "Mathematical divergence", head, tuple(rows))


def ratio_text(ratio: float, numerator: float, denominator: float, digits: int = DIGITS) -> str:
    """Return a ratio as the paper prints it, but with x / 0 and 0 / 0 distinguished."""
    if not math.isnan(ratio):
        return norm_text(ratio, digits)
    if math.isnan(numerator) or math.isnan(denominator):
        return NOT_FINITE
    return INFINITE if numerator > 0 else UNDEFINED


def norm_text(value: float, digits: int = DIGITS) -> str:
    """Return a number with `digits` digits, and a power of ten if it is small or large."""
    if math.isnan(value):
        return NOT_FINITE
    if value == 0:
        return "0"
    plain = 1e-4 <= abs(value) < 1e7
    return f"{value:,.{digits}g}" if plain else f"{value:.{digits - 1}e}"


def _grid(number: int, title: str, rows: pd.DataFrame, cell: Callable[[Row], Cell]) -> PaperTable:
    """Return a table of `rows`, one per cell, with epochs down and layers across."""
    layers = sorted(set(rows["layer"]))
    lines = []
    for epoch, own in rows.groupby("epoch"):
        found = {row["layer"]: cell(row) for row in _ordered(own)}
        lines.append((str(epoch), tuple(found.get(layer, Cell("")) for layer in layers)))
    head = ("Epoch", *(f"Layer {each}" for each in layers))
    return PaperTable(number, title, head, tuple(lines))


def _ordered(rows: pd.DataFrame) -> list[Row]:
    return rows.sort_values(["epoch", "layer"]).to_dict("records")


def _printed(number: int) -> Callable[[Row], str]:
    """Return a function that looks up a cell of a table of the paper; "" if it printed none."""
    cells = paper.printed_cells(number).stack().to_dict() if number else {}
    return lambda row: cells.get((row["epoch"], row["layer"]), "")


def _ratio(row: Row, printed: str = "", digits: int = DIGITS) -> Cell:
    text = ratio_text(row["ratio"], row["numerator"], row["denominator"], digits)
    return _cell(row["ratio"], text, printed, row["class"])


def _cell(ours: float, text: str, printed: str, kind: str = "") -> Cell:
    """Return our number, with the text `text`, next to what the paper printed.

    Infinity, which a view can only give as NULL, agrees only with itself.
    """
    beside = printed.replace(",", "")
    agrees = None
    if beside.isalpha() and beside != "inf":
        agrees = beside == kind
    elif beside:
        value = math.inf if text == INFINITE else ours
        agrees = math.isclose(value, float(beside), rel_tol=AGREES, abs_tol=0.0)
    words = INFINITE if beside == "inf" else printed.capitalize() if beside.isalpha() else printed
    return Cell(text, words, agrees, text if math.isnan(ours) else repr(float(ours)), kind)


def _as_deep(ratios: pd.DataFrame) -> bool:
    """Return whether the network is as deep as the paper's: else its cells have no counterparts."""
    return int(ratios["layer"].max()) == paper.LAYERS - 1
