"""Cells by order of magnitude at the counted steps, compared with layer_histograms."""

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from vanishing_gradients.analysis.verification.disagreement import Disagreement, differ, shown
from vanishing_gradients.analysis.verification.plan import LayerPlan
from vanishing_gradients.sql.catalogue import ZEROS

EVERY = 10
"""One recorded step in this many is counted, starting with the first; and the last one."""
EXPONENTS = 1024 - ZEROS
"""Those of doubles, and of 0."""


def counted_steps(layer: LayerPlan) -> list[int]:
    """Return the steps of an epoch whose cells are counted."""
    steps = layer.rows.index.to_list()
    return sorted({*steps[::EVERY], *steps[-1:]})


class ExponentCounts:
    """Counts the cells of some steps; a step may come in several parts."""

    def __init__(self, steps: Iterable[int]) -> None:
        self._counts = {step: np.zeros(EXPONENTS, np.int64) for step in steps}

    def add(self, step: int, cells: np.ndarray, nulls: np.ndarray) -> None:
        """Count cells of a step, (rows, width); `nulls`, (rows,), counts NULLs, stored as 0."""
        counts = self._counts.get(step)
        if counts is None:
            return
        powers = np.frexp(cells)[1].astype(np.int64)  # of cells between 1/2 and 1 it is 0
        powers[cells == 0] = ZEROS + 1
        counts += np.bincount((powers - (ZEROS + 1)).ravel(), minlength=EXPONENTS)
        counts[0] -= nulls.sum()

    def found(self) -> pd.DataFrame:
        """Return step, exponent and cells of all nonzero counts."""
        parts = [(step, *np.nonzero(counts), counts) for step, counts in self._counts.items()]
        rows = [
            (step, int(place) + ZEROS, int(counts[place]))
            for step, places, counts in parts
            for place in places
        ]
        return pd.DataFrame(rows, columns=["step", "exponent", "cells"], dtype="int64")


def of_cells(
    layer: LayerPlan, epoch: int, said: pd.DataFrame, counted: pd.DataFrame
) -> Iterator[Disagreement]:
    """Compare a layer's histograms in one epoch with its cells, counted again."""
    yield from _steps(layer, epoch, said)
    given, true = (_cells(each) for each in (said, counted))
    for step in sorted(set(said["step"]) & set(counted_steps(layer))):
        places = sorted(place for place in given.keys() | true.keys() if place[0] == step)
        wrong = next((each for each in places if given.get(each, 0) != true.get(each, 0)), None)
        if wrong is None:
            continue
        told = "cells that are 0" if wrong[1] == ZEROS else f"cells of exponent {wrong[1]}"
        told = f"{told} of layer_histograms is {shown(given.get(wrong, 0))}, and "
        told += f"{shown(true.get(wrong, 0))} by the cells"
        yield Disagreement(told, epoch, layer.number, int(step))


def _cells(counts: pd.DataFrame) -> dict[tuple[int, int], int]:
    """Return how many cells there are by step and exponent."""
    columns = (counts[name].tolist() for name in ("step", "exponent", "cells"))
    return {(step, exponent): cells for step, exponent, cells in zip(*columns, strict=True)}


def of_steps(
    layer: LayerPlan, epoch: int, said: pd.DataFrame, recorded: pd.DataFrame
) -> Iterator[Disagreement]:
    """Compare the total of a layer's histogram at each step with the statistics of the step.

    If all rows of the step are finite, also the zeros and the largest exponent.
    """
    yield from _steps(layer, epoch, said)
    own = recorded.set_index("step")
    for step, counts in said.groupby("step"):
        if step not in own.index:
            continue
        row, size = own.loc[step], own.loc[step, "row_count"] * layer.width
        cells = counts.set_index("exponent")["cells"]
        told = {"cells in all": (cells.sum(), size - row["non_finite"])}
        if not row["non_finite"]:
            largest = max(abs(row["min"]), abs(row["max"]))
            told["zeros"] = (cells.get(ZEROS, 0), round(row["zeros"] * size))
            if largest:
                told["largest exponent"] = (cells[cells > 0].index.max(), np.frexp(largest)[1] - 1)
        for name, (given, true) in told.items():
            if differ(given, true):
                text = f"{name} of layer_histograms is {shown(given)}, and {shown(true)} by "
                yield Disagreement(f"{text}step_statistics", epoch, layer.number, int(step))


def _steps(layer: LayerPlan, epoch: int, said: pd.DataFrame) -> Iterator[Disagreement]:
    for step in sorted(set(said["step"]) ^ set(counted_steps(layer))):
        has = "rows, and none is expected" if step in set(said["step"]) else "no row"
        yield Disagreement(f"layer_histograms has {has}", epoch, layer.number, int(step))
