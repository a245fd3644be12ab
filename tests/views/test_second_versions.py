"""Later versions of views: what they changed, and what they kept."""

import re

import pytest

from tests.summed import sum_up
from vanishing_gradients.sql.objects import definition
from vanishing_gradients.sql.registry import registered_shapes, replace_view

INFINITY = float("inf")


@pytest.fixture(scope="module")
def runs(hand):
    """Full runs and sweeps of two experiments, with everything missing that may be missing."""
    full = hand.run("kept")
    hand.rows(full, "kept", 1, [(1, 1, 0, 3.0, 4.0), (1, 2, 0, -6.0, 8.0), (2, 1, 0, None, 1.0)])
    hand.rows(full, "kept", 2, [(1, 1, 0, 0.0, 0.0), (2, 1, 0, 1.0, 0.0)])
    hand.statistics(full, 1, {
        (1, 1): [[3.0, 4.0]], (1, 2): [[-6.0, 8.0]], (2, 1): [[INFINITY, 1.0]],
    })  # fmt: skip
    other = hand.run("kept_too")
    hand.rows(other, "kept_too", 3, [(1, 1, 0, 5.0, 12.0)])
    sweep = hand.run("kept", telemetry="statistics")
    hand.statistics(sweep, 1, {
        (1, 1): [[3.0, 4.0]], (1, 2): [[INFINITY, 8.0]], (2, 1): [[INFINITY, 1.0]],
    })  # fmt: skip
    return full, other, sweep


@pytest.fixture(scope="module")
def first_version(hand, runs):
    """The name under which version 1 of gradient_norms exists next to the newest."""
    needed = ("epoch_statistics", "experiment_norms")
    with hand.engine.connect() as connection:  # its columns have other names today
        for name in needed:
            replace_view(connection, name, 3)
        first = definition("views", "gradient_norms", 1)
        ((_, statement),) = first.statements(registered_shapes(connection))
        connection.exec_driver_sql(
            re.sub(r"\bRun\b", "run_id", statement)
            .replace("VIEW gradient_norms (", "VIEW gradient_norms_before (")
            .replace("below_1e", "below_1em")
        )
        connection.commit()
    yield "gradient_norms_before"
    with hand.engine.connect() as connection:
        connection.exec_driver_sql("DROP VIEW gradient_norms_before")
        for name in needed:
            replace_view(connection, name, None)
        connection.commit()


def rows(hand, view: str, run_id: int) -> list[tuple]:
    return hand.select(f"SELECT * FROM {view} WHERE run_id = {run_id} ORDER BY layer, epoch")


@pytest.mark.parametrize("position", [0, 1, 2], ids=["full", "full without statistics", "sweep"])
def test_gradient_norms_are_those_of_the_first_version(hand, runs, first_version, position):
    run_id = runs[position]
    assert rows(hand, "gradient_norms", run_id) == rows(hand, first_version, run_id) != []


def test_a_layer_without_a_finite_row_is_there_without_a_norm(hand, runs):
    query = (
        "SELECT norm, gradient_norm, mean, non_finite FROM gradient_norms "
        "WHERE run_id = {} AND layer = 1 AND epoch = 2"
    )
    for run_id in (runs[0], runs[2]):
        assert hand.select(query.format(run_id)) == [(None, None, None, 1)]


def test_a_full_run_takes_norms_from_what_its_epochs_came_to(hand):
    """From nowhere else: rows of an epoch that has not closed are only in its tables."""
    run_id = hand.run("kept")
    hand.rows(run_id, "kept", 1, [(1, 1, 0, 3.0, 4.0), (2, 1, 0, 3.0, 4.0)])
    hand.statistics(run_id, 1, {(1, 1): [[30.0, 40.0]]})
    with hand.engine.begin() as connection:
        sum_up(connection)
        found = connection.exec_driver_sql(
            f"SELECT epoch, norm, mean, median FROM gradient_norms WHERE run_id = {run_id}"
        ).all()
    assert [tuple(row) for row in found] == [(1, 50.0, 35.0, 35.0)]


def test_a_database_of_sweeps_alone_has_norms_that_are_numbers(migrated_database):
    from tests.views.conftest import Hand
    from vanishing_gradients.sql.connection import engine

    made = engine(migrated_database)
    alone = Hand(made)
    run_id = alone.run("alone", telemetry="statistics")
    alone.statistics(run_id, 1, {(1, 1): [[3.0, 4.0]]})
    found = alone.select("SELECT norm, gradient_norm, mean FROM gradient_norms")
    made.dispose()
    assert found == [(5.0, 5.0, 3.5)]


def test_a_filler_of_a_hundred_thousand_is_a_hypothesis(hand):
    found = hand.select("SELECT DISTINCT filler FROM storage_hypotheses ORDER BY filler")
    assert found == [(0.0,), (1.0,), (1e3,), (1e5,), (1e6,)]


def test_hypotheses_are_all_pairs_of_decimals_and_filler(hand):
    assert hand.select("SELECT COUNT(*), MIN(stored_columns) FROM storage_hypotheses") == [
        (7 * 5, 128)
    ]
