"""Gradient tables of an older version get the norms that they could not compute."""

import pytest

from tests.conftest import fresh_database
from tests.migrations.conftest import OLD, attempts, execute, fill, select
from tests.schema import Schema
from vanishing_gradients.migrations import history
from vanishing_gradients.migrations.small_norms import missing, work_out
from vanishing_gradients.sql.objects import ExperimentSchema, Layer
from vanishing_gradients.sql.registry import create_gradient_tables
from vanishing_gradients.telemetry.lock import RunLock

SMALL = "SELECT Norm FROM old_layer_1_input WHERE run_id = 1 AND Epoch = 3 ORDER BY RowIndex"


def faint_rows(old) -> None:
    """Give run 1 a step with rows of 0, 3e-200 and 4e-200, and one with rows that a double can
    square, then migrate.
    """
    fill(old)
    width = len(select(old, "SHOW COLUMNS FROM old_layer_1_input LIKE 'Gradient%%'"))
    for step, row, cell in ((1, 0, 0.0), (1, 1, 3e-200), (1, 2, 4e-200), (2, 0, 3.0)):
        cells = ", ".join([repr(cell), *["0"] * (width - 1)])
        columns = ", ".join(f"Gradient{number + 1}" for number in range(width))
        execute(
            old,
            f"INSERT INTO old_layer_1_input (Run, Epoch, Step, RowIndex, {columns}) "
            f"VALUES (1, 3, {step}, {row}, {cells})",
        )
    for step, norm, mean_abs in ((1, 0.0, 1e-200), (2, 3.0, 0.5)):
        execute(
            old,
            "INSERT INTO step_statistics (run_id, layer, epoch, step, `rows`, finite_rows, "
            "row_norm_sum, gradient_norm, mean_abs, non_finite) "
            f"VALUES (1, 1, 3, {step}, 3, 3, {norm}, {norm}, {mean_abs}, 0)",
        )
    history.upgrade(old)


@pytest.fixture(scope="module")
def faint_schema(server_url, older_databases):
    """The content of a migrated database with such rows."""
    for url in fresh_database(server_url):
        yield Schema(url, OLD, faint_rows)


@pytest.fixture
def faint(fresh, faint_schema):
    """An engine on a database with that content."""
    faint_schema.copy(fresh.url)
    return fresh


def statistics(database) -> list[tuple]:
    return select(
        database,
        "SELECT gradient_norm, row_norm_sum FROM step_statistics "
        "WHERE run_id = 1 AND layer = 1 AND epoch = 3 ORDER BY step",
    )


def test_a_norm_that_was_not_worked_out_is_null_and_not_0_after_the_migration(faint):
    assert statistics(faint) == [(None, None), (3.0, 3.0)]


def test_rows_and_steps_get_the_norms_of_their_cells(faint):
    assert select(faint, SMALL) == [(0.0,), (3.0,), (0.0,), (0.0,)]
    assert work_out(faint) == 2
    expected = [0.0, 3.0, pytest.approx(3e-200), pytest.approx(4e-200)]
    assert [norm for (norm,) in select(faint, SMALL)] == expected
    assert statistics(faint) == [(pytest.approx(5e-200), pytest.approx(7e-200)), (3.0, 3.0)]


def test_what_the_epoch_came_to_follows(faint):
    query = "SELECT norm, gradient_norm, steps FROM epoch_layers WHERE run_id = 1 AND epoch = 3"
    assert select(faint, query) == [(0.5, 3.0, 1)]
    work_out(faint)
    norm = pytest.approx((3.0 + 7e-200) / 6)
    assert select(faint, query) == [(norm, pytest.approx(1.5), 2)]


def test_a_table_brought_up_is_as_a_new_one_and_is_not_touched_again(faint):
    work_out(faint)
    width = len(select(faint, "SHOW COLUMNS FROM old_layer_1_input LIKE 'Gradient%%'"))
    new = ExperimentSchema("new", (Layer(1, "layer_1_input", width, "input"),))
    with faint.begin() as connection:
        create_gradient_tables(connection, new, "DOUBLE")
    columns = [
        [row[:4] for row in select(faint, f"SHOW COLUMNS FROM {name}_layer_1_input")]
        for name in ("old", "new")
    ]
    assert columns[0] == columns[1]
    assert work_out(faint) == 0


def test_the_working_out_is_begun_again_after_a_stop_at_any_statement(faint):
    assert attempts(faint, lambda: work_out(faint), every=1) > 3
    assert work_out(faint) == 0
    assert statistics(faint)[0] == (pytest.approx(5e-200), pytest.approx(7e-200))


def test_the_migration_says_of_which_runs_norms_are_missing_and_the_cure(faint):
    assert "`make migrate NORMS=1` works the norms of run 1 out" in missing(faint)
    work_out(faint)
    assert missing(faint) is None
    execute(faint, "UPDATE step_statistics SET gradient_norm = NULL WHERE run_id = 2")
    assert "run 2, which kept statistics alone, are NULL: train it again" in missing(faint)


def test_how_much_is_copied_is_said_before_it_begins(faint):
    said = []
    work_out(faint, said.append)
    assert "2 gradient tables get a column" in said[0]
    assert "GB" in said[0]


def test_no_table_is_changed_while_a_run_is_training(faint):
    execute(faint, "UPDATE runs SET status = 'running' WHERE run_id = 1")
    with RunLock(faint.connect(), 1), pytest.raises(Exception, match="Run 1 is training"):
        work_out(faint)
    assert select(faint, "SELECT MAX(version) FROM gradient_tables") == [(1,)]
