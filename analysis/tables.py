"""Tables 7 to 12 in the paper's own layout, from a run's rows, each cell beside the printed one."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
    """One cell: our text, the paper's where it printed one, and whether the two agree.

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
        """How many cells agree with the paper's, and of how many that it printed."""
        cells = [cell for _, row in self.rows for cell in row if cell.agrees is not None]
        return sum(bool(cell.agrees) for cell in cells), len(cells)


def ratio_table(
    ratios: pd.DataFrame, experiment: str, title: str = "", digits: int = DIGITS
) -> PaperTable:
    """Return the ratios of one run, epochs down and layers across: as Tables 8, 10 and 11.

    `ratios` has the columns epoch, layer, ratio, numerator, denominator.
    """
    number = 0 if experiment == paper.CLASS_TABLE else paper.RATIO_TABLES.get(experiment, 0)
    number *= _as_deep(ratios)
    printed = paper.printed_cells(number) if number else None

    def cell(row: Row) -> Cell:
        text = ratio_text(row["ratio"], row["numerator"], row["denominator"], digits)
        exact = text if math.isnan(row["ratio"]) else repr(float(row["ratio"]))
        beside = _printed(printed, row["epoch"], row["layer"])
        kind = row["class"]
        return Cell(text, _words(beside), _agree(row, beside), exact, kind)

    title = title or RATIO_TITLES.get(number, "Gradient norm ratio")
    return _grid(number, title, ratios, cell)


def class_table(ratios: pd.DataFrame, experiment: str) -> PaperTable:
    """Return the classes of one run's ratios: as Table 7."""
    number = 7 if experiment == paper.CLASS_TABLE and _as_deep(ratios) else 0
    printed = paper.printed_cells(7) if number else None

    def cell(row: Row) -> Cell:
        beside = _printed(printed, row["epoch"], row["layer"])
        agrees = None if not beside else beside == row["class"]
        exact = ratio_text(row["ratio"], row["numerator"], row["denominator"])
        return Cell(row["class"].capitalize(), beside.capitalize(), agrees, exact, row["class"])

    return _grid(number, "Gradient norm ratio classification", ratios, cell)


def seeds_table(ratios: pd.DataFrame) -> PaperTable:
    """Return in how many seeds each cell of Table 7 agrees; `ratios` has a column seed."""
    printed = paper.printed_cells(7)
    count = ratios["seed"].nunique()
    classes = ratios.groupby(["epoch", "layer"])["class"]
    rows = []
    for epoch in printed.index:
        cells = []
        for layer in printed.columns:
            beside = printed.loc[epoch, layer]
            known = (epoch, layer) in classes.groups
            found = classes.get_group((epoch, layer)) if known else pd.Series(dtype="str")
            alike = int((found == beside).sum())
            others = ", ".join(f"{n} {word}" for word, n in found.value_counts().items())
            cells.append(
                Cell(f"{alike} of {count}", beside.capitalize(), 2 * alike > count, others, beside)
            )
        rows.append((str(epoch), tuple(cells)))
    head = ("Epoch", *(f"Layer {layer}" for layer in printed.columns))
    return PaperTable(7, "Seeds that have the paper's class", head, tuple(rows))


def last_layers_table(ratios: pd.DataFrame, experiment: str) -> PaperTable:
    """Return the norms of the last two layers of one run and their ratio: as Table 9."""
    number = 9 if experiment == "relu_sgd" and _as_deep(ratios) else 0
    last = int(ratios["layer"].max())
    printed = paper.printed_norms() if number else None
    rows = []
    for row in _ordered(ratios[ratios["layer"] == last]):
        values = (row["denominator"], row["numerator"], row["ratio"])
        texts = (
            norm_text(row["denominator"]),
            norm_text(row["numerator"]),
            ratio_text(row["ratio"], row["numerator"], row["denominator"]),
        )
        known = printed is not None and row["epoch"] in printed.index
        beside = printed.loc[row["epoch"]].tolist() if known else [None] * 3
        cells = [
            Cell(
                text,
                "" if value is None else _infinite(value),
                None if value is None else _near(_or_infinite(own, text), value),
                text if math.isnan(own) else repr(float(own)),
            )
            for text, own, value in zip(texts, values, beside, strict=True)
        ]
        rows.append((str(row["epoch"]), tuple(cells)))
    head = (
        "Epoch",
        f"Layer {last} norm",
        f"Layer {last + 1} norm",
        f"Ratio {last + 1} over {last}",
    )
    return PaperTable(number, "Gradient norms of the last two layers", head, tuple(rows))


