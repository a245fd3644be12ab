"""The columns of a step's norms and the table of neurons come and go, even in several attempts."""

import pytest
from sqlalchemy import inspect

from tests.migrations.conftest import attempts, execute
from vanishing_gradients.migrations import history
from vanishing_gradients.sql.errors import ObjectError
from vanishing_gradients.sql.registry import require_migrated

ADDED = ["clipped_norm", "weight_norm", "update_norm", "saturated"]
RUN = (
    "INSERT INTO runs (experiment, seed, dataset, dataset_sha256, `precision`, telemetry, "
    "record_every, training_images, epochs, config, package_versions, status, started_at, "
    "completed_epoch) VALUES ('old', 1, 'sample', '', 'double', 'statistics', 1, 2, 1, '{}', "
    "'{}', 'finished', NOW(), 1)"
)
STEP = (
    "INSERT INTO step_statistics (run_id, layer, epoch, step, `rows`, finite_rows, gradient_norm, "
    "non_finite) VALUES (1, 1, 1, 1, 784, 784, 0.1, 0)"
)
NEURON = (
    "INSERT INTO neuron_statistics (run_id, layer, epoch, neuron, cells, zeros, non_finite, "
    "magnitude_sum) VALUES (1, 1, 1, 1, 784, 0, 0, 1.5)"
)


@pytest.fixture
def made(fresh, older_databases):
    """An engine on a database at revision 0006 with a run in it."""
    history.upgrade(fresh, "0006")
    execute(fresh, RUN)
    execute(fresh, STEP)
    return fresh


def columns(made) -> list[str]:
    return [column["name"] for column in inspect(made).get_columns("step_statistics")]


def test_rows_of_before_have_null_in_the_new_columns(made):
    history.upgrade(made, "0007")
    assert columns(made)[-4:] == ADDED
    with made.connect() as connection:
        row = connection.exec_driver_sql("SELECT * FROM step_statistics").mappings().one()
    assert row["gradient_norm"] == 0.1
    assert [row[name] for name in ADDED] == [None] * 4


def test_an_upgrade_that_is_killed_anywhere_is_begun_again(made):
    assert attempts(made, lambda: history.upgrade(made, "0007")) > 1
    assert history.current(made) == "0007"
    assert columns(made)[-4:] == ADDED
    execute(made, NEURON)


def test_an_upgrade_goes_on_where_some_of_it_is_done(made):
    execute(made, "ALTER TABLE step_statistics ADD clipped_norm DOUBLE, ADD weight_norm DOUBLE")
    history.upgrade(made, "0007")
    assert columns(made)[-4:] == ADDED


def test_a_downgrade_that_is_killed_anywhere_is_begun_again(made):
    before = columns(made)
    history.upgrade(made, "0007")
    execute(made, NEURON)
    assert attempts(made, lambda: history.downgrade(made, "0006")) > 1
    assert history.current(made) == "0006"
    assert columns(made) == before
    assert not inspect(made).has_table("neuron_statistics")
    with made.connect() as connection:
        count = connection.exec_driver_sql("SELECT COUNT(*) FROM step_statistics").scalar_one()
    assert count == 1


def test_up_and_down_and_up_again_leaves_the_same_columns(made):
    history.upgrade(made, "0007")
    first = inspect(made).get_columns("step_statistics")
    history.downgrade(made, "0006")
    history.upgrade(made, "0007")
    assert [str(each) for each in inspect(made).get_columns("step_statistics")] == [
        str(each) for each in first
    ]


def test_a_run_takes_its_neurons_along(made):
    history.upgrade(made, "0007")
    execute(made, NEURON)
    execute(made, "DELETE FROM runs WHERE run_id = 1")
    with made.connect() as connection:
        count = connection.exec_driver_sql("SELECT COUNT(*) FROM neuron_statistics").scalar_one()
    assert count == 0


def test_a_catalogue_without_its_newest_table_counts_as_not_migrated(newest):
    execute(newest, "DROP TABLE neuron_statistics")
    with newest.connect() as connection, pytest.raises(ObjectError, match="make migrate"):
        require_migrated(connection)
