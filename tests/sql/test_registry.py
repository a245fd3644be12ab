"""The registry's lock, and the newest views as a condition."""

import pytest
from sqlalchemy import func, select, text, update

from tests.faults.test_busy_server import until
from vanishing_gradients.migrations import history
from vanishing_gradients.sql import owners, registration
from vanishing_gradients.sql.catalogue import view_versions
from vanishing_gradients.sql.connection import engine
from vanishing_gradients.sql.errors import ObjectError
from vanishing_gradients.sql.registration import registration_lock
from vanishing_gradients.sql.registry import require_migrated


@pytest.fixture
def migrated(migrated_database):
    made = engine(migrated_database)
    yield made
    made.dispose()


def test_two_cannot_register_at_once(migrated, monkeypatch):
    monkeypatch.setattr(registration, "LOCK_SECONDS", 0)
    with migrated.connect() as first, migrated.connect() as second, registration_lock(first):
        waiting = registration_lock(second)
        with pytest.raises(ObjectError, match="wait until it is done and try again"):
            waiting.__enter__()


def held(made, owner: str, seconds: int) -> None:
    """Give the lease to somebody."""
    with made.begin() as connection:
        connection.exec_driver_sql(
            f"REPLACE INTO leases VALUES ('registration', '{owner}', "
            f"UTC_TIMESTAMP(6) + INTERVAL {seconds} SECOND)"
        )


def test_a_killed_process_of_this_machine_is_not_waited_for(migrated, monkeypatch):
    monkeypatch.setattr(registration, "LOCK_SECONDS", 0)
    owner = owners.new_owner()
    owners.retire(owner)
    held(migrated, owner, 30)
    with migrated.connect() as connection, registration_lock(connection):
        pass


def test_one_of_another_machine_is_waited_for_until_its_lease_has_run_out(migrated, monkeypatch):
    monkeypatch.setattr(registration, "LOCK_SECONDS", 0)
    held(migrated, "elsewhere", 30)
    with migrated.connect() as connection, pytest.raises(ObjectError, match="wait until"):
        registration_lock(connection).__enter__()
    held(migrated, "elsewhere", 0)
    with migrated.connect() as connection, registration_lock(connection):
        pass


def test_a_statement_that_a_killed_process_has_left_behind_is_waited_for(migrated, monkeypatch):
    """Its session has a named lock, which ends with it."""
    monkeypatch.setattr(registration, "LOCK_SECONDS", 0)
    with migrated.connect() as left:
        left.execute(registration.LOCKED)
        with migrated.connect() as connection, pytest.raises(ObjectError, match="wait until"):
            registration_lock(connection).__enter__()
        left.execute(registration.UNLOCK)
    with migrated.connect() as connection, registration_lock(connection):
        pass


def test_a_long_holder_renews_its_lease(migrated, monkeypatch):
    monkeypatch.setattr(registration, "RENEWAL", 0.01)
    with migrated.connect() as first, migrated.connect() as second, registration_lock(first):
        held = text("SELECT lease_until FROM leases")
        before = second.scalar(held)
        until(lambda: second.scalar(held) > before)


def test_what_an_error_leaves_half_done_is_rolled_back_with_the_lock(migrated):
    with migrated.connect() as connection:
        with pytest.raises(ValueError, match="inside"):
            fail_inside(connection, update(view_versions).values(version=0))
        assert connection.scalar(select(func.min(view_versions.c.version))) > 0


def test_the_lock_is_free_again_after_an_error(migrated, monkeypatch):
    monkeypatch.setattr(registration, "LOCK_SECONDS", 0)
    with migrated.connect() as first, migrated.connect() as second:
        with pytest.raises(ValueError, match="inside"):
            fail_inside(first)
        with registration_lock(second):
            pass


def fail_inside(connection, change=None) -> None:
    with registration_lock(connection):
        if change is not None:
            connection.execute(change)
        raise ValueError("inside")


def test_locks_of_two_databases_do_not_meet(migrated, module_database, monkeypatch):
    monkeypatch.setattr(registration, "LOCK_SECONDS", 0)
    other = engine(module_database)
    with (
        migrated.connect() as first,
        other.connect() as second,
        registration_lock(first),
        registration_lock(second),
    ):
        pass
    other.dispose()


def test_a_migrated_database_will_do(migrated):
    with migrated.connect() as connection:
        require_migrated(connection)


@pytest.mark.parametrize("revision", ["base", "0001"])
def test_a_database_at_an_earlier_revision_will_not(migrated, revision):
    history.downgrade(migrated, revision)
    with migrated.connect() as connection, pytest.raises(ObjectError, match="run `make migrate`"):
        require_migrated(connection)


def test_a_view_in_an_older_version_will_not(migrated):
    with migrated.begin() as connection:
        connection.execute(update(view_versions).filter_by(view_name="norm_avg").values(version=0))
    with migrated.connect() as connection, pytest.raises(ObjectError, match="run `make migrate`"):
        require_migrated(connection)
