"""What was counted of every neuron, against its cells, or where there are none, against the steps.

What leaves the values of a step as they are, but not those of a neuron, is found here: two cells
exchanged in a row.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from vanishing_gradients.analysis.verification.disagreement import Disagreement, differ, shown
from vanishing_gradients.analysis.verification.plan import LayerPlan
from vanishing_gradients.analysis.verification.steps import DENORMAL, ROUNDING


def neurons_of_cells(
    layer: LayerPlan, epoch: int, cells: pd.DataFrame, said: pd.DataFrame
) -> Iterator[Disagreement]:
    """Compare a layer's neurons in one epoch, as recorded, with their columns of the table.

    Both sum up `rows` magnitudes, in an order of their own.
    """
    frame = cells.set_index("neuron").join(said.set_index("neuron").add_prefix("said_"))
    sums = frame["mean_abs"] * frame["cells"]
    true = {
        "cells": (frame["cells"], 0.0),
        "zeros": (frame["zeros"], 0.0),
        "non_finite": (frame["non_finite"], 0.0),
        "magnitude_sum": (
            sums.fillna(0.0),
            (layer.rows.sum() + 4) * ROUNDING * sums + layer.rows.sum() * DENORMAL,
        ),
    }
    for name, (values, tolerance) in true.items():
        column = frame[f"said_{name}"]
        for place in np.flatnonzero(differ(column, values, tolerance)):
            yield Disagreement(
                f"{name} of neuron_statistics is {shown(column.iloc[place])}, and "
                f"{shown(values.iloc[place])} by the cells",
                epoch,
                layer.number,
                neuron=int(frame.index[place]),
            )


def neurons_there(layer: LayerPlan, epoch: int, said: pd.DataFrame) -> Iterator[Disagreement]:
    """Compare the numbers of a layer's neurons in one epoch with what they are to be."""
    found, expected = set(said["neuron"]), set(range(1, layer.width + 1))
    for neuron in sorted(found ^ expected):
        has = "a row, and none is expected" if neuron in found else "no row"
        told = f"neuron_statistics has {has}"
        yield Disagreement(told, epoch, layer.number, neuron=int(neuron))


def neurons_of_steps(
    layer: LayerPlan, epoch: int, said: pd.DataFrame, recorded: pd.DataFrame
) -> Iterator[Disagreement]:
    """Compare a layer's neurons in one epoch, all together, with the statistics of its steps."""
    rows, finite = recorded["finite_rows"].sum(), recorded["finite_rows"] * layer.width
    part = (recorded["row_count"].sum() + layer.width) * ROUNDING
    magnitudes = (recorded["mean_abs"] * finite).sum()
    saturated = recorded["saturated"] * recorded["row_count"] * layer.width
    totals = {
        "zeros": ((recorded["zeros"] * finite).sum(), 1e-3),
        "non_finite": (recorded["non_finite"].sum(), 0.0),
        "magnitude_sum": (magnitudes, 4 * part * magnitudes + rows * layer.width * DENORMAL),
        "saturated": (saturated.sum(min_count=1), 1e-3),
    }
    for neuron in said.loc[said["cells"] != rows, "neuron"]:
        told = f"cells of neuron_statistics is not {shown(rows)}, the finite rows of all steps"
        yield Disagreement(told, epoch, layer.number, neuron=int(neuron))
    for name, (true, tolerance) in totals.items():
        total = said[name].sum(min_count=1)
        if differ(np.array([total]), np.array([true]), tolerance).any():
            told = (
                f"{name} of neuron_statistics is {shown(total)} in all, and {shown(true)} by "
                "step_statistics"
            )
            yield Disagreement(told, epoch, layer.number)
