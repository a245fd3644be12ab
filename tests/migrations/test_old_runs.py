"""Data of older versions appear under the new names, with the same values, and back again."""

import math
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.migrations.conftest import (
    GRADIENT_TABLES,
    OLD,
    SHAPE,
    execute,
    rows_of,
    select,
    state,
    views,
)
from vanishing_gradients.migrations import history
from vanishing_gradients.sql import registration
from vanishing_gradients.sql.connection import engine
from vanishing_gradients.sql.errors import ObjectError
from vanishing_gradients.sql.objects import ExperimentSchema, Layer
from vanishing_gradients.sql.registry import create_gradient_tables, require_migrated
from vanishing_gradients.telemetry.lock import RunLock

RENAMED = {
    "Run": "run_id",
    "rows": "row_count",
    "precision": "float_type",
    "validation_loss": "test_loss",
    "validation_accuracy": "test_accuracy",
    "below_1e3": "below_1em3",
    "below_1e5": "below_1em5",
    "deviation": "std",
    "least": "min",
    "largest": "max",
}
ADDED = {
    "row_meaning", "gain", "flat", "road", "source", "recorded_at", "source_name", "tensor", "kept",
    "parameters", "frozen", "next_layer", "remedy_of",
    "lease_owner", "lease_until", "norm_1", "norm_max", "inverse_ratio",
}  # fmt: skip
GONE = re.compile(
    r"recorded_\w+|epoch_statistics|old_gradient_norms|old_layer_\d_(cell_sums|index_sums|neurons|first_cells)|view_versions"
)
CATALOGUE = (
    "runs", "layers", "epoch_metrics", "step_statistics", "neuron_statistics",
    "telemetry_progress", "checkpoints",
)  # fmt: skip


def contents(made, renamed: dict[str, str]) -> dict[str, list[dict]]:
    """Return the rows of all tables and views that are kept, with columns by their new names."""
    names = {*CATALOGUE, *GRADIENT_TABLES, *views(made)}
    return {
        name: sorted(
            (
                {renamed.get(key, key): value for key, value in row.items() if key not in ADDED}
                for row in rows_of(made, name)
            ),
            key=lambda row: sorted(map(str, row.values())),
        )
        for name in names
        if not GONE.fullmatch(name)
    }


@dataclass(frozen=True)
class Seen:
    """What a database holds: rows under the new names, everything, and the names of its views."""

    contents: dict[str, list[dict]]
    state: dict
    views: set[str]


@pytest.fixture(scope="module")
def journey(module_database, old_schema) -> list[Seen]:
    """What a database of the old revision holds there, at the newest, and back again."""
    old_schema.copy(module_database)
    made, seen = engine(module_database), []
    for move in (None, history.upgrade, lambda made: history.downgrade(made, OLD)):
        if move:
            move(made)
        renamed = {} if len(seen) == 1 else RENAMED
        seen.append(Seen(contents(made, renamed), state(made), views(made)))
    made.dispose()
    return seen


def test_every_table_and_view_that_goes_on_has_the_same_rows_under_the_new_names(journey):
    before, after, _ = (each.contents for each in journey)
    assert {name: after[name] for name in before} == before
    filled = {name for name, rows in after.items() if rows}
    assert filled >= {"old_layer_1_norm_avg", "gradient_norms", "step_norms", "expected_rows"}


@pytest.mark.parametrize("names", RENAMED.items(), ids=" is now ".join)
def test_the_guide_to_upgrading_names_what_was_renamed(names):
    guide = (Path(__file__).parents[2] / "docs" / "upgrading.md").read_text(encoding="utf-8")
    lines = [line.split("|")[1:3] for line in guide.splitlines() if line.startswith("|")]
    assert any(f"`{names[0]}`" in old and f"`{names[1]}`" in new for old, new in lines)


def test_the_way_back_has_all_of_before(journey):
    before, _, after = (each.state for each in journey)
    assert after == before


