"""What the views say of a run does not depend on the server that holds it."""

import json
import math

import pytest
from sqlalchemy import text

from tests.faults.conftest import experiment
from vanishing_gradients.migrations import history
from vanishing_gradients.sql.connection import engine
from vanishing_gradients.sql.names import quoted
from vanishing_gradients.sql.objects import filled, newest_views
from vanishing_gradients.sql.registry import registered_shapes
from vanishing_gradients.trainer.datasets import load
from vanishing_gradients.trainer.run import Settings, run_experiment

EXACT = 1e-12
"""Relative: servers add up in other orders."""
VARYING = {"seconds", "git_commit", "package_versions"}
"""Columns, besides moments, that no two runs share."""
RUNS = (Settings(limit=200), Settings(limit=200, precision="single"))


def answers(url) -> dict[str, list[dict]]:
    """Train on a server, and return the rows of every view, in order, without what varies."""
    made = engine(url)
    history.upgrade(made)
    data = load("sample", announce=lambda _: None)
    for settings in RUNS:
        run_experiment(experiment("alike", epochs=2), data, settings, url)
    found = {}
    with made.connect() as connection:
        shapes = registered_shapes(connection)
        for each in newest_views():
            for name, _, values in each._objects(shapes):
                columns = [
                    filled(column.name, values)
                    for column in each.columns
                    if column.type != "DATETIME" and column.name not in VARYING
                ]
                names = {column.lower(): column for column in each.order}
                keys = [key for key in ("run_id", *names.values()) if key in columns]
                listed = ", ".join(map(quoted, columns))
                order = f" ORDER BY {', '.join(map(quoted, keys))}" if keys else ""
                asked = text(f"SELECT {listed} FROM {quoted(name)}{order}")
                found[name] = [dict(row) for row in connection.execute(asked).mappings()]
    made.dispose()
    return found


def plain(value):
    """Return a value as a number if it is one, and JSON as what it stands for."""
    if isinstance(value, str) and value[:1] in "{[":
        return json.loads(value)
    return value


def alike(one, other) -> bool:
    if isinstance(one, float) or isinstance(other, float):
        return type(one) is type(other) and math.isclose(one, other, rel_tol=EXACT)
    return plain(one) == plain(other)


@pytest.fixture(scope="module")
def both(module_database, other_url):
    return answers(module_database), answers(other_url)


def test_every_view_has_the_same_rows_on_both(both):
    ours, others = both
    assert {name: len(rows) for name, rows in ours.items()} == {
        name: len(rows) for name, rows in others.items()
    }
    assert sum(map(len, ours.values())) > 200


def test_every_value_is_the_same_on_both_servers(both):
    ours, others = both
    different = [
        (name, column, row[column], other[column])
        for name in ours
        for row, other in zip(ours[name], others[name], strict=True)
        for column in row
        if not alike(row[column], other[column])
    ]
    assert different == []
