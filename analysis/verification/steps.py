"""One layer in one epoch, step by step: its cells against all that was said of them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from vanishing_gradients.analysis.verification.disagreement import Disagreement, differ, shown
from vanishing_gradients.analysis.verification.plan import LayerPlan

ROUNDING = 2.0**-53
"""What one addition may lose, of what it gives."""
DENORMAL = 5e-324
"""The smallest double above 0, which any rounding may lose."""
SMALL = 1e-140
"""Below it a square has few digits or none: steps of such cells alone are summed up enlarged."""
SMALL_ROW = 1e-160
"""What the norm of a row of such cells may be off by, beside a row of larger ones."""


def bound(rows: np.ndarray | float, width: int) -> np.ndarray | float:
    """Return what sums over `rows` rows may differ by, relative to their sum of magnitudes."""
    return (rows + width) * ROUNDING


def magnitude(cells: pd.DataFrame) -> pd.Series:
    """Return the largest magnitude of each step's cells; NaN where no row is finite."""
    return pd.concat([cells["largest"], -cells["smallest"]], axis="columns").max(axis="columns")


def small_steps(cells: pd.DataFrame) -> list[int]:
    """Return the steps whose squares the server cannot add up as they are."""
    largest = magnitude(cells)
    return cells.loc[(largest > 0) & (largest < SMALL), "step"].tolist()


def with_norms(cells: pd.DataFrame, enlarged: pd.DataFrame) -> pd.DataFrame:
    """Return the sums over cells with `norm`, of each step's whole gradient, and `slack`, what its
    norms may be off by besides relative errors.

    `enlarged` has the sums of those steps that `small_steps` names.
    """
    small = enlarged.set_index("step").reindex(cells["step"]).reset_index(drop=True)
    plain = small["norm_sum"].isna()
    return cells.assign(
        norm_sum=cells["norm_sum"].where(plain, small["norm_sum"]),
        norm=np.sqrt(cells["square_sum"]).where(plain, small["norm"]),
        slack=cells["row_count"] * np.where(plain & (magnitude(cells) > 0), SMALL_ROW, DENORMAL),
    )


@dataclass
class Steps:
    """The steps of one layer in one epoch, by whatever source knows of them."""

    layer: LayerPlan
    epoch: int
    frame: pd.DataFrame
    found: list[Disagreement]

    def tell(self, where: pd.Series | np.ndarray, text: str, *columns: str | pd.Series) -> None:
        """Note a disagreement at each step where `where` holds; `text` takes the columns."""
        marked = np.flatnonzero(np.asarray(where))
        series = [self.frame[each] if isinstance(each, str) else each for each in columns]
        for place in marked:
            told = text.format(*(shown(each.iloc[place]) for each in series))
            self.found.append(
                Disagreement(told, self.epoch, self.layer.number, int(self.frame.index[place]))
            )

    def compare(
        self,
        where: pd.Series,
        name: str,
        said: str | pd.Series,
        true: str | pd.Series,
        tolerance: pd.Series | float = 0.0,
    ) -> None:
        """Note each step where what is `said` is not what is `true` of the cells."""
        said, true = (self.frame[each] if isinstance(each, str) else each for each in (said, true))
        wrong = where & differ(said, true, tolerance)
        self.tell(wrong, f"{name} is {{}}, and {{}} by the cells", said, true)


def stored_steps(
    layer: LayerPlan, epoch: int, cells: pd.DataFrame, index: pd.DataFrame, recorded: pd.DataFrame
) -> list[Disagreement]:
    """Compare a layer's cells in one epoch with catalogue, index and step_statistics."""
    steps = _gathered(layer, epoch, cell=cells, index=index, said=recorded)
    planned, stored = steps.frame["expected"].notna(), steps.frame["cell_row_count"].notna()
    steps.tell(planned & ~stored, "the gradient table has no row, and {} are expected", "expected")
    steps.tell(
        stored & ~planned,
        "the gradient table has rows ({}), and none is expected",
        "cell_row_count",
    )
    both = planned & stored
    wrong = both & differ(steps.frame["cell_row_count"], steps.frame["expected"])
    steps.tell(
        wrong, "the gradient table has {} rows, and {} are expected", "cell_row_count", "expected"
    )
    _row_numbers(steps, both & ~wrong)
    _index(steps, stored)
    _statistics(steps, planned, stored)
    return steps.found


def recorded_steps(layer: LayerPlan, epoch: int, recorded: pd.DataFrame) -> list[Disagreement]:
    """Compare the counts in a layer's statistics in one epoch with the catalogue alone."""
    steps = _gathered(layer, epoch, said=recorded)
    frame = steps.frame
    planned, said = frame["expected"].notna(), frame["said_row_count"].notna()
    _presence(steps, planned, said)
    both = planned & said
    steps.tell(
        both & differ(frame["said_row_count"], frame["expected"]),
        "rows of step_statistics is {}, and {} are expected", "said_row_count", "expected",
    )  # fmt: skip
    missing = frame["said_row_count"] - frame["said_finite_rows"]
    fits = (missing >= 0) & frame["said_non_finite"].between(missing, missing * layer.width)
    steps.tell(
        both & ~fits,
        "step_statistics has {} rows, {} of them finite, and {} cells that are not",
        "said_row_count", "said_finite_rows", "said_non_finite",
    )  # fmt: skip
    return steps.found


