"""A migration that is stopped after any of its statements can be run again, in either direction."""

import os
import signal
import subprocess
import sys

import pytest
from sqlalchemy import text

from tests.faults.test_busy_server import until
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
from vanishing_gradients.sql import accounts, address
from vanishing_gradients.sql.connection import connected
from vanishing_gradients.sql.names import quoted
from vanishing_gradients.sql.registration import registration_lock


def stopped(every: int) -> pytest.MarkDecorator:
    """Stop a test's migration after that many statements, and, in the long fault tests, after
    each."""
    return pytest.mark.parametrize("every", [every, pytest.param(1, marks=pytest.mark.faults)])


OFTEN, SELDOM = stopped(20), stopped(40)
"""Seldom is for tests that migrate all the way back after each stop."""

WAITING = (
    "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND command = 'Sleep' "
    "AND id NOT IN (CONNECTION_ID(), {holder})"
)
"""The session of a process that tries again and again to take the lease of `holder`'s."""
REBUILD = "ALTER TABLE layers FORCE"
"""Because of MariaDB, where a row keeps the space of instantly dropped columns: after some sixty
ups and downs it says that the row is too large."""


@OFTEN
def test_the_first_migrations_end_in_the_same_state_however_often_they_are_stopped(old, every):
    expected = state(old)
    history.downgrade(old, "base")
    execute(old, f"DROP TABLE {', '.join(GRADIENT_TABLES)}")
    assert attempts(old, lambda: history.upgrade(old, OLD), every=every) > 1
    fill(old)
    assert state(old) == expected


@OFTEN
def test_an_empty_database_becomes_the_newest_however_often_that_is_stopped(fresh, every):
    """From the very first statement, which creates Alembic's own table, to the last."""
    assert attempts(fresh, lambda: history.upgrade(fresh), every=every) > 1
    stopped = state(fresh)
    execute(fresh, f"DROP DATABASE {quoted(fresh.url.database)}")
    fresh.dispose()
    with connected(address.without_database(fresh.url)) as session:
        session.cursor().execute(accounts.create_database(fresh.url.database))
    history.upgrade(fresh)
    assert state(fresh) == stopped


def test_ctrl_c_ends_a_migration_with_status_130_and_without_a_word(fresh, tmp_path):
    """Here while it waits for another migration."""
    url = fresh.url.set(drivername="mysql").render_as_string(hide_password=False)
    environment = {"DATABASE_URL": url, "SERVER_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "vanishing_gradients", "migrate"]
    with fresh.connect() as connection, registration_lock(connection):
        process = subprocess.Popen(
            command, env=os.environ | environment, cwd=tmp_path, stderr=subprocess.PIPE, text=True
        )
        try:
            holder = connection.scalar(text("SELECT CONNECTION_ID()"))
            until(lambda: select(fresh, WAITING.format(holder=holder)), 60)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=30)
        finally:
            process.kill()
    assert (process.returncode, said) == (130, "")
    assert history.upgrade(fresh) == (None, history.newest())


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
    own = ["alembic_version", "leases"]  # of those who migrate
    assert [name for name, _ in select(old, TABLES)] == [*own, *GRADIENT_TABLES]
    assert views(old) == set()


@SELDOM
def test_a_way_up_that_is_stopped_can_be_taken_back(old, every):
    """Whatever it has done by then, the downgrade restores the old state and its data."""
    expected = state(old)

    def take_back() -> None:
        history.downgrade(old, OLD)
        execute(old, REBUILD)
        assert state(old) == expected

    assert attempts(old, lambda: history.upgrade(old), take_back, every) > 1


@SELDOM
def test_a_way_down_that_is_stopped_can_be_taken_back(brought_up, every):
    expected = state(brought_up)

    def take_back() -> None:
        history.upgrade(brought_up)
        execute(brought_up, REBUILD)
        assert state(brought_up) == expected

    assert attempts(brought_up, lambda: history.downgrade(brought_up, OLD), take_back, every) > 1
