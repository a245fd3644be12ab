"""A run is removed with all its data, and nothing else is."""

import pytest

from tests.telemetry.removal.filled import fill
from vanishing_gradients.sql.connection import engine
from vanishing_gradients.telemetry.errors import RemovalError, RunBusyError
from vanishing_gradients.telemetry.removal import removable_run


def test_a_run_leaves_no_row(filled, removed, left_by):
    filled("emptied", seed=1)
    run = filled("emptied", seed=2)
    assert all(left_by(run).values())
    removed(run.run_id)
    assert not any(left_by(run).values())


def test_rows_of_other_runs_stay_bit_for_bit(filled, removed, left_by):
    others = [filled("kept", seed=1), filled("elsewhere")]
    run = filled("kept", seed=2)
    others.append(filled("kept", seed=3))
    before = [left_by(other) for other in others]
    removed(run.run_id)
    assert [left_by(other) for other in others] == before


def test_a_run_with_rows_that_no_chunk_accounts_for_leaves_none(
    filled, removed, left_by, catalogue
):
    filled("by_hand", seed=1)
    run = filled("by_hand", seed=2)
    with catalogue.begin() as connection:
        connection.exec_driver_sql(f"DELETE FROM telemetry_progress WHERE run_id = {run.run_id}")
    removed(run.run_id)
    assert not any(left_by(run).values())


def test_the_last_run_takes_tables_and_views_along(filled, removed, objects):
    runs = [filled("closed", seed=seed) for seed in (1, 2)]
    removed(runs[0].run_id)
    assert len(objects("closed")) > 10
    removed(runs[1].run_id)
    assert objects("closed") == []


def test_a_run_with_statistics_alone_does_not_keep_the_tables(filled, removed, objects, left_by):
    run, other = filled("half", seed=1), filled("half", seed=2, telemetry="statistics")
    before = left_by(other)
    removed(run.run_id)
    assert objects("half") == []
    assert left_by(other) == before


def test_a_run_with_statistics_alone_goes_and_leaves_the_tables(filled, removed, objects, left_by):
    kept, run = filled("light", seed=1), filled("light", seed=2, telemetry="statistics")
    before = objects("light"), left_by(kept)
    removed(run.run_id)
    assert (objects("light"), left_by(kept)) == before
    assert not any(left_by(run).values())


def test_the_views_over_all_experiments_answer_as_if_the_run_had_never_been(
    filled, removed, overall_views
):
    filled("witness")
    before = overall_views()
    run = filled("passing")
    assert overall_views() != before
    removed(run.run_id)
    assert overall_views() == before


def test_an_experiment_can_begin_anew(filled, removed, left_by):
    removed(filled("again").run_id)
    assert all(left_by(filled("again")).values())


def test_a_run_that_does_not_exist_is_refused(removed):
    with pytest.raises(RemovalError, match="There is no run 999999: `make runs` lists"):
        removed(999_999)


def test_a_run_that_is_being_trained_is_refused_and_stays(new_run, loader_of, removed, left_by):
    run = new_run("busy")
    fill(run, loader_of(run), finish=False)
    before = left_by(run)
    with pytest.raises(RunBusyError, match=f"Run {run.run_id} belongs to another process"):
        removed(run.run_id)
    assert left_by(run) == before
    run.close()


def test_a_run_can_be_removed_by_one_process_alone(filled, removed, migrated):
    filled("twice", seed=1)
    run = filled("twice", seed=2)
    made = engine(migrated)
    with removable_run(made, run.run_id), pytest.raises(RunBusyError):
        removed(run.run_id)
    made.dispose()
    removed(run.run_id)
