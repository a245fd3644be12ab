"""The registry's lock, and the newest views as a condition."""

import pytest
from sqlalchemy import update

from vanishing_gradients.migrations import history
from vanishing_gradients.sql import registry
from vanishing_gradients.sql.catalogue import view_versions
from vanishing_gradients.sql.connection import engine
from vanishing_gradients.sql.errors import ObjectError
from vanishing_gradients.sql.registry import registration_lock, require_migrated


@pytest.fixture
def migrated(migrated_database):
    made = engine(migrated_database)
    yield made
    made.dispose()


def test_two_cannot_register_at_once(migrated, monkeypatch):
    monkeypatch.setattr(registry, "LOCK_SECONDS", 0)
    with migrated.connect() as first, migrated.connect() as second, registration_lock(first):
        waiting = registration_lock(second)
        with pytest.raises(ObjectError, match="wait until it is done and try again"):
            waiting.__enter__()


def test_the_lock_is_free_again_after_an_error(migrated, monkeypatch):
    monkeypatch.setattr(registry, "LOCK_SECONDS", 0)
    with migrated.connect() as first, migrated.connect() as second:
        with pytest.raises(ValueError, match="inside"):
            fail_inside(first)
        with registration_lock(second):
            pass


def fail_inside(connection) -> None:
    with registration_lock(connection):
        raise ValueError("inside")


def test_locks_of_two_databases_do_not_meet(migrated, module_database, monkeypatch):
    monkeypatch.setattr(registry, "LOCK_SECONDS", 0)
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
