"""Queries of one layer of an experiment."""

import pandas as pd
from sqlalchemy import Connection

from vanishing_gradients.analysis.columns import MEAN, NEAR_ZERO, NORM, RATIO, cells
from vanishing_gradients.analysis.errors import NoRowsError
from vanishing_gradients.analysis.queries.frames import (
    layer_of,
    of_cells,
    of_layer,
    why_empty,
)
from vanishing_gradients.sql.cells import FIRST_COLUMNS, gradient_columns


def norm_avg(connection: Connection, experiment: str, layer: int, run_id: int) -> pd.DataFrame:
    """Return the mean row norm of a layer (the paper's Figure 8), one row an epoch."""
    return of_layer(
        connection, "norm_avg", "{0}_layer_{1}_norm_avg", NORM, experiment, layer, run_id
    )


def gradient_norm_avg(
    connection: Connection, experiment: str, layer: int, run_id: int
) -> pd.DataFrame:
    """Return the mean gradient norm of a layer (the paper's Equation 3), one row an epoch."""
    return of_layer(
        connection,
        "gradient_norm_avg",
        "{0}_layer_{1}_gradient_norm_avg",
        NORM,
        experiment,
        layer,
        run_id,
    )


def mean_avg(connection: Connection, experiment: str, layer: int, run_id: int) -> pd.DataFrame:
    """Return the mean gradient of a layer, one row an epoch."""
    return of_layer(
        connection, "mean_avg", "{0}_layer_{1}_mean_avg", MEAN, experiment, layer, run_id
    )


def near_zero(connection: Connection, experiment: str, layer: int, run_id: int) -> pd.DataFrame:
    """Return the fractions of a layer's gradient values below 1e-3 and 1e-5, one row an epoch."""
    return of_layer(
        connection, "near_zero", "{0}_layer_{1}_near_zero", NEAR_ZERO, experiment, layer, run_id
    )


def ratio_avg(connection: Connection, experiment: str, layer: int, run_id: int) -> pd.DataFrame:
    """Return the norm of layer + 1 over that of `layer` (the paper's Figure 9), a row an epoch."""
    return of_layer(
        connection,
        "ratio_avg",
        "{0}_ratio_{2}_{1}_avg",
        RATIO,
        experiment,
        layer,
        run_id,
        ratio=f"ratio_{layer + 1}_{layer}",
    )


def first_cells(
    connection: Connection,
    experiment: str,
    layer: int,
    run_id: int,
    epoch: int,
    step: int,
    rows: int,
) -> pd.DataFrame:
    """Return the first `rows` rows of a layer's gradient at one step, as its table has them.

    Columns: run_id, Epoch, Step, RowIndex, Gradient1 and on, at most to Gradient8, Norm and Mean.
    Of a run in single precision the server prints cells with six digits.
    """
    own = layer_of(connection, run_id, layer)
    types = cells(gradient_columns(own.width)[:FIRST_COLUMNS])
    asked = {"epoch": epoch, "step": step, "rows": rows}
    frame = of_cells(connection, "first_cells", types, experiment, own, run_id, **asked)
    if frame.empty:
        raise NoRowsError(why_empty(connection, f"table {experiment}_{own.name}", run_id))
    return frame
