"""A migration that is stopped after any of its statements is begun again, in either direction."""

import pytest

from tests.migrations.conftest import (
    GRADIENT_TABLES,
    OLD,
    TABLES,
    attempts,
    execute,
    fill,
    select,
    state,
    views,
)
from vanishing_gradients.migrations import history

OFTEN = pytest.mark.parametrize("every", [15, pytest.param(1, marks=pytest.mark.faults)])
"""Stopped after every fifteenth statement, and, in the long tests of faults, after each."""

REBUILD = "ALTER TABLE layers FORCE"
"""For the sake of MariaDB, where a row keeps the room of columns that were dropped at once: some
sixty ways up and down, and it says that the row is too large."""


@OFTEN
def test_the_first_migrations_end_in_the_same_state_however_often_they_are_stopped(old, every):
    expected = state(old)
    history.downgrade(old, "base")
    execute(old, f"DROP TABLE {', '.join(GRADIENT_TABLES)}")
    assert attempts(old, lambda: history.upgrade(old, OLD), every=every) > 1
    fill(old)
    assert state(old) == expected


@OFTEN
def test_a_way_up_ends_in_the_same_state_however_often_it_is_stopped(old, every):
    history.upgrade(old)
    expected = state(old)
    history.downgrade(old, OLD)
    assert attempts(old, lambda: history.upgrade(old), every=every) > 1
    assert state(old) == expected


@OFTEN
def test_a_way_down_ends_in_the_same_state_however_often_it_is_stopped(old, every):
    expected = state(old)
    history.upgrade(old)
    assert attempts(old, lambda: history.downgrade(old, OLD), every=every) > 1
    assert state(old) == expected


@OFTEN
def test_a_way_to_the_empty_database_is_begun_again(old, every):
    assert attempts(old, lambda: history.downgrade(old, "base"), every=every) > 1
    assert [name for name, _ in select(old, TABLES)] == ["alembic_version", *GRADIENT_TABLES]
    assert views(old) == set()


@OFTEN
def test_a_way_up_that_is_stopped_can_be_taken_back(old, every):
    """Whatever it has done by then, the way down leaves the state of before, and its data."""
    expected = state(old)

    def take_back() -> None:
        history.downgrade(old, OLD)
        execute(old, REBUILD)
        assert state(old) == expected

    assert attempts(old, lambda: history.upgrade(old), take_back, every) > 1


@OFTEN
def test_a_way_down_that_is_stopped_can_be_taken_back(old, every):
    history.upgrade(old)
    expected = state(old)

    def take_back() -> None:
        history.upgrade(old)
        execute(old, REBUILD)
        assert state(old) == expected

    assert attempts(old, lambda: history.downgrade(old, OLD), take_back, every) > 1
