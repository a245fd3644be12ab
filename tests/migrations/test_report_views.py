"""The views of the reports come, and go again, and leave first versions of others behind."""

import pytest
from sqlalchemy import insert

from tests.migrations.conftest import select, views
from tests.summed import sum_up
from vanishing_gradients.migrations import history
from vanishing_gradients.sql.catalogue import step_statistics
from vanishing_gradients.sql.registry import versions_in_force
from vanishing_gradients.telemetry.runs import RunDescription, RunLayer, register

NEW = {"epoch_means", "run_provenance", "layer_sizes", "dense_norm_ratios"}
BEFORE = "0003"


@pytest.fixture
def filled(newest, older_databases):
    """A database with a full run, of one step and one row."""
    run = register(newest, RunDescription(
        experiment="told", seed=1, dataset="sample", dataset_sha256="0" * 64, precision="double",
        telemetry="full", record_every=1, training_images=2, epochs=1, config={},
        layers=(RunLayer(1, "layer_1_input", "dense", 1, 2, "input"),),
    ))  # fmt: skip
    with newest.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO told_layer_1_input (run_id, Epoch, Step, RowIndex, Gradient1, Gradient2) "
            f"VALUES ({run.run_id}, 1, 1, 0, 3, 4)"
        )
        connection.execute(insert(step_statistics).values(
            run_id=run.run_id, layer=1, epoch=1, step=1, row_count=1, finite_rows=1,
            row_norm_sum=5.0, mean=3.5, median=3.5, mean_abs=3.5, gradient_norm=5.0, zeros=0.0,
            below_1em3=0.0, below_1em5=0.0, non_finite=0, min=3.0, max=4.0,
        ))  # fmt: skip
        sum_up(connection)
    run.close()
    return newest


def in_force(made) -> dict[str, int]:
    with made.connect() as connection:
        return versions_in_force(connection)


def test_going_down_takes_the_new_views_of_experiments_too(filled):
    assert views(filled) >= NEW
    history.downgrade(filled, "0004")
    assert views(filled) >= {*NEW, "told_layer_1_first_cells"}
    history.downgrade(filled, BEFORE)
    assert not views(filled) & {*NEW, "told_layer_1_first_cells"}


def test_going_down_puts_every_first_version_in_force(filled):
    history.downgrade(filled, BEFORE)
    assert set(in_force(filled).values()) == {1}


def test_norms_are_the_same_on_both_sides(filled):
    after = select(filled, "SELECT * FROM gradient_norms")
    history.downgrade(filled, BEFORE)
    assert after == select(filled, "SELECT * FROM gradient_norms") != []


def test_a_filler_is_there_on_one_side_alone(filled):
    query = "SELECT COUNT(*) FROM storage_hypotheses WHERE filler = 1e5"
    assert select(filled, query) == [(7,)]
    history.downgrade(filled, BEFORE)
    assert select(filled, query) == [(0,)]


def test_going_up_again_brings_everything_back(filled):
    first = views(filled), in_force(filled)
    history.downgrade(filled, BEFORE)
    history.upgrade(filled)
    assert (views(filled), in_force(filled)) == first
