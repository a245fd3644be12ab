"""Queries of norms and ratios over all layers of a run."""

from collections.abc import Sequence

import pandas as pd
from sqlalchemy import Connection

from vanishing_gradients.analysis.columns import (
    DENSE_RATIOS,
    EPOCH_RATIOS,
    MEANS,
    NORMS,
    RATIOS,
    THRESHOLDS,
)
from vanishing_gradients.analysis.queries.frames import constant, of_run, of_runs


def gradient_norms(connection: Connection, run_id: int) -> pd.DataFrame:
    """Return norms and means of a run's gradients, one row an (epoch, layer)."""
    return of_run(connection, "gradient_norms", NORMS, run_id)


def epoch_means(connection: Connection, run_ids: Sequence[int]) -> pd.DataFrame:
    """Return norms and means of the gradients of several runs, one row a (run, epoch, layer).

    From the statistics of the steps, without a median: the way to compare many runs.
    """
    return of_runs(connection, "epoch_means", MEANS, run_ids)


def epoch_ratios(connection: Connection, run_ids: Sequence[int]) -> pd.DataFrame:
    """Return the norm of layer + 1 over that of layer in several runs, from epoch_means.

    As gradient_norm_ratios gives them, but from the statistics of the steps.
    """
    return of_runs(connection, "epoch_ratios", EPOCH_RATIOS, run_ids)


def gradient_norm_ratios(connection: Connection, run_id: int) -> pd.DataFrame:
    """Return the norm of layer + 1 over that of layer, one row an (epoch, layer) but the last.

    `ratio` is NaN where it is undefined; `numerator` and `denominator` tell x / 0 from 0 / 0.
    """
    return of_run(connection, "gradient_norm_ratios", RATIOS, run_id)


def dense_norm_ratios(connection: Connection, run_id: int) -> pd.DataFrame:
    """Return the norm of each dense layer over that of the one before, one row an (epoch, layer).

    `layer` is the one before, and `ratio` is NaN where it is undefined, as in gradient_norm_ratios.
    """
    return of_run(connection, "dense_norm_ratios", DENSE_RATIOS, run_id)


def ratio_thresholds(connection: Connection) -> pd.DataFrame:
    """Return, in one row, the lines between vanishing, stable and exploding ratios."""
    return constant(connection, "ratio_thresholds", THRESHOLDS)
