"""One function a view: its rows as a DataFrame, in a fixed order, with one type a column.

Floating-point columns are float64 and hold NaN where the view holds NULL. Every function raises
NoRowsError rather than return an empty frame, and ObjectError where the view itself is missing.
"""

from collections.abc import Mapping

import pandas as pd
from pymysql.constants import ER
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from analysis.columns import (
    CURVES,
    HYPOTHESES,
    MEAN,
    NEAR_ZERO,
    NORM,
    NORMS,
    RATIO,
    RATIOS,
    STORED_RATIO,
    SUMMARY,
    THRESHOLDS,
)
from analysis.errors import NoRowsError
from sql.errors import ObjectError
from sql.names import checked_experiment
from sql.queries import query

MISSING = (ER.NO_SUCH_TABLE, ER.VIEW_INVALID)


def experiment_summary(connection: Connection) -> pd.DataFrame:
    """Return every run, one a row, by run_id."""
    frame = _rows(connection, "experiment_summary", SUMMARY)
    if frame.empty:
        raise NoRowsError(
            "There is no run in this database: train one with `make train EXP=sigmoid_sgd`."
        )
    return frame


def training_curves(connection: Connection, run_id: int) -> pd.DataFrame:
    """Return loss and accuracy of a run, one row an epoch."""
    return _of_run(connection, "training_curves", CURVES, run_id)


def gradient_norms(connection: Connection, run_id: int) -> pd.DataFrame:
    """Return norms and means of a run's gradients, one row an (epoch, layer)."""
    return _of_run(connection, "gradient_norms", NORMS, run_id)


def gradient_norm_ratios(connection: Connection, run_id: int) -> pd.DataFrame:
    """Return the norm of layer + 1 over that of layer, one row an (epoch, layer) but the last.

    `ratio` is NaN where it is undefined; `numerator` and `denominator` tell x / 0 from 0 / 0.
    """
    return _of_run(connection, "gradient_norm_ratios", RATIOS, run_id)


def ratio_thresholds(connection: Connection) -> pd.DataFrame:
    """Return, in one row, the lines between vanishing, stable and exploding ratios."""
    return _constant(connection, "ratio_thresholds", THRESHOLDS)


def norm_avg(connection: Connection, experiment: str, layer: int, run_id: int) -> pd.DataFrame:
    """Return the mean row norm of a layer (the paper's Figure 8), one row an epoch."""
    return _of_layer(
        connection, "norm_avg", "{0}_layer_{1}_norm_avg", NORM, experiment, layer, run_id
    )


