"""SELECTs for readers: of a view, built from its file, and computing ones, one per file.

The files bind every value, name every column, and describe their columns as views do. Unlike tables
and views they have no version: nothing in the database depends on them.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from vanishing_gradients.sql.cells import FIRST_COLUMNS, gradient_columns
from vanishing_gradients.sql.names import quoted
from vanishing_gradients.sql.objects import (
    Column,
    Definition,
    ExperimentSchema,
    Layer,
    filled,
    select_of_layer,
)

HERE = Path(__file__).parent
RANGE = ("first", "last")


def select(view: Definition, where: Mapping[str, object], **names: str) -> str:
    """Return the SELECT of all columns of a view, sorted as its file says.

    `names` fill the placeholders of the view's name. `where` maps columns to their values, which
    are bound by name: a collection matches any of several values, a range matches between
    :first_name and :last_name. Columns are named by `alias`.
    """
    columns = {alias(column): filled(column.name, names) for column in view.columns}
    listed = [own if own == name else f"{own} AS {name}" for name, own in columns.items()]
    conditions = [f"{columns[name]} {_condition(name, value)}" for name, value in where.items()]
    one_run = "run_id" in where and not isinstance(where["run_id"], Collection)
    runs = ["run_id"] if "run_id" in columns and not one_run else []
    order = dict.fromkeys([*runs, *view.order])
    name = filled(view.object_name, names)
    return "\n".join(
        [
            "SELECT",
            *(f"    {each}," for each in listed[:-1]),
            f"    {listed[-1]}",
            f"FROM {quoted(name) if names else name}",
            *([f"WHERE {' AND '.join(conditions)}"] if conditions else []),
            f"ORDER BY {', '.join(order)}",
        ]
    )


def alias(column: Column) -> str:
    """Return the name of a view's column in an answer: epoch for Epoch, in every view.

    The ratio of two layers is called ratio, whichever layers they are.
    """
    return column.name.partition("_{")[0].lower()


def query(name: str) -> str:
    """Return the SELECT in `{name}.sql` without its comment header."""
    lines = _definition(name).text.splitlines()
    return "\n".join(line for line in lines if not line.startswith("--"))


def query_of_layer(name: str, experiment: str, layer: Layer) -> str:
    """Return the SELECT in `{name}.sql`, filled in for one layer's gradient table like a view.

    Raises ObjectError for an invalid experiment name.
    """
    return select_of_layer(_definition(name).text, ExperimentSchema(experiment, (layer,)), layer)


def columns_of(name: str, layer: Layer | None = None) -> list[Column]:
    """Return the columns of `{name}.sql`, expanded for a layer."""
    gradients = gradient_columns(layer.width) if layer else ()
    several = {"{first_columns}": gradients[:FIRST_COLUMNS], "{all_columns}": gradients}
    return [
        replace(column, name=each)
        for column in _definition(name).columns
        for each in several.get(column.name, [column.name])
    ]


@cache
def _definition(name: str) -> Definition:
    return Definition("queries", name, 0, (HERE / f"{name}.sql").read_text(encoding="utf-8"))


def _condition(name: str, value: object) -> str:
    if isinstance(value, range):
        return "BETWEEN " + " AND ".join(f":{end}_{name}" for end in RANGE)
    several = isinstance(value, Collection) and not isinstance(value, str)
    return f"{'IN' if several else '='} :{name}"
