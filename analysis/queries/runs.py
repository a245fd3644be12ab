"""Queries of runs as wholes."""

from collections.abc import Sequence

import pandas as pd
from sqlalchemy import Connection

from vanishing_gradients.analysis.columns import CURVES, PROVENANCE, SIZES
from vanishing_gradients.analysis.queries.frames import of_run, of_runs


def training_curves(connection: Connection, run_id: int) -> pd.DataFrame:
    """Return loss and accuracy of a run, one row an epoch."""
    return training_curves_of(connection, [run_id])


def training_curves_of(connection: Connection, run_ids: Sequence[int]) -> pd.DataFrame:
    """Return loss and accuracy of several runs, one row a (run, epoch)."""
    return of_runs(connection, "training_curves", CURVES, run_ids)


def run_provenance(connection: Connection, run_id: int) -> pd.DataFrame:
    """Return, in one row, where a run comes from; config and package_versions are JSON."""
    return of_run(connection, "run_provenance", PROVENANCE, run_id)


def layer_sizes(connection: Connection, run_id: int) -> pd.DataFrame:
    """Return the size of a run's gradients, and of what is stored of them, one row a layer."""
    return of_run(connection, "layer_sizes", SIZES, run_id)
