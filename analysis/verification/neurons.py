"""What was counted of every neuron, against its cells, or where there are none, against the steps.

What leaves the values of a step as they are, but not those of a neuron, is found here: two cells
exchanged in a row.
"""

from collections.abc import Iterator

import pandas as pd

from vanishing_gradients.analysis.verification.disagreement import Disagreement, differ, shown
from vanishing_gradients.analysis.verification.plan import LayerPlan
from vanishing_gradients.analysis.verification.steps import ROUNDING


def neurons_of_cells(
    layer: LayerPlan, epoch: int, cells: pd.DataFrame, said: pd.DataFrame
) -> Iterator[Disagreement]:
    """Compare a layer's neurons in one epoch, as recorded, with their columns of the table.

    Both sum up `rows` magnitudes, in an order of their own.
    """
    frame = cells.set_index("neuron").join(said.set_index("neuron").add_prefix("said_"))
    sums = frame["mean_abs"] * frame["cells"]
    tolerance = (layer.rows.sum() + 4) * ROUNDING * sums + 1e-300
    frame["magnitude_sum"] = sums.fillna(0.0)
    for name in ("cells", "zeros", "non_finite", "magnitude_sum"):
        given, true = frame[f"said_{name}"], frame[name]
        wrong = differ(given, true, tolerance if name == "magnitude_sum" else 0.0)
        for neuron in frame.index[wrong]:
            told = f"{name} of neuron_statistics is {shown(given[neuron])}, and "
            told += f"{shown(true[neuron])} by the cells"
            yield Disagreement(told, epoch, layer.number, neuron=int(neuron))


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
        "magnitude_sum": (magnitudes, 4 * part * magnitudes + 1e-300),
        "saturated": (saturated.sum(min_count=1), 1e-3),
    }
    for neuron in said.loc[said["cells"] != rows, "neuron"]:
        told = f"cells of neuron_statistics is not {shown(rows)}, the finite rows of all steps"
        yield Disagreement(told, epoch, layer.number, neuron=int(neuron))
    for name, (true, tolerance) in totals.items():
        total = said[name].sum(min_count=1)
        if differ(total, true, tolerance):
            told = f"{name} of neuron_statistics is {shown(total)} in all, and {shown(true)} by "
            yield Disagreement(f"{told}step_statistics", epoch, layer.number)
