"""Queries a view, or computes from views and tables: returns the rows as a DataFrame.

Columns are those in the header of the view's file, in its order, sorted as it says, each with one
type: INT is int64, or Int64 if it may be NULL; DOUBLE is float64, NaN for NULL; TEXT is str;
DATETIME is datetime64[us], in UTC.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pymysql.constants import ER
from sqlalchemy import Connection, Row, bindparam, text
from sqlalchemy.exc import DBAPIError

from vanishing_gradients.analysis.errors import NoRowsError
from vanishing_gradients.analysis.runs import TRAINER, epochs_of, known_run
from vanishing_gradients.sql.errors import ObjectError
from vanishing_gradients.sql.names import checked_experiment
from vanishing_gradients.sql.objects import Column, ExperimentSchema, Layer, filled, newest
from vanishing_gradients.sql.queries import RANGE, alias, columns_of, query, query_of_layer, select
from vanishing_gradients.sql.registry import require_known, versions_in_force

MISSING = (ER.NO_SUCH_TABLE, ER.VIEW_INVALID)
TYPES = {"INT": "int64", "DOUBLE": "float64", "TEXT": "str", "DATETIME": "datetime64[us]"}
NUMBERS = {"int64", "float64"}
PLAIN: Mapping[str, Callable[[Any], Any]] = {"INT": int, "DOUBLE": float}
"""By a column's type, what makes a plain value of one; others are plain already."""
ALL_RUNS = "experiment_summary"
TRAIN = "train it with `make train EXP=...`"
STORAGE = {"decimals", "filler"}
BOUND = re.compile(r":([a-z_]+)")


def ask(connection: Connection, view: str, **asked: object) -> pd.DataFrame:
    """Return the rows of a view, or of a query, as `rows` does, but require some.

    Raises NoRowsError if there are none, or, for several runs, if one has none; ObjectError if the
    view is missing.
    """
    run_id = asked.get("run_id")
    run_ids = run_id if isinstance(run_id, Collection) else []
    if run_id == () or run_id == []:
        raise NoRowsError(f"No run was named to read the view {view} for.")
    frame = rows(connection, view, **asked)
    absent = [each for each in run_ids if each not in set(frame["run_id"])]
    if frame.empty or absent:
        which = absent[0] if absent else run_id
        raise NoRowsError(_why_empty(connection, view, asked, which))
    return frame


def rows(connection: Connection, view: str, **asked: object) -> pd.DataFrame:
    """Return the rows of a view, or of a query, whose columns are as `asked`; there may be none.

    A collection matches any of its values, a range what lies between its ends. For a view of a
    layer, pass its `experiment` and `layer`; for a query of one, the Layer itself. Raises
    ObjectError if the view is missing, or `experiment` is an invalid name.
    """
    question = _question(view, asked)
    return _frame(_fetched(connection, question), question.columns)


def records(connection: Connection, view: str, **asked: object) -> list[dict[str, Any]]:
    """Return what `rows` does as dictionaries of plain values, NULL as None.

    For few rows that are asked for often: a frame takes ten times as long.
    """
    question = _question(view, asked)
    kinds = [PLAIN.get(column.type, lambda value: value) for column in question.columns.values()]
    return [
        {
            name: None if value is None else kind(value)
            for name, kind, value in zip(question.columns, kinds, row, strict=True)
        }
        for row in _fetched(connection, question)
    ]


def _fetched(connection: Connection, question: "_Question") -> Sequence[Row]:
    values = question.bound
    lists = [bindparam(name, expanding=True) for name in values if isinstance(values[name], list)]
    try:
        result = connection.execute(text(question.statement).bindparams(*lists), values)
    except DBAPIError as error:
        if error.orig is None or error.orig.args[0] not in MISSING:
            raise
        with suppress(DBAPIError):  # a database that is not migrated has none installed
            require_known(connection, versions_in_force(connection))
        raise ObjectError(
            f"This database has no {question.source} that works: {question.cure}."
        ) from error
    return result.fetchall()


def statement(view: str, **asked: object) -> str:
    """Return the SQL that `rows` executes, with its values, on one line."""
    question = _question(view, asked)
    bound = question.bound
    filled_in = BOUND.sub(lambda match: _literal(bound[match[1]]), question.statement)
    return " ".join(filled_in.split())


