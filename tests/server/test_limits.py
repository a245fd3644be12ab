"""Limits of a server or an account give one sentence with the cure."""

import secrets
from contextlib import closing

import pytest
from pymysql.constants import ER
from pymysql.err import OperationalError
from sqlalchemy import URL

from vanishing_gradients.sql import accounts, address
from vanishing_gradients.sql.connection import Session, connect_arguments, connected, engine
from vanishing_gradients.sql.errors import DatabaseError
from vanishing_gradients.sql.server_errors import explain

THREE = "(SELECT 1 AS n UNION ALL SELECT 2 UNION ALL SELECT 3)"
STATEMENTS = {
    "mysql": [
        ("max_execution_time = 50", "SELECT COUNT(*) FROM information_schema.columns a, "
         "information_schema.columns b, information_schema.columns c", "too little time"),
        ("parser_max_mem_size = 10000000", f"SELECT {'+'.join(['1'] * 30_000)}",
         "raise its parser_max_mem_size"),
    ],
    "mariadb": [
        ("max_statement_time = 0.1", f"SELECT SLEEP(5) FROM {THREE} q", "too little time"),
        ("tmp_disk_table_size = 1024", "SELECT COUNT(*) FROM (SELECT REPEAT(a.column_name, 100) b "
         "FROM information_schema.columns a GROUP BY b) c", "no space left"),
    ],
}  # fmt: skip
ON_BOTH = [
    ("max_join_size = 1, sql_big_selects = 0", "SELECT * FROM held a, held b, held c",
     "refuses large joins"),
    ("innodb_lock_wait_timeout = 1", "DELETE FROM held", "holds locks on rows or tables"),
    ("lock_wait_timeout = 1", "ALTER TABLE held ADD b INT", "holds locks on rows or tables"),
]  # fmt: skip
HOURLY = ["MAX_QUERIES_PER_HOUR", "MAX_UPDATES_PER_HOUR", "MAX_CONNECTIONS_PER_HOUR"]


@pytest.fixture
def held(database: URL):
    """A table whose rows another session has locked."""
    with closing(Session(**connect_arguments(database))) as session, session.cursor() as cursor:
        cursor.execute("CREATE TABLE held (a INT PRIMARY KEY, wide TEXT) ENGINE = InnoDB")
        cursor.execute("INSERT INTO held VALUES (1, 'x'), (2, 'y'), (3, 'z')")
        session.commit()
        cursor.execute("ANALYZE TABLE held")  # tells the servers how many rows there are
        cursor.execute("SELECT * FROM held FOR UPDATE")
        yield database
        session.rollback()


@pytest.mark.not_on_oceanbase("it has other limits")
def test_a_statement_that_a_limit_ends_is_explained(held):
    made = engine(held)
    with connected(held) as session:
        flavour = session.brand.flavour
    for limit, statement, cure in [*STATEMENTS[flavour], *ON_BOTH]:
        with made.connect() as connection:
            for each in limit.split(", "):
                connection.exec_driver_sql(f"SET SESSION {each}")
            with pytest.raises(DatabaseError, match=cure):
                connection.exec_driver_sql(statement)
            connection.invalidate()
    made.dispose()


def use(url: URL) -> None:
    """Connect a few times, and query and change something each time."""
    for _ in range(4):
        made = engine(url)
        with made.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS a (b INT)")
            connection.exec_driver_sql("SELECT 1").all()
        made.dispose()


@pytest.mark.not_on_oceanbase("it counts connections at once alone")
@pytest.mark.parametrize("limit", HOURLY)
def test_what_an_account_has_used_up_for_an_hour_is_named(server_url, database, limit):
    name, password = f"hourly_{secrets.token_hex(4)}", accounts.new_password()
    url = database.set(username=name, password=password)
    with connected(address.without_database(server_url)) as session, session.cursor() as cursor:
        for statement in accounts.account(name, password):
            cursor.execute(statement)
        pattern = accounts.grant_pattern(database.database)
        cursor.execute(f"GRANT ALL ON {pattern}.* TO '{name}'@'%'")
        cursor.execute(f"ALTER USER '{name}'@'%' WITH {limit} 2")
        try:
            with pytest.raises(DatabaseError, match=rf"ALTER USER '{name}'@'%' WITH {limit} 0"):
                use(url)
        finally:
            cursor.execute(f"DROP USER '{name}'@'%'")


def test_a_quota_is_named_whatever_language_the_server_speaks():
    url = address.parse("mysql://max:pw@127.0.0.1:3306/gradients", "DATABASE_URL")
    said = "Benutzer 'max' hat die Ressource 'max_questions' überschritten (aktueller Wert: 2)"
    found = explain(OperationalError(ER.USER_LIMIT_REACHED, said), url)
    assert "ALTER USER 'max'@'%' WITH MAX_QUERIES_PER_HOUR 0" in str(found)
