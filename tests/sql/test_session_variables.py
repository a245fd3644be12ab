"""Whatever defaults an administrator gives a server's variables, no answer changes."""

import os
from contextlib import ExitStack, suppress

import pytest
from pymysql.err import MySQLError
from sqlalchemy import text

from tests.conftest import fresh_database
from tests.faults.conftest import experiment
from tests.faults.digest import digest
from tests.faults.servers import running
from vanishing_gradients.migrations import history
from vanishing_gradients.sql import accounts, address
from vanishing_gradients.sql.brands import BRANDS
from vanishing_gradients.sql.connection import _missing, connected, engine
from vanishing_gradients.sql.names import quoted
from vanishing_gradients.sql.objects import newest_views
from vanishing_gradients.sql.registry import registered_shapes
from vanishing_gradients.sql.session_variables import PINNED, settings, statement
from vanishing_gradients.trainer.datasets import load
from vanishing_gradients.trainer.run import Settings, run_experiment

HOSTILE = {
    "time_zone": "'+05:45'",
    "sql_select_limit": "1",
    "max_join_size": "1",
    "sql_big_selects": "0",
    "div_precision_increment": "0",
    "group_concat_max_len": "4",
    "max_sort_length": "64",
    "sql_auto_is_null": "1",
    "default_week_format": "3",
    "lc_time_names": "'de_DE'",
    "lc_messages": "'de_DE'",
    "sql_notes": "0",
    "sql_quote_show_create": "0",
    "foreign_key_checks": "0",
    "unique_checks": "0",
    "sql_safe_updates": "1",
    "completion_type": "2",
    "default_storage_engine": "'MEMORY'",
    "explicit_defaults_for_timestamp": "0",
    "sort_buffer_size": "32768",
    "wait_timeout": "1",
    "net_read_timeout": "1",
    "net_write_timeout": "1",
    "lock_wait_timeout": "1",
    "innodb_lock_wait_timeout": "1",
    "transaction_isolation": "'SERIALIZABLE'",
    "transaction_read_only": "1",
    "max_execution_time": "1",
    "windowing_use_high_precision": "0",
    "cte_max_recursion_depth": "1",
    "information_schema_stats_expiry": "31536000",
    "parser_max_mem_size": "10000000",
    "tx_isolation": "'SERIALIZABLE'",
    "tx_read_only": "1",
    "max_statement_time": "0.0001",
    "max_recursive_iterations": "1",
    "standard_compliant_cte": "0",
    "max_error_count": "0",
    "innodb_strict_mode": "0",
    "check_constraint_checks": "0",
    "idle_transaction_timeout": "1",
    "idle_readonly_transaction_timeout": "1",
    "idle_write_transaction_timeout": "1",
    "max_session_mem_used": "1048576",  # with the least, MariaDB 10.11 may crash
    "tmp_disk_table_size": "1024",
    "alter_algorithm": "'INSTANT'",
    "old_mode": "'NO_DUP_KEY_WARNINGS_WITH_IGNORE,ZERO_DATE_TIME_CAST'",
    "default_regex_flags": "'EXTENDED'",
    "sql_if_exists": "1",
    "ob_query_timeout": "1000000",
    "ob_trx_timeout": "1000000",
    "ob_trx_idle_timeout": "1000000",
}
OTHERS = {
    "sql_mode": "'ANSI,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH'",
    "autocommit": "0",
    "character_set_server": "'latin1'",
    "collation_server": "'latin1_german1_ci'",
    "character_set_client": "'latin1'",
    "character_set_results": "'latin1'",
    "collation_connection": "'latin1_german1_ci'",
    "init_connect": "'SET @nobody = 1'",
    "join_buffer_size": "128",
    "max_heap_table_size": "16384",
    "tmp_table_size": "1024",
    "big_tables": "1",
    "auto_increment_increment": "7",
    "low_priority_updates": "1",
    "eq_range_index_dive_limit": "1",
    "optimizer_search_depth": "1",
    "max_length_for_sort_data": "4",
    "read_rnd_buffer_size": "1",
    "range_optimizer_max_mem_size": "1",
}
"""Hostile values of what PyMySQL sets, and of what is left to the server."""


FIXED = {"oceanbase": {"lc_time_names", "default_storage_engine", "windowing_use_high_precision"}}
"""What a server lets nobody change for all sessions."""