def first_epoch_table(ratios: pd.DataFrame, experiment: str) -> PaperTable:
    """Return the ratios of the first epoch with their classes: as Table 12."""
    number = 12 if experiment == "relu_sgd" and _as_deep(ratios) else 0
    printed = paper.printed_divergence() if number else {}
    first = ratios[ratios["epoch"] == ratios["epoch"].min()]
    rows = []
    for row in _ordered(first):
        value, reading = printed.get(row["layer"], ("", ""))
        beside = value.replace(",", "")
        text = ratio_text(row["ratio"], row["numerator"], row["denominator"])
        exact = text if math.isnan(row["ratio"]) else repr(float(row["ratio"]))
        rows.append(
            (
                f"Layer {row['layer']}",
                (
                    Cell(text, value, _agree(row, beside), exact, row["class"]),
                    Cell(row["class"].capitalize(), reading, None, "", row["class"]),
                ),
            )
        )
    head = ("Layer", "Ratio in epoch 1", "Reading")
    return PaperTable(number, "Mathematical divergence", head, tuple(rows))


def ratio_text(ratio: float, numerator: float, denominator: float, digits: int = DIGITS) -> str:
    """Return a ratio as the paper prints it, but with x / 0 and 0 / 0 told apart."""
    if not math.isnan(ratio):
        return norm_text(ratio, digits)
    if math.isnan(numerator) or math.isnan(denominator):
        return NOT_FINITE
    return INFINITE if numerator > 0 else UNDEFINED


def norm_text(value: float, digits: int = DIGITS) -> str:
    """Return a number in so many digits, with a power of ten where it is small or large."""
    if math.isnan(value):
        return NOT_FINITE
    if value == 0:
        return "0"
    plain = 1e-4 <= abs(value) < 1e7
    return f"{value:,.{digits}g}" if plain else f"{value:.{digits - 1}e}"


def _grid(number: int, title: str, ratios: pd.DataFrame, cell: Callable[[Row], Cell]) -> PaperTable:
    layers = sorted(set(ratios["layer"]))
    rows = []
    for epoch, own in ratios.groupby("epoch"):
        found = {row["layer"]: cell(row) for row in _ordered(own)}
        rows.append((str(epoch), tuple(found.get(layer, Cell("")) for layer in layers)))
    return PaperTable(number, title, ("Epoch", *(f"Layer {each}" for each in layers)), tuple(rows))


def _ordered(rows: pd.DataFrame) -> list[Row]:
    return rows.sort_values(["epoch", "layer"]).to_dict("records")


def _printed(cells: pd.DataFrame | None, epoch: int, layer: int) -> str:
    if cells is None or epoch not in cells.index or layer not in cells.columns:
        return ""
    return cells.loc[epoch, layer]


def _words(cell: str) -> str:
    if not cell:
        return ""
    return INFINITE if cell == "inf" else cell.capitalize() if cell.isalpha() else cell


def _infinite(value: float) -> str:
    return INFINITE if math.isinf(value) else repr(value)


def _agree(row: Row, beside: str) -> bool | None:
    if not beside:
        return None
    if beside.isalpha() and beside != "inf":
        return beside == row["class"]
    text = ratio_text(row["ratio"], row["numerator"], row["denominator"])
    return _near(_or_infinite(row["ratio"], text), float(beside))


def _or_infinite(value: float, text: str) -> float:
    """Return infinity for a value that reads as such, which a view can only give as NULL."""
    return math.inf if text == INFINITE else value


def _near(ours: float, printed: float) -> bool:
    """Tell whether two numbers agree: infinity with itself alone, and no number with nothing."""
    return math.isclose(ours, printed, rel_tol=AGREES, abs_tol=0.0)


def _as_deep(ratios: pd.DataFrame) -> bool:
    """Tell whether the network is as deep as the paper's: else no cell stands beside one of its."""
    return int(ratios["layer"].max()) == paper.LAYERS - 1