def test_views_that_only_commands_read_are_gone_and_on_the_way_back_there_again(journey):
    before, newest, after = (each.views for each in journey)
    gone = {name for name in before if GONE.fullmatch(name)}
    assert len(gone) == 3 + 2 + 2 * 4
    assert not {name for name in newest if GONE.fullmatch(name)}
    assert gone <= after


def test_a_layer_says_of_what_nature_it_is(old):
    expected = {
        "dense": ("input", None, None),
        "projection": ("input", None, None),
        "softmax": ("sample", None, None),
        "batch_normalization": ("sample", None, None),
        "identity": ("sample", 1.0, None),
        "sigmoid": ("sample", 4.0, "both"),
        "tanh": ("sample", 1.0, "both"),
        "softplus": ("sample", 2.0, "below"),
        "relu": ("sample", math.sqrt(2), "below"),
        "leaky_relu": ("sample", math.sqrt(2 / (1 + 0.01**2)), None),
        "prelu": ("sample", math.sqrt(2 / (1 + 0.25**2)), None),
        "elu": ("sample", 1.2451983007, "below"),
        "selu": ("sample", 1.0, "below"),
        "gelu": ("sample", 1.5335805217, "below"),
        "swish": ("sample", 1.6765324704, "below"),
    }
    execute(old, "DELETE FROM layers")
    for number, kind in enumerate(expected, 1):
        execute(old, f"INSERT INTO layers VALUES (2, {number}, 'any', '{kind}', {number}, 1)")
    history.upgrade(old, "0013")
    found = select(old, "SELECT kind, row_meaning, gain, flat FROM layers")
    assert {kind: tuple(nature) for kind, *nature in found} == expected
    assert select(old, "SELECT COUNT(*) FROM layers WHERE row_count = layer") == [(len(expected),)]


def test_the_catalogue_says_of_which_version_each_gradient_table_is(brought_up):
    new = ExperimentSchema("new", (Layer(1, "layer_1_input", 2, "input"),))
    with brought_up.begin() as connection:
        create_gradient_tables(connection, new, "DOUBLE")
    versions = [("new_layer_1_input", 2), ("old_layer_1_input", 1), ("old_layer_2_sigmoid", 1)]
    query = "SELECT * FROM gradient_tables ORDER BY table_name"
    assert select(brought_up, query) == versions
    history.downgrade(brought_up, OLD)
    history.upgrade(brought_up)
    assert select(brought_up, query) == versions


def test_a_row_that_a_newer_table_took_keeps_its_norm_on_the_way_back(brought_up):
    new = ExperimentSchema("new", (Layer(1, "layer_1_input", 1, "input"),))
    with brought_up.begin() as connection:
        create_gradient_tables(connection, new, "DOUBLE")
        connection.exec_driver_sql(
            "INSERT INTO new_layer_1_input (run_id, Epoch, Step, RowIndex, Gradient1, SmallNorm) "
            "VALUES (1, 1, 1, 0, 1e-200, 1e-200)"
        )
    history.downgrade(brought_up, OLD)
    assert select(brought_up, "SELECT Run, Norm FROM new_layer_1_input") == [(1, 1e-200)]


def test_a_gradient_table_that_no_run_has_rows_in_is_renamed_too(old):
    execute(old, "DELETE FROM runs")
    history.upgrade(old)
    assert len(rows_of(old, "old_layer_1_input")) == 4
    with old.begin() as connection:
        create_gradient_tables(connection, SHAPE, "DOUBLE")
    assert select(old, "SELECT DISTINCT run_id FROM old_layer_1_input") == [(1,)]


def test_a_table_of_the_users_own_is_left_alone(old):
    execute(old, "CREATE TABLE mine AS SELECT * FROM old_layer_1_input")
    history.upgrade(old)
    assert "Run" in rows_of(old, "mine")[0]