@pytest.fixture(scope="module")
def own_server(server_url, tmp_path_factory):
    """The address of a server whose defaults no test at the same time depends on.

    A server that the tests were given, or that is the only one there can be, has to do.
    """
    with ExitStack() as stack:
        url = server_url
        if "TEST_DATABASE_URL" not in os.environ:
            with suppress(pytest.skip.Exception):
                folder = tmp_path_factory.mktemp("hostile") / "server"
                url = stack.enter_context(running(folder)).url(accounts.ROOT)
        yield url


@pytest.fixture
def database(own_server):
    yield from fresh_database(own_server)


@pytest.fixture
def migrated_database(database):
    made = engine(database)
    history.upgrade(made)
    made.dispose()
    return database


@pytest.fixture
def hostile(own_server):
    """Return a function that makes the defaults of the server hostile, until the test ends."""
    with ExitStack() as stack:
        session = stack.enter_context(connected(address.without_database(own_server)))
        cursor = session.cursor()
        brand = session.brand

        def make(names: dict[str, str]) -> set[str]:
            made = set()
            for name, value in names.items():
                try:
                    cursor.execute(f"SELECT @@GLOBAL.{name}")
                    (before,) = cursor.fetchone()
                    cursor.execute(f"SET GLOBAL {name} = {value}")
                except MySQLError:
                    continue
                stack.callback(cursor.execute, f"SET GLOBAL {name} = %s", (before,))
                made.add(name)
            return made

        yield brand, make


@pytest.fixture(scope="module")
def sample():
    return load("sample", announce=lambda _: None)


def train(url, sample):
    return run_experiment(experiment("pinned", epochs=1), sample, Settings(limit=200), url)


def limit_of(brand) -> int:
    return int(settings(brand)["sql_select_limit"])


def answers(made) -> dict[str, list[tuple]]:
    """Return the rows of every view."""
    found = {}
    with made.connect() as connection:
        shapes = registered_shapes(connection)
        for each in newest_views():
            for name in each.names(shapes):
                rows = connection.execute(text(f"SELECT * FROM {quoted(name)}"))
                found[name] = sorted(map(repr, rows))
    return found


def test_every_variable_that_is_set_has_a_hostile_value_here():
    names = {name for brand in BRANDS for name in settings(brand)}
    assert names == set(HOSTILE)
    assert all(each.why for each in PINNED)


def test_no_default_of_the_server_changes_what_a_view_answers(migrated_database, hostile, sample):
    database = migrated_database
    made = engine(database)
    train(database, sample)
    before = answers(made)
    made.dispose()
    brand, make = hostile
    changed = make(HOSTILE | OTHERS)
    fixed = _missing.get(brand, set()) | FIXED.get(brand.flavour, set())
    assert changed >= set(settings(brand)) - fixed
    reader = engine(database, read_only=True)
    try:
        assert answers(made) == before
        assert answers(reader) == before
    finally:
        made.dispose()
        reader.dispose()


def test_a_run_on_hostile_defaults_stores_what_another_does(
    migrated_database, hostile, sample, server_brand
):
    database = migrated_database
    made = engine(database)
    expected = digest(database, train(database, sample))
    _, make = hostile
    make(HOSTILE | OTHERS)
    history.downgrade(made, "0017" if server_brand.partitions else "0010")
    history.upgrade(made)
    made.dispose()
    assert digest(database, train(database, sample)) == expected


def test_what_a_server_makes_every_session_begin_with_changes_nothing(hostile, reader_url):
    """An account without administrative privileges runs init_connect first."""
    _, make = hostile
    make({"init_connect": "'SET SESSION sql_safe_updates = 1, sql_select_limit = 1, @begun = 7'"})
    with connected(reader_url) as session, session.cursor() as cursor:
        cursor.execute("SELECT @begun, @@sql_safe_updates, @@sql_select_limit")
        assert cursor.fetchone() == (7, 0, limit_of(session.brand))


def test_a_version_without_one_of_them_gets_the_others(database, monkeypatch):
    monkeypatch.setattr(
        "vanishing_gradients.sql.connection.settings",
        lambda brand, read_only=False: {"of_the_future": "1", **settings(brand)},
    )
    monkeypatch.setattr("vanishing_gradients.sql.connection._missing", {})
    with connected(database) as session, session.cursor() as cursor:
        cursor.execute("SELECT @@sql_select_limit, @@time_zone")
        assert cursor.fetchone() == (limit_of(session.brand), "+00:00")
        assert "of_the_future" not in statement(settings(session.brand))