def _gathered(layer: LayerPlan, epoch: int, **sources: pd.DataFrame) -> Steps:
    parts = [layer.rows.rename("expected").astype(float)]
    parts += [
        frame.set_index("step").add_prefix(f"{name}_").astype(float)
        for name, frame in sources.items()
    ]
    return Steps(layer, epoch, pd.concat(parts, axis="columns").sort_index(), [])


def _row_numbers(steps: Steps, where: pd.Series) -> None:
    first, last = steps.frame["cell_first_row"], steps.frame["cell_last_row"]
    should = steps.frame["expected"] - 1
    wrong = where & ((first != 0) | (last != should))
    steps.tell(wrong, "RowIndex goes from {} to {}, and not from 0 to {}", first, last, should)


def _index(steps: Steps, stored: pd.Series) -> None:
    frame, width = steps.frame, steps.layer.width
    indexed = frame["index_row_count"].notna()
    steps.tell(stored & ~indexed, "the index of Norm and Mean has no row")
    steps.tell(indexed & ~stored, "the index of Norm and Mean has rows that the table has not")
    both = stored & indexed
    part = bound(frame["cell_row_count"], width)
    norm_tolerance = part * frame["cell_norm_sum"] + frame["cell_slack"]
    squares, sums = frame["cell_square_sum"], frame["cell_cell_sum"] / width
    steps.compare(both, "the number of rows in the index", "index_row_count", "cell_row_count")
    steps.compare(both, "the number of rows with a Norm", "index_norms", "cell_finite_rows")
    steps.compare(both, "the number of rows with a Mean", "index_means", "cell_finite_rows")
    steps.compare(both, "the sum of Norm", "index_norm_sum", "cell_norm_sum", norm_tolerance)
    steps.compare(
        both, "the sum of squares of Norm", "index_square_sum", squares, 4 * part * squares + 1e-300
    )
    denormals = frame["cell_row_count"] * DENORMAL
    mean_tolerance = part * frame["cell_magnitude_sum"] / width + denormals
    steps.compare(both, "the sum of Mean", "index_mean_sum", sums, mean_tolerance)


def _presence(steps: Steps, planned: pd.Series, said: pd.Series) -> None:
    steps.tell(planned & ~said, "step_statistics has no row")
    steps.tell(said & ~planned, "step_statistics has a row, and none is expected")


def _statistics(steps: Steps, planned: pd.Series, stored: pd.Series) -> None:
    frame, width = steps.frame, steps.layer.width
    said = frame["said_row_count"].notna()
    _presence(steps, planned, said)
    both = stored & said
    size = frame["cell_finite_rows"] * width
    part = bound(frame["cell_row_count"], width)
    magnitudes = frame["cell_magnitude_sum"]
    norm, slack = frame["cell_norm"], frame["cell_slack"]
    exact = {
        "row_count": "row_count", "finite_rows": "finite_rows", "non_finite": "null_cells",
        "min": "smallest", "max": "largest",
    }  # fmt: skip
    for name, true in exact.items():
        steps.compare(both, f"{name} of step_statistics", f"said_{name}", f"cell_{true}")
    for name in ("zeros", "below_1em3", "below_1em5"):
        # A fraction times its number of values is a whole number again, but for its last bits.
        counted = frame[f"said_{name}"] * size
        steps.compare(
            both, f"{name} of step_statistics, as a count,", counted, f"cell_{name}", 1e-6
        )
    empty = size.where(size > 0)
    sums = {
        "row_norm_sum": (frame["cell_norm_sum"], part * frame["cell_norm_sum"] + slack),
        "gradient_norm": (norm, part * norm + slack),
        "mean": (frame["cell_cell_sum"] / empty, part * magnitudes / empty + 2 * DENORMAL),
        "mean_abs": (magnitudes / empty, part * magnitudes / empty + 2 * DENORMAL),
    }
    for name, (true, tolerance) in sums.items():
        steps.compare(both, f"{name} of step_statistics", f"said_{name}", true, tolerance)
    _median(steps, both, size)


def _median(steps: Steps, where: pd.Series, size: pd.Series) -> None:
    frame = steps.frame
    below, above = frame["cell_below_median"], frame["cell_above_median"]
    none = frame["said_median"].isna()
    steps.tell(where & (none != (size == 0)), "median of step_statistics is {}", "said_median")
    half = size / 2
    steps.tell(
        where & ~none & (size > 0) & ((below > half) | (above > half)),
        "median of step_statistics is {}, and {} of {} values are below it, {} above",
        "said_median", below, size, above,
    )  # fmt: skip
