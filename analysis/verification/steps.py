"""One layer in one epoch, by step and by neuron: its cells against everything recorded about them.

A change that keeps the values of a step, but not those of a neuron, is found in the neurons: two
swapped cells of a row.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from vanishing_gradients.analysis.verification.disagreement import Disagreement, differ, shown
from vanishing_gradients.analysis.verification.plan import LayerPlan

ROUNDING = 2.0**-53
"""The most that one addition may lose, relative to its result."""
DENORMAL = 5e-324
"""The smallest double above 0, which any rounding may lose."""


def bound(rows: np.ndarray | float, width: int) -> np.ndarray | float:
    """Return the error bound of sums over `rows` rows, relative to their sum of magnitudes."""
    return (rows + width) * ROUNDING


class Steps:
    """The steps of one layer in one epoch, from all sources.

    `columns` has arrays with an entry per step, of shape (steps,): how many rows are expected, and
    the columns of every source, each prefixed with the source's name, NaN for NULL and where a
    source lacks the step. They are plain arrays, since there are few steps and many comparisons.
    `found` are the disagreements.
    """

    def __init__(self, layer: LayerPlan, epoch: int, **sources: pd.DataFrame) -> None:
        self.layer, self.epoch = layer, epoch
        self.found: list[Disagreement] = []
        numbers = {name: own["step"].to_numpy("int64") for name, own in sources.items()}
        planned = layer.rows.index.to_numpy("int64")
        self.steps = np.unique(np.concatenate([planned, *numbers.values()]))
        self.columns = {"expected": self._spread(planned, layer.rows.to_numpy())}
        for name, own in sources.items():
            values = own.to_numpy(float, na_value=np.nan).T
            for column, each in zip(own.columns, values, strict=True):
                self.columns[f"{name}_{column}"] = self._spread(numbers[name], each)

    def _spread(self, steps: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Return the values of some steps among all, NaN elsewhere."""
        found = np.full(len(self.steps), np.nan)
        found[np.searchsorted(self.steps, steps)] = values
        return found

    def tell(self, where: np.ndarray, text: str, *columns: np.ndarray) -> None:
        """Add a disagreement for each step where `where` holds; `text` is filled from columns."""
        for place in np.flatnonzero(where):
            told = text.format(*(shown(each[place]) for each in columns))
            step = int(self.steps[place])
            self.found.append(Disagreement(told, self.epoch, self.layer.number, step))

    def compare(
        self,
        where: np.ndarray,
        name: str,
        said: str | np.ndarray,
        true: str | np.ndarray,
        tolerance: np.ndarray | float = 0.0,
    ) -> None:
        """Add a disagreement for each step where `said` differs from `true`, from the cells."""
        given, right = (
            self.columns[each] if isinstance(each, str) else each for each in (said, true)
        )
        wrong = where & differ(given, right, tolerance)
        self.tell(wrong, f"{name} is {{}}, and {{}} by the cells", given, right)


def known(values: np.ndarray) -> np.ndarray:
    """Mark the numbers that are not NaN."""
    return ~np.isnan(values)


@np.errstate(over="ignore", invalid="ignore")
def stored_steps(
    layer: LayerPlan, epoch: int, cells: pd.DataFrame, index: pd.DataFrame, recorded: pd.DataFrame
) -> list[Disagreement]:
    """Compare a layer's cells in one epoch with catalogue, index and step_statistics."""
    steps = Steps(layer, epoch, cell=cells, index=index, said=recorded)
    expected, count = steps.columns["expected"], steps.columns["cell_row_count"]
    planned, stored = known(expected), known(count)
    steps.tell(planned & ~stored, "the gradient table has no row, and {} are expected", expected)
    steps.tell(stored & ~planned, "the gradient table has rows ({}), and none is expected", count)
    both = planned & stored
    wrong = both & differ(count, expected)
    steps.tell(wrong, "the gradient table has {} rows, and {} are expected", count, expected)
    first, last = steps.columns["cell_first_row"], steps.columns["cell_last_row"]
    if layer.most is None:
        wrong = both & ~wrong & ((first != 0) | (last != expected - 1))
        told = "RowIndex goes from {} to {}, and not from 0 to {}"
        steps.tell(wrong, told, first, last, expected - 1)
    else:
        wrong = both & ~wrong & (last >= layer.most)
        steps.tell(wrong, f"RowIndex goes to {{}}, and there are {layer.most:,} rows", last)
    _index(steps, stored)
    _statistics(steps, planned, stored)
    return steps.found


@np.errstate(over="ignore", invalid="ignore")
def recorded_steps(layer: LayerPlan, epoch: int, recorded: pd.DataFrame) -> list[Disagreement]:
    """Compare the counts in a layer's statistics in one epoch with the catalogue only."""
    steps = Steps(layer, epoch, said=recorded)
    expected, count = steps.columns["expected"], steps.columns["said_row_count"]
    both = _presence(steps, known(expected)) & known(expected)
    told = "rows of step_statistics is {}, and {} are expected"
    steps.tell(both & differ(count, expected), told, count, expected)
    finite, cells = steps.columns["said_finite_rows"], steps.columns["said_non_finite"]
    missing = count - finite
    fits = (missing >= 0) & (cells >= missing) & (cells <= missing * layer.width)
    told = "step_statistics has {} rows, {} of them finite, and {} cells that are not"
    steps.tell(both & ~fits, told, count, finite, cells)
    return steps.found


