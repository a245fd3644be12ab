"""The noise scale's sums of one layer in one epoch, from its cells: those of `epoch_layers`.

The definitions are those of sql/views/noise_scale_v03.sql, which computes them in the server.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from vanishing_gradients.analysis.verification.disagreement import Disagreement, compared
from vanishing_gradients.analysis.verification.plan import LayerPlan
from vanishing_gradients.analysis.verification.steps import DENORMAL, ROUNDING

COLUMNS = ("mean_square", "square_of_mean", "noise_scale")
MOST_WEIGHTS = 1_000_000
"""Larger layers have no noise scale."""
SMALL, ENLARGED = 1e-140, 1e200
"""The gradients of an input whose row norms are all below SMALL are scaled up before squaring."""
TOLD_APART = 1.000000000001
"""The least by which |G|^2 must exceed 0."""


@dataclass(frozen=True)
class Noise:
    """The noise sums over `steps` steps, of gradients multiplied by `scale`.

    `square_of_mean` is NaN if unknown. `rounding` bounds the error of sums over a step, relative to
    those of magnitudes.
    """

    steps: int
    mean_square: float
    square_of_mean: float
    scale: float
    rounding: float

    @property
    def tolerances(self) -> tuple[float, float]:
        """The error bounds of the two squares.

        Sums over the steps that cancel have the error of their magnitudes, which together do not
        exceed the root of the mean square.
        """
        adding = 2 * self.steps * ROUNDING
        square, of_mean = self.mean_square, self.square_of_mean
        relative = 2 * self.rounding + 2 * adding
        crossed = 2 * adding * math.sqrt(of_mean * square) if of_mean > 0 else 0.0
        return relative * square, relative * of_mean + crossed + adding**2 * square

    def batches(self, mean_square: float, square_of_mean: float) -> float:
        """Return the noise scale in batches; NaN if it is undefined."""
        common = mean_square / self.steps if self.steps else np.nan
        if self.steps < 2 or not square_of_mean > TOLD_APART * mean_square / self.steps:
            return np.nan
        return (mean_square - square_of_mean) / (square_of_mean - common)


class NoiseSums:
    """Adds up gradients by input, over steps, for `rows` inputs and `width` neurons."""

    def __init__(self, rows: int, width: int) -> None:
        self.rows, self.width = rows, width
        self._total = np.zeros((rows, width))
        self._counts = np.zeros(rows, np.int64)
        self._squares, self._small_squares = np.zeros(rows), np.zeros(rows)
        self._large = np.zeros(rows, bool)

    def add(
        self, rows: np.ndarray, cells: np.ndarray, norms: np.ndarray, parts: Sequence[slice]
    ) -> None:
        """Add finite rows of some steps, each with its RowIndex and norm; a step may be partial."""
        for part in parts:
            own, values, lengths = rows[part], cells[part], norms[part]
            if own[-1] >= self.rows:  # an error that the check of row numbers reports
                inside = own < self.rows
                own, values, lengths = own[inside], values[inside], lengths[inside]
            whole = len(own) and own[-1] - own[0] == len(own) - 1
            place = slice(int(own[0]), int(own[-1]) + 1) if whole else own
            self._total[place] += values
            self._counts[place] += 1
            self._squares[place] += np.square(lengths)
            small = lengths < SMALL
            self._large[place] |= ~small
            if small.any():
                self._small_squares[place] += np.square(np.where(small, lengths, 0.0) * ENLARGED)

    def found(self) -> Noise:
        """Return the result over all steps."""
        known = self._counts > 0
        if not known.any():
            return Noise(0, np.nan, np.nan, 1.0, 0.0)
        counts, large = self._counts[known], self._large[known]
        enlarged = np.where(large, 1.0, ENLARGED)
        scale = float(enlarged.min())
        back = enlarged / scale  # relative to an input that is not small
        squares = np.where(large, self._squares[known], self._small_squares[known]) / counts
        means = self._total[known] / counts[:, np.newaxis] * enlarged[:, np.newaxis]
        of_means = np.einsum("ij,ij->i", means, means)
        return Noise(
            int(counts.max()),
            float((squares / back / back).sum()),
            float((of_means / back / back).sum()),
            scale,
            (self.rows + self.width) * ROUNDING,
        )


def noise_of_steps(layer: LayerPlan, recorded: pd.DataFrame) -> Noise | None:
    """Return what the statistics of steps tell about a noise scale: its mean square and its steps.

    None if a row is not finite, or squares are too small.
    """
    norms = recorded["gradient_norm"]
    if recorded["non_finite"].any() or not norms.max() > SMALL / ROUNDING:
        return None
    rounding = 2 * (layer.rows.max() + layer.width) * ROUNDING
    return Noise(len(norms), float(np.square(norms).mean()), np.nan, 1.0, rounding)


def has_noise_scale(layer: LayerPlan) -> bool:
    """Return whether a layer has weights, and not too many."""
    rows = int(layer.rows.max()) if len(layer.rows) else 0
    return layer.row_meaning == "input" and 0 < rows * layer.width <= MOST_WEIGHTS


def disagreeing_noise(
    layer: LayerPlan, epoch: int, summed: pd.Series, noise: Noise | None, batch: int | None
) -> Iterator[Disagreement]:
    """Compare the noise scale in a layer's row of epoch_layers with its gradients' noise.

    `batch`, in samples, is its unit; None if unknown. Without `noise` there must be none.
    """
    place = {"epoch": epoch, "layer": layer.number}
    if noise is None:
        for name in COLUMNS:
            yield from compared(
                f"{name} of epoch_layers", summed[name], np.nan, 0.0, "is expected", **place
            )
        return
    wrong = False
    truths = (noise.mean_square, noise.square_of_mean)
    for name, true, tolerance in zip(COLUMNS[:2], truths, noise.tolerances, strict=True):
        said = summed[name]
        if name == "square_of_mean" and np.isnan(true) and noise.steps:
            continue
        if noise.scale > 1:  # values that no double holds are NULL
            said = np.nan_to_num(said)
            true, tolerance = (each / noise.scale / noise.scale for each in (true, tolerance))
        found = list(compared(
            f"{name} of epoch_layers", said, true, tolerance + 4 * DENORMAL, "by the gradients",
            **place,
        ))  # fmt: skip
        wrong |= bool(found)
        yield from found
    if not wrong:
        true, tolerance = _scale(summed, noise, batch)
        if not np.isinf(tolerance):
            yield from compared(
                "noise_scale of epoch_layers", summed["noise_scale"], true, tolerance,
                "by the gradients", **place,
            )  # fmt: skip


def _scale(summed: pd.Series, noise: Noise, batch: int | None) -> tuple[float, float]:
    """Return the noise scale and its error bound: infinity if nothing can be said.

    If the squares are stored they have been compared, and the scale follows from them.
    """
    if batch is None or not noise.steps:
        return np.nan, 0.0
    if noise.scale > 1:
        square, of_mean = noise.mean_square, noise.square_of_mean
        off, off_mean = noise.tolerances
    else:
        square, of_mean = (float(summed[name]) for name in COLUMNS[:2])
        off, off_mean = 4 * ROUNDING * square, 4 * ROUNDING * of_mean
    above = of_mean - square / noise.steps
    off_above = off_mean + off / noise.steps
    if noise.scale > 1 and abs(above) <= off_above + 2e-12 * square:
        return np.nan, np.inf
    true = noise.batches(square, of_mean)
    if np.isnan(true):
        return np.nan, 0.0
    most = (abs(square - of_mean) + off + off_mean) / (above - min(off_above, above / 2))
    return batch * true, batch * (most - abs(true)) + DENORMAL
