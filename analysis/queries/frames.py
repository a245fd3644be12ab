"""From a query to a DataFrame, or to an error that says why there is none."""

from collections.abc import Mapping, Sequence

import pandas as pd
from pymysql.constants import ER
from sqlalchemy import Connection, bindparam, text
from sqlalchemy.exc import DBAPIError

from vanishing_gradients.analysis.columns import SUMMARY
from vanishing_gradients.analysis.errors import NoRowsError
from vanishing_gradients.sql.errors import ObjectError
from vanishing_gradients.sql.names import checked_experiment
from vanishing_gradients.sql.queries import query

MISSING = (ER.NO_SUCH_TABLE, ER.VIEW_INVALID)


def experiment_summary(connection: Connection) -> pd.DataFrame:
    """Return every run, one a row, by run_id."""
    frame = rows(connection, "experiment_summary", SUMMARY)
    if frame.empty:
        raise NoRowsError(
            "There is no run in this database: train one with `make train EXP=sigmoid_sgd`."
        )
    return frame


def constant(connection: Connection, view: str, types: Mapping[str, str]) -> pd.DataFrame:
    """Return the rows of a view that holds the same ones in every database."""
    frame = rows(connection, view, types)
    if frame.empty:
        raise NoRowsError(f"The view {view} has no row: restore it with `make migrate`.")
    return frame


def of_run(
    connection: Connection, view: str, types: Mapping[str, str], run_id: int
) -> pd.DataFrame:
    """Return the rows of one run in a view over all experiments."""
    frame = rows(connection, view, types, run_id=run_id)
    if frame.empty:
        raise NoRowsError(_why_empty(connection, view, run_id))
    return frame


def of_runs(
    connection: Connection, view: str, types: Mapping[str, str], run_ids: Sequence[int]
) -> pd.DataFrame:
    """Return the rows of several runs, each of which must have some."""
    if not run_ids:
        raise NoRowsError(f"No run was named to read the view {view} for.")
    frame = rows(connection, view, types, run_ids=[int(run_id) for run_id in run_ids])
    found = set(frame["run_id"])
    for run_id in run_ids:
        if run_id not in found:
            raise NoRowsError(_why_empty(connection, view, run_id))
    return frame


def of_layer(
    connection: Connection,
    name: str,
    pattern: str,
    types: Mapping[str, str],
    experiment: str,
    layer: int,
    run_id: int,
    values: Mapping[str, int | float | list[int]] | None = None,
    **identifiers: str | Sequence[str],
) -> pd.DataFrame:
    """Return the rows of one run in a view of one layer or of two neighbours.

    `pattern` makes the view's name of experiment, layer and next layer; `name` is the query's.
    """
    view = pattern.format(checked_experiment(experiment), layer, layer + 1)
    asked = {"run_id": run_id, **(values or {})}
    frame = rows(connection, name, types, {"view": view, **identifiers}, **asked)
    if frame.empty:
        raise NoRowsError(_why_empty(connection, view, run_id))
    return frame


def rows(
    connection: Connection,
    name: str,
    types: Mapping[str, str],
    identifiers: Mapping[str, str | Sequence[str]] | None = None,
    **values: int | float | list[int],
) -> pd.DataFrame:
    """Return what a query gives, which may be no row; `types` has its columns in order."""
    identifiers = identifiers or {}
    lists = [bindparam(key, expanding=True) for key in values if isinstance(values[key], list)]
    statement = text(query(name, **identifiers)).bindparams(*lists)
    try:
        result = connection.execute(statement, values)
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
