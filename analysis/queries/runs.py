"""Queries of runs as wholes."""

import pandas as pd
from sqlalchemy import Connection

from analysis.columns import CURVES
from analysis.queries.frames import of_run


def training_curves(connection: Connection, run_id: int) -> pd.DataFrame:
    """Return loss and accuracy of a run, one row an epoch."""
    return of_run(connection, "training_curves", CURVES, run_id)