@contextmanager
def named_lock(made, run_id: int) -> Iterator[None]:
    """What a trainer of an older version holds."""
    with made.connect() as connection:
        lock = f"'run.{run_id}.{made.url.database}'"
        assert connection.exec_driver_sql(f"SELECT GET_LOCK({lock}, 0)").scalar() == 1
        yield
        connection.exec_driver_sql(f"DO RELEASE_LOCK({lock})")


@contextmanager
def lease(made, run_id: int) -> Iterator[None]:
    """What a trainer of this version holds."""
    with RunLock(made.connect(), run_id):
        yield


@pytest.mark.parametrize(
    ("start", "move", "held"),
    [(OLD, history.upgrade, named_lock), ("head", history.downgrade, lease)],
)
def test_a_run_that_is_training_is_waited_for(old, start, move, held):
    history.upgrade(old, start)
    execute(old, "UPDATE runs SET status = 'running'")
    before = select(old, "SELECT * FROM alembic_version"), views(old)
    with (
        held(old, 2),
        pytest.raises(ObjectError, match=r"Run 2 is training, and this migration .* wait"),
    ):
        move(old, "0014")
    assert (select(old, "SELECT * FROM alembic_version"), views(old)) == before
    move(old, "0014")  # runs may say `running` if nobody trains them


def test_a_trainer_of_an_older_version_that_makes_its_tables_is_waited_for(old, monkeypatch):
    monkeypatch.setattr(registration, "LOCK_SECONDS", 0)
    with old.connect() as connection:
        lock = f"'registration.{old.url.database}'"
        connection.exec_driver_sql(f"DO GET_LOCK({lock}, 0)")
        with pytest.raises(ObjectError, match="wait until it is done"):
            history.upgrade(old)
        connection.exec_driver_sql(f"DO RELEASE_LOCK({lock})")
    history.upgrade(old)


def test_two_migrations_at_once_take_turns(old):
    with ThreadPoolExecutor(2) as pool:
        moves = [pool.submit(history.upgrade, old) for _ in range(2)]
    newest = history.newest()
    assert sorted(each.result() for each in moves) == [(OLD, newest), (newest, newest)]


def test_what_a_migration_takes_is_said_before_it_begins(old):
    said = []
    history.upgrade(old, say=lambda line: said.append((line, history.current(old))))
    history.upgrade(old, say=said.append)
    [(line, revision)] = said
    assert revision == OLD
    assert re.fullmatch(
        r"Up to \d+ views are recreated, which may take \d+ s and \d+ MB of space\. Columns of 2 "
        r"gradient tables are renamed in place: no row is copied\. Statistics of about \d+ "
        r"steps of layers are summarized, which may take \d+ s\.",
        line,
    )


def test_an_empty_database_is_migrated_without_a_word(fresh):
    said = []
    history.upgrade(fresh, OLD, say=said.append)
    history.upgrade(fresh, say=said.append)
    assert said == []


@pytest.mark.parametrize("move", [history.upgrade, history.downgrade])
def test_a_database_that_newer_code_has_migrated_is_refused_with_the_cure(newest, move):
    execute(newest, "UPDATE alembic_version SET version_num = '9999'")
    known = history.newest()
    with pytest.raises(
        ObjectError, match=rf"^the database is at revision 9999, and the .* is {known}: .*git pull"
    ):
        move(newest, OLD)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE view_versions SET version = 98 WHERE view_name = 'gradient_norms'",
        "INSERT INTO view_versions VALUES ('of_the_future', 1, NOW())",
    ],
)
def test_nothing_is_trained_into_a_database_that_newer_code_has_migrated(newest, change):
    execute(newest, change)
    execute(newest, "UPDATE alembic_version SET version_num = '9999'")
    with (
        newest.connect() as connection,
        pytest.raises(ObjectError, match=f"revision 9999, .* knows is {history.newest()}: a newer"),
    ):
        require_migrated(connection)