def gradient_norm_avg(
    connection: Connection, experiment: str, layer: int, run_id: int
) -> pd.DataFrame:
    """Return the mean gradient norm of a layer (the paper's Equation 3), one row an epoch."""
    return _of_layer(
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
    return _of_layer(
        connection, "mean_avg", "{0}_layer_{1}_mean_avg", MEAN, experiment, layer, run_id
    )


def near_zero(connection: Connection, experiment: str, layer: int, run_id: int) -> pd.DataFrame:
    """Return the fractions of a layer's gradient values below 1e-3 and 1e-5, one row an epoch."""
    return _of_layer(
        connection, "near_zero", "{0}_layer_{1}_near_zero", NEAR_ZERO, experiment, layer, run_id
    )


def ratio_avg(connection: Connection, experiment: str, layer: int, run_id: int) -> pd.DataFrame:
    """Return the norm of layer + 1 over that of `layer` (the paper's Figure 9), a row an epoch."""
    return _of_layer(
        connection,
        "ratio_avg",
        "{0}_ratio_{2}_{1}_avg",
        RATIO,
        experiment,
        layer,
        run_id,
        ratio=f"ratio_{layer + 1}_{layer}",
    )


def storage_hypotheses(connection: Connection) -> pd.DataFrame:
    """Return the storages that stored_norm_avg and stored_ratio_avg can be asked for, one a row."""
    return _constant(connection, "storage_hypotheses", HYPOTHESES)


def stored_norm_avg(
    connection: Connection,
    experiment: str,
    layer: int,
    run_id: int,
    decimals: int,
    filler: float,
) -> pd.DataFrame:
    """Return a layer's mean row norm after a lossy storage, one row an epoch.

    Every value is rounded to `decimals` places, and `filler` stands in each column up to the 128th
    that the layer does not use. Reads every cell of the run. Raises NoRowsError for what is not in
    storage_hypotheses.
    """
    return _of_layer(
        connection,
        "stored_norm_avg",
        "{0}_layer_{1}_stored_norm_avg",
        NORM,
        experiment,
        layer,
        run_id,
        values=_hypothesis(connection, decimals, filler),
    )


def stored_ratio_avg(
    connection: Connection,
    experiment: str,
    layer: int,
    run_id: int,
    decimals: int,
    filler: float,
) -> pd.DataFrame:
    """Return the stored norm of layer + 1 over that of `layer`, as stored_norm_avg gives them.

    `ratio` is NaN where it is undefined; `numerator` and `denominator` tell x / 0 from 0 / 0.
    """
    return _of_layer(
        connection,
        "stored_ratio_avg",
        "{0}_ratio_{2}_{1}_stored_avg",
        STORED_RATIO,
        experiment,
        layer,
        run_id,
        values=_hypothesis(connection, decimals, filler),
        ratio=f"ratio_{layer + 1}_{layer}",
    )


def _hypothesis(connection: Connection, decimals: int, filler: float) -> dict[str, int | float]:
    known = storage_hypotheses(connection)
    for name, value in (("decimals", decimals), ("filler", filler)):
        if value not in set(known[name]):
            choices = ", ".join(f"{each:g}" for each in sorted(set(known[name])))
            raise NoRowsError(
                f"There is no storage hypothesis of {name} {value:g}: choose one of {choices}."
            )
    return {"decimals": decimals, "filler": filler}


def _constant(connection: Connection, view: str, types: Mapping[str, str]) -> pd.DataFrame:
    frame = _rows(connection, view, types)
    if frame.empty:
        raise NoRowsError(f"The view {view} has no row: restore it with `make migrate`.")
    return frame


def _of_run(
    connection: Connection, view: str, types: Mapping[str, str], run_id: int
) -> pd.DataFrame:
    frame = _rows(connection, view, types, run_id=run_id)
    if frame.empty:
        raise NoRowsError(_why_empty(connection, view, run_id))
    return frame


def _of_layer(
    connection: Connection,
    name: str,
    pattern: str,
    types: Mapping[str, str],
    experiment: str,
    layer: int,
    run_id: int,
    values: Mapping[str, int | float] | None = None,
    **identifiers: str,
) -> pd.DataFrame:
    view = pattern.format(checked_experiment(experiment), layer, layer + 1)
    asked = {"run_id": run_id, **(values or {})}
    frame = _rows(connection, name, types, {"view": view, **identifiers}, **asked)
    if frame.empty:
        raise NoRowsError(_why_empty(connection, view, run_id))
    return frame


def _rows(
    connection: Connection,
    name: str,
    types: Mapping[str, str],
    identifiers: Mapping[str, str] | None = None,
    **values: int | float,
) -> pd.DataFrame:
    identifiers = identifiers or {}
    try:
        result = connection.execute(text(query(name, **identifiers)), values)
    except DBAPIError as error:
        if error.orig is None or error.orig.args[0] not in MISSING:
            raise
        view = identifiers.get("view", name)
        cure = (
            "train it with `make train EXP=...`"
            if identifiers
            else "bring the database up to date with `make migrate`"
        )
        raise ObjectError(f"This database has no view {view} that works: {cure}.") from error
    return pd.DataFrame(result.fetchall(), columns=list(types)).astype(dict(types))


def _why_empty(connection: Connection, view: str, run_id: int) -> str:
    runs = experiment_summary(connection)
    found = runs[runs["run_id"] == run_id]
    if found.empty:
        return f"There is no run {run_id}: `make runs` lists those there are."
    run = found.iloc[0]
    return (
        f"The view {view} has no row of run {run_id} ({run['experiment']}, {run['status']}, "
        f"{run['completed_epoch']} of {run['epochs']} epochs complete): "
        f"run `make train EXP={run['experiment']}` for one that has."
    )