def layer_of(connection: Connection, run_id: int, number: int) -> Layer:
    """Return a layer of a run, for queries; raise NoRowsError if there is no such layer."""
    sizes = ask(connection, "layer_sizes", run_id=run_id)
    for row in sizes[sizes["layer"] == number].itertuples():
        return Layer(row.layer, row.layer_name, row.width, row.row_meaning)
    raise NoRowsError(f"Run {run_id} has layers 1 to {len(sizes)}: there is no layer {number}.")


@dataclass(frozen=True)
class _Question:
    """A SELECT, its bound values and columns; its source, and what to do if that is missing."""

    statement: str
    values: Mapping[str, object]
    columns: Mapping[str, Column]
    source: str
    cure: str = "bring the database up to date with `make migrate`"

    @property
    def bound(self) -> dict[str, object]:
        """The bound values by the names in the statement."""
        found = {}
        for name, value in self.values.items():
            if isinstance(value, range):
                ends = (value.start, value.stop - 1)
                found |= {f"{end}_{name}": each for end, each in zip(RANGE, ends, strict=True)}
            else:
                found[name] = list(value) if isinstance(value, Collection) else value
        return found


def _question(view: str, asked: Mapping[str, object]) -> _Question:
    layer, experiment = asked.get("layer"), checked_experiment(asked.get("experiment", "any"))
    own = newest(view)
    if own:
        columns = {alias(each): each for each in own.columns}
        if not own.of_experiment:
            return _Question(select(own, asked), asked, columns, f"view {view}")
        number = layer or 0
        names = {"experiment": experiment, "layer": f"{number}", "next_layer": f"{number + 1}"}
        values = _but_layer(asked)
        source = f"view {filled(own.object_name, names)}"
        return _Question(select(own, values, **names), values, columns, source, TRAIN)
    if isinstance(layer, Layer):
        columns = {each.name: each for each in columns_of(view, layer)}
        source = f"table {ExperimentSchema(experiment, (layer,)).table(layer)}"
        statement = query_of_layer(view, experiment, layer)
        return _Question(statement, _but_layer(asked), columns, source, TRAIN)
    columns = {each.name: each for each in columns_of(view)}
    return _Question(query(view), asked, columns, f"view {view}")


def _literal(value: float | list) -> str:
    several = isinstance(value, list)
    return f"({', '.join(map(_literal, value))})" if several else f"{value:.17g}"


def _but_layer(asked: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in asked.items() if name not in ("experiment", "layer")}


def _frame(records: Sequence[Sequence[object]], columns: Mapping[str, Column]) -> pd.DataFrame:
    """Return rows as a frame. Numbers go through numpy: casting a frame costs ten times as much."""
    found: dict[str, Any] = {}
    values = zip(*records, strict=True) if records else [()] * len(columns)
    for (name, column), given in zip(columns.items(), values, strict=True):
        kind = _type(column)
        if kind in NUMBERS:
            found[name] = np.array(given, kind)
            continue
        plain = pd.Series(given, dtype=object)
        found[name] = plain.astype(kind)
        if column.nullable and kind == "str":  # pandas 2 turns NULL into the string None
            found[name] = found[name].mask(plain.isna())
    return pd.DataFrame(found)


def _type(column: Column) -> str:
    return "Int64" if column.nullable and column.type == "INT" else TYPES[column.type]


def _why_empty(
    connection: Connection, view: str, asked: Mapping[str, object], run_id: int | None
) -> str:
    """Return why there is no row, and what to do."""
    if view == ALL_RUNS and run_id is None:
        return "There is no run in this database: train one with `make train EXP=sigmoid_sgd`."
    source = _question(view, asked).source
    if run_id is None:
        return f"The {source} has no row: restore it with `make migrate`."
    for name in STORAGE & asked.keys():
        known = sorted(set(ask(connection, "storage_hypotheses")[name]))
        if asked[name] not in known:
            choices = ", ".join(f"{each:g}" for each in known)
            told = f"There is no storage hypothesis of {name} {asked[name]:g}"
            return f"{told}: choose one of {choices}."
    run = known_run(ask(connection, ALL_RUNS), run_id)
    cure = f"run `make train EXP={run['experiment']}` for one that has"
    if run["source"] != TRAINER:
        cure = "nothing of the kind was recorded of this model"
    return (
        f"The {source} has no row of run {run_id} ({run['experiment']}, {run['status']}, "
        f"{epochs_of(run)} complete): {cure}."
    )