def _index(steps: Steps, stored: np.ndarray) -> None:
    columns, width = steps.columns, steps.layer.width
    indexed = known(columns["index_row_count"])
    steps.tell(stored & ~indexed, "the index of Norm and Mean has no row")
    steps.tell(indexed & ~stored, "the index of Norm and Mean has rows that the table has not")
    both = stored & indexed
    part = bound(columns["cell_row_count"], width)
    norm_tolerance = part * columns["cell_norm_sum"] + columns["cell_row_count"] * DENORMAL
    squares, sums = columns["cell_square_sum"], columns["cell_cell_sum"] / width
    steps.compare(both, "the number of rows in the index", "index_row_count", "cell_row_count")
    steps.compare(both, "the number of rows with a Norm", "index_norms", "cell_finite_rows")
    steps.compare(both, "the number of rows with a Mean", "index_means", "cell_finite_rows")
    steps.compare(both, "the sum of Norm", "index_norm_sum", "cell_norm_sum", norm_tolerance)
    square_tolerance = 4 * part * squares + 1e-300
    steps.compare(both, "the sum of squares of Norm", "index_square_sum", squares, square_tolerance)
    denormals = columns["cell_row_count"] * DENORMAL
    mean_tolerance = part * columns["cell_magnitude_sum"] / width + denormals
    steps.compare(both, "the sum of Mean", "index_mean_sum", sums, mean_tolerance)


def _presence(steps: Steps, planned: np.ndarray) -> np.ndarray:
    """Compare the steps that have statistics with those that should, and return the former."""
    said = known(steps.columns["said_row_count"])
    steps.tell(planned & ~said, "step_statistics has no row")
    steps.tell(said & ~planned, "step_statistics has a row, and none is expected")
    return said


def _statistics(steps: Steps, planned: np.ndarray, stored: np.ndarray) -> None:
    columns, width = steps.columns, steps.layer.width
    both = stored & _presence(steps, planned)
    size = columns["cell_finite_rows"] * width
    part = bound(columns["cell_row_count"], width)
    magnitudes = columns["cell_magnitude_sum"]
    norm, slack = columns["cell_norm"], columns["cell_row_count"] * DENORMAL
    exact = {
        "row_count": "row_count", "finite_rows": "finite_rows", "non_finite": "null_cells",
        "min": "smallest", "max": "largest",
    }  # fmt: skip
    for name, true in exact.items():
        steps.compare(both, f"{name} of step_statistics", f"said_{name}", f"cell_{true}")
    for name in ("zeros", "below_1em3", "below_1em5"):
        # A fraction times its number of values is a whole number, up to its last bits.
        counted, told = columns[f"said_{name}"] * size, f"{name} of step_statistics, as a count,"
        steps.compare(both, told, counted, f"cell_{name}", 1e-6)
    empty = np.where(size > 0, size, np.nan)
    sums = {
        "row_norm_sum": (columns["cell_norm_sum"], part * columns["cell_norm_sum"] + slack),
        "gradient_norm": (norm, part * norm + slack),
        "mean": (columns["cell_cell_sum"] / empty, part * magnitudes / empty + 2 * DENORMAL),
        "mean_abs": (magnitudes / empty, part * magnitudes / empty + 2 * DENORMAL),
    }
    for name, (true, tolerance) in sums.items():
        steps.compare(both, f"{name} of step_statistics", f"said_{name}", true, tolerance)
    below, above, median = (
        columns[name] for name in ("cell_below_median", "cell_above_median", "said_median")
    )
    none, half = np.isnan(median), size / 2
    steps.tell(both & (none != (size == 0)), "median of step_statistics is {}", median)
    wrong = both & ~none & (size > 0) & ((below > half) | (above > half))
    told = "median of step_statistics is {}, and {} of {} values are below it, {} above"
    steps.tell(wrong, told, median, below, size, above)


def neurons_of_cells(
    layer: LayerPlan, epoch: int, cells: pd.DataFrame, said: pd.DataFrame
) -> Iterator[Disagreement]:
    """Compare a layer's recorded neurons in one epoch with their columns of the table.

    The two sum `rows` magnitudes in different orders.
    """
    frame = cells.set_index("neuron").join(said.set_index("neuron").add_prefix("said_"))
    sums = frame["magnitude_sum"]
    tolerance = (layer.rows.sum() + 4) * ROUNDING * sums + layer.rows.sum() * DENORMAL
    for name in ("cells", "zeros", "non_finite", "magnitude_sum"):
        given, true = frame[f"said_{name}"], frame[name]
        wrong = differ(given, true, tolerance if name == "magnitude_sum" else 0.0)
        for neuron in frame.index[wrong]:
            told = f"{name} of neuron_statistics is {shown(given[neuron])}, and "
            told += f"{shown(true[neuron])} by the cells"
            yield Disagreement(told, epoch, layer.number, neuron=int(neuron))


def neurons_there(layer: LayerPlan, epoch: int, said: pd.DataFrame) -> Iterator[Disagreement]:
    """Compare the neurons that a layer has in one epoch with those that it should have."""
    found, expected = set(said["neuron"]), set(range(1, layer.width + 1))
    for neuron in sorted(found ^ expected):
        has = "a row, and none is expected" if neuron in found else "no row"
        told = f"neuron_statistics has {has}"
        yield Disagreement(told, epoch, layer.number, neuron=int(neuron))


def neurons_of_steps(
    layer: LayerPlan, epoch: int, said: pd.DataFrame, recorded: pd.DataFrame
) -> Iterator[Disagreement]:
    """Compare a layer's neurons in one epoch, taken together, with the statistics of its steps."""
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
        if differ(total, true, tolerance):
            told = f"{name} of neuron_statistics is {shown(total)} in all, and {shown(true)} by "
            yield Disagreement(f"{told}step_statistics", epoch, layer.number)
