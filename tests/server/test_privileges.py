"""The privileges checked beforehand are sufficient for everything, and each of them is needed
somewhere."""

import secrets

import pytest
from sqlalchemy import URL

from tests.faults.conftest import experiment
from vanishing_gradients.analysis.verification.run import verify_run
from vanishing_gradients.migrations import history
from vanishing_gradients.server.given_server import PROBES, require_privileges
from vanishing_gradients.sql import accounts, address
from vanishing_gradients.sql.connection import connected, engine
from vanishing_gradients.sql.errors import AccessError
from vanishing_gradients.telemetry.removal import removable_run, remove
from vanishing_gradients.trainer.datasets import load
from vanishing_gradients.trainer.run import RunOptions, Settings, run_experiment

UNUSED = {"mariadb": {"REFERENCES"}}
"""What a server lets every account do."""


@pytest.fixture
def granted(server_url: URL, database: URL):
    """Return a function that gives an account exactly some privileges, and returns its address."""
    name, password = f"exact_{secrets.token_hex(4)}", accounts.new_password()
    with connected(address.without_database(server_url)) as session, session.cursor() as cursor:
        for statement in accounts.account(name, password):
            cursor.execute(statement)

        def grant(*privileges: str) -> URL:
            cursor.execute(f"REVOKE ALL PRIVILEGES, GRANT OPTION FROM '{name}'@'%'")
            pattern = accounts.grant_pattern(database.database)
            cursor.execute(f"GRANT {', '.join(privileges)} ON {pattern}.* TO '{name}'@'%'")
            return database.set(username=name, password=password)

        yield grant
        cursor.execute(f"DROP USER '{name}'@'%'")


@pytest.mark.parametrize("lacking", PROBES)
def test_a_privilege_that_is_missing_is_named_before_anything_is_made(granted, database, lacking):
    url = granted(*(each for each in PROBES if each != lacking))
    with connected(url) as session:
        if lacking in UNUSED.get(session.brand.flavour, ()):
            require_privileges(session, url)
        else:
            with pytest.raises(AccessError, match=rf"lacks [A-Z, ]*{lacking}\b.* run GRANT"):
                require_privileges(session, url)
    with connected(database) as session, session.cursor() as cursor:
        assert cursor.execute("SHOW TABLES") == 0


def test_what_is_looked_up_is_enough_from_the_first_migration_to_the_last(granted):
    url = granted(*PROBES)
    with connected(url) as session:
        require_privileges(session, url)
    made = engine(url)
    history.upgrade(made, "0010")
    history.upgrade(made)
    data = load("sample", announce=lambda _: None)
    network = experiment("exact", epochs=1)
    run_id = run_experiment(network, data, Settings(limit=200, precision="single"), url)
    other = run_experiment(network, data, Settings(limit=200), url, options=RunOptions(patience=5))
    assert verify_run(made, run_id, lambda _: None, lambda _: None).disagreements == ()
    for each in (run_id, other):
        with removable_run(made, each) as found:
            remove(made, found, lambda _: None)
    history.downgrade(made, "base")
    made.dispose()
