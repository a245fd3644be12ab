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

    `ratios` has the columns epoch, layer, ratio, numerator, denominator, class.
    """
    number = 0 if experiment == paper.CLASS_TABLE else paper.RATIO_TABLES.get(experiment, 0)
    title = title or RATIO_TITLES.get(number * _as_deep(ratios), "Gradient norm ratio")

    def cell(row: Row, beside: str) -> Cell:
        words = beside.capitalize() if beside.isalpha() else beside
        return _ratio_cell(row, beside, INFINITE if beside == "inf" else words, digits)

    return _grid(number, title, ratios, cell)


def class_table(ratios: pd.DataFrame, experiment: str) -> PaperTable:
    """Return the classes of one run's ratios: as Table 7."""

    def cell(row: Row, beside: str) -> Cell:
        agrees = beside == row["class"] if beside else None
        kind = row["class"]
        return Cell(kind.capitalize(), beside.capitalize(), agrees, ratio_text(row), kind)

    number = 7 if experiment == paper.CLASS_TABLE else 0
    return _grid(number, "Gradient norm ratio classification", ratios, cell)


def seeds_table(ratios: pd.DataFrame) -> PaperTable:
    """Return in how many seeds each cell of Table 7 agrees; `ratios` has a column seed."""
    count = ratios["seed"].nunique()

    def cell(epoch: int, layer: int, beside: str) -> Cell:
        found = ratios.loc[(ratios["epoch"] == epoch) & (ratios["layer"] == layer), "class"]
        alike = int((found == beside).sum())
        others = ", ".join(f"{n} {word}" for word, n in found.value_counts().items())
        return Cell(f"{alike} of {count}", beside.capitalize(), 2 * alike > count, others, beside)

    printed = paper.printed_cells(7)
    rows = [
        (str(epoch), tuple(cell(epoch, layer, beside) for layer, beside in row.items()))
        for epoch, row in printed.iterrows()
    ]
    head = ("Epoch", *(f"Layer {layer}" for layer in printed.columns))
    return PaperTable(7, "Seeds that have the paper's class", head, tuple(rows))


def last_layers_table(ratios: pd.DataFrame, experiment: str) -> PaperTable:
    """Return the norms of the last two layers of one run and their ratio: as Table 9."""
    number = 9 if experiment == "relu_sgd" and _as_deep(ratios) else 0
    last = int(ratios["layer"].max())
    printed = paper.printed_norms().T if number else {}
    rows = []
    for row in _ordered(ratios[ratios["layer"] == last]):
        ours = [(norm_text(row[norm]), row[norm]) for norm in ("denominator", "numerator")] + [
            (ratio_text(row), row["ratio"])
        ]
        beside = printed.get(row["epoch"], [None] * len(ours))
        cells = [_norm_cell(*own, value) for own, value in zip(ours, beside, strict=True)]
        rows.append((str(row["epoch"]), tuple(cells)))
    layers = (f"Layer {last} norm", f"Layer {last + 1} norm", f"Ratio {last + 1} over {last}")
    return PaperTable(
        number, "Gradient norms of the last two layers", ("Epoch", *layers), tuple(rows)
    )


def first_epoch_table(ratios: pd.DataFrame, experiment: str) -> PaperTable:
    """Return the ratios of the first epoch with their classes: as Table 12."""
    number = 12 if experiment == "relu_sgd" and _as_deep(ratios) else 0
    printed = paper.printed_divergence() if number else {}
    rows = []
    for row in _ordered(ratios[ratios["epoch"] == ratios["epoch"].min()]):
        value, reading = printed.get(row["layer"], ("", ""))
        kind = Cell(row["class"].capitalize(), reading, None, "", row["class"])
        cells = (_ratio_cell(row, value.replace(",", ""), value), kind)
        rows.append((f"Layer {row['layer']}", cells))
    head = ("Layer", "Ratio in epoch 1", "Reading")
    return PaperTable(number, "Mathematical divergence", head, tuple(rows))


def ratio_text(row: Row, digits: int = DIGITS) -> str:
    """Return a ratio as the paper prints it, but with x / 0 and 0 / 0 told apart."""
    if not math.isnan(row["ratio"]):
        return norm_text(row["ratio"], digits)
    if math.isnan(row["numerator"]) or math.isnan(row["denominator"]):
        return NOT_FINITE
    return INFINITE if row["numerator"] > 0 else UNDEFINED


def norm_text(value: float, digits: int = DIGITS) -> str:
    """Return a number in so many digits, with a power of ten where it is small or large."""
    if math.isnan(value):
        return NOT_FINITE
    if value == 0:
        return "0"
    plain = 1e-4 <= abs(value) < 1e7
    return f"{value:,.{digits}g}" if plain else f"{value:.{digits - 1}e}"


def _grid(
    number: int, title: str, ratios: pd.DataFrame, cell: Callable[[Row, str], Cell]
) -> PaperTable:
    """Return a table of epochs and layers, beside Table `number` where the network is as deep."""
    number *= _as_deep(ratios)
    printed = paper.printed_cells(number).to_dict() if number else {}
    layers = sorted(set(ratios["layer"]))
    rows = []
    for epoch, own in ratios.groupby("epoch"):
        found = {
            row["layer"]: cell(row, printed.get(row["layer"], {}).get(epoch, ""))
            for row in _ordered(own)
        }
        rows.append((str(epoch), tuple(found.get(layer, Cell("")) for layer in layers)))
    return PaperTable(number, title, ("Epoch", *(f"Layer {each}" for each in layers)), tuple(rows))


def _ordered(rows: pd.DataFrame) -> list[Row]:
    return rows.sort_values(["epoch", "layer"]).to_dict("records")


def _ratio_cell(row: Row, beside: str, printed: str, digits: int = DIGITS) -> Cell:
    """Return a ratio beside the paper's number, `inf` or class, which it shows as `printed`."""
    text, kind, ratio = ratio_text(row, digits), row["class"], row["ratio"]
    agrees = None
    if beside:
        is_class = beside.isalpha() and beside != "inf"
        agrees = beside == kind if is_class else _near(ratio, text, float(beside))
    return Cell(text, printed, agrees, _exact(text, ratio), kind)


def _norm_cell(text: str, own: float, printed: float | None) -> Cell:
    if printed is None:
        return Cell(text, exact=_exact(text, own))
    shown = INFINITE if math.isinf(printed) else repr(float(printed))
    return Cell(text, shown, _near(own, text, printed), _exact(text, own))


def _exact(text: str, value: float) -> str:
    return text if math.isnan(value) else repr(float(value))


def _near(ours: float, text: str, printed: float) -> bool:
    """Tell whether two numbers agree: infinity with itself alone, and no number with nothing.

    A view gives NULL for infinity, by whose `text` it is known.
    """
    ours = math.inf if text == INFINITE else ours
    return math.isclose(ours, printed, rel_tol=AGREES, abs_tol=0.0)


def _as_deep(ratios: pd.DataFrame) -> bool:
    """Tell whether the network is as deep as the paper's: else no cell stands beside one of its."""
    return int(ratios["layer"].max()) == paper.LAYERS - 1
