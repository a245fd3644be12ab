"""From a query to a DataFrame, or to an error that says why there is none."""

from collections.abc import Mapping, Sequence

import pandas as pd
from pymysql.constants import ER
from sqlalchemy import Connection, bindparam, text
from sqlalchemy.exc import DBAPIError

from vanishing_gradients.analysis.columns import EXPECTED, SUMMARY
from vanishing_gradients.analysis.errors import NoRowsError
from vanishing_gradients.sql.errors import ObjectError
from vanishing_gradients.sql.names import checked_experiment
from vanishing_gradients.sql.objects import Layer
from vanishing_gradients.sql.queries import query, query_of_layer

MISSING = (ER.NO_SUCH_TABLE, ER.VIEW_INVALID)
EXPERIMENT = "train it with `make train EXP=...`"


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
        raise NoRowsError(why_empty(connection, f"view {view}", run_id))
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
            raise NoRowsError(why_empty(connection, f"view {view}", run_id))
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
    **identifiers: str,
) -> pd.DataFrame:
    """Return the rows of one run in a view of one layer or of two neighbours.

    `pattern` makes the view's name of experiment, layer and next layer; `name` is the query's.
    """
    view = pattern.format(checked_experiment(experiment), layer, layer + 1)
    asked = {"run_id": run_id, **(values or {})}
    frame = rows(connection, name, types, {"view": view, **identifiers}, **asked)
    if frame.empty:
        raise NoRowsError(why_empty(connection, f"view {view}", run_id))
    return frame


def layer_of(connection: Connection, run_id: int, layer: int) -> Layer:
    """Return a layer of a run by its number; NoRowsError where the run has no such layer."""
    there = rows(connection, "expected_rows", EXPECTED, run_id=run_id)
    own = there[there["layer"] == layer]
    if own.empty:
        raise NoRowsError(f"Run {run_id} has layers 1 to {len(there)}: there is no layer {layer}.")
    row = own.iloc[0]
    return Layer(layer, row["layer_name"], int(row["width"]), row["row_meaning"])


def of_cells(
    connection: Connection,
    name: str,
    types: Mapping[str, str],
    experiment: str,
    layer: Layer,
    run_id: int,
    **values: int,
) -> pd.DataFrame:
    """Return what a query of one layer's gradient table gives of one run, which may be no row."""
    statement = query_of_layer(name, experiment, layer)
    source = f"table {experiment}_{layer.name}"
    return _frame(connection, statement, types, source, EXPERIMENT, {"run_id": run_id, **values})


def rows(
    connection: Connection,
    name: str,
    types: Mapping[str, str],
    identifiers: Mapping[str, str] | None = None,
    **values: int | float | list[int],
) -> pd.DataFrame:
    """Return what a query gives, which may be no row; `types` has its columns in order."""
    identifiers = identifiers or {}
    source = f"view {identifiers.get('view', name)}"
    cure = EXPERIMENT if identifiers else "bring the database up to date with `make migrate`"
    return _frame(connection, query(name, **identifiers), types, source, cure, values)


def _frame(
    connection: Connection,
    statement: str,
    types: Mapping[str, str],
    source: str,
    cure: str,
    values: Mapping[str, int | float | list[int]],
) -> pd.DataFrame:
    lists = [bindparam(key, expanding=True) for key in values if isinstance(values[key], list)]
    try:
        result = connection.execute(text(statement).bindparams(*lists), values)
    except DBAPIError as error:
        if error.orig is None or error.orig.args[0] not in MISSING:
            raise
        raise ObjectError(f"This database has no {source} that works: {cure}.") from error
    return pd.DataFrame(result.fetchall(), columns=list(types)).astype(dict(types))


def why_empty(connection: Connection, source: str, run_id: int) -> str:
    """Return the sentence that says why `source`, a view or a table, has no row of a run."""
    runs = experiment_summary(connection)
    found = runs[runs["run_id"] == run_id]
    if found.empty:
        return f"There is no run {run_id}: `make runs` lists those there are."
    run = found.iloc[0]
    return (
        f"The {source} has no row of run {run_id} ({run['experiment']}, {run['status']}, "
        f"{run['completed_epoch']} of {run['epochs']} epochs complete): "
        f"run `make train EXP={run['experiment']}` for one that has."
    )
