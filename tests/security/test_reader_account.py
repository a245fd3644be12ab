"""With the reader's password one can read the project's tables and views, and nothing else."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pymysql
import pytest
from pymysql.constants import ER
from sqlalchemy import URL

from vanishing_gradients.server.private_server import PrivateServer
from vanishing_gradients.sql import accounts, address, brands
from vanishing_gradients.sql.brands import Brand
from vanishing_gradients.sql.connection import connect_arguments, connected
from vanishing_gradients.sql.errors import AccessError
from vanishing_gradients.sql.names import quoted
from vanishing_gradients.telemetry.connection import BufferConnection

DENIED = {
    ER.DBACCESS_DENIED_ERROR,
    ER.ACCESS_DENIED_ERROR,
    ER.TABLEACCESS_DENIED_ERROR,
    ER.COLUMNACCESS_DENIED_ERROR,
    ER.SPECIFIC_ACCESS_DENIED_ERROR,
    ER.PROCACCESS_DENIED_ERROR,
    ER.KILL_DENIED_ERROR,
}


EVENTS = "SELECT event_name FROM information_schema.events WHERE event_schema = DATABASE()"


@dataclass(frozen=True)
class Place:
    """A reader's address, the administrator's of the same database, and another database."""

    reader: URL
    owner: URL
    other: str
    target: Path
    oceanbase: bool


@pytest.fixture(scope="module")
def place(
    server_url: URL,
    module_database: URL,
    tmp_path_factory: pytest.TempPathFactory,
    server_brand: Brand,
) -> Iterator[Place]:
    name = "reader_of_" + module_database.database[-6:]
    password = accounts.new_password()
    # An underscore in a GRANT stands for any character: this name differs in nothing else.
    other = module_database.database.replace("_", "X")
    folder = tmp_path_factory.mktemp("target")
    folder.chmod(0o777)
    with connected(module_database) as session:
        cursor = session.cursor()
        for statement in (
            "CREATE TABLE numbers (n INT PRIMARY KEY)",
            "INSERT INTO numbers VALUES (1), (2)",
            f"{brands.VIEW} evens AS SELECT n FROM numbers WHERE n % 2 = 0",
            accounts.create_database(other),
            f"CREATE TABLE {quoted(other)}.numbers (n INT PRIMARY KEY)",
            *accounts.reader(name, password, module_database.database),
        ):
            cursor.execute(statement)
    reader = module_database.set(username=name, password=password)
    oceanbase = server_brand.flavour == "oceanbase"
    yield Place(reader, module_database, other, folder / "stolen", oceanbase)
    with connected(address.without_database(server_url)) as session:
        session.cursor().execute(f"DROP DATABASE {quoted(other)}")
        session.cursor().execute(f"DROP USER '{name}'@'%'")


def rows(url: URL, *statements: str) -> list[tuple]:
    with connected(url) as session:
        cursor = session.cursor()
        found: list[tuple] = []
        for statement in statements:
            cursor.execute(statement)
            found += cursor.fetchall()
        return found


def state(place: Place) -> list[tuple]:
    """All that the reader might have changed."""
    return rows(
        place.owner,
        "SELECT n FROM numbers ORDER BY n",
        "SELECT table_schema, table_name, table_type FROM information_schema.tables"
        " WHERE table_schema IN (DATABASE(), REPLACE(DATABASE(), '_', 'X')) ORDER BY 1, 2",
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_schema = DATABASE() ORDER BY table_name, 1",
        "SELECT routine_name FROM information_schema.routines WHERE routine_schema = DATABASE()",
        "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = DATABASE()",
        *([] if place.oceanbase else [EVENTS]),
        "SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE '%intruder%'",
        "SELECT user FROM mysql.user WHERE user = 'intruder'",
        "SELECT @@GLOBAL.local_infile, @@GLOBAL.max_connections",
    )


def refusal(place: Place, statement: str) -> int:
    """The number of the server's error for a statement of the reader."""
    with connected(place.reader) as session:
        with pytest.raises(pymysql.err.MySQLError) as caught:
            session.cursor().execute(statement)
        return caught.value.args[0]


def attempt(place: Place, statement: str) -> None:
    """Let the reader try a statement, which must be denied.

    OceanBase does not know some, and answers others although they have no effect.
    """
    if not place.oceanbase:
        assert refusal(place, statement) in DENIED
        return
    with connected(place.reader) as session, suppress(pymysql.err.MySQLError):
        session.cursor().execute(statement)


def test_the_reader_reads_tables_and_views_and_how_views_are_made(place: Place):
    found = rows(
        place.reader,
        "SELECT SUM(n) FROM numbers",
        "SELECT n FROM evens",
        "SELECT COUNT(*) FROM information_schema.views WHERE table_schema = DATABASE()"
        " AND view_definition LIKE '%numbers%'",
    )
    assert found == [(3,), (2,), (1,)]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO numbers VALUES (3)",
        "INSERT INTO evens VALUES (4)",
        "REPLACE INTO numbers VALUES (1)",
        "UPDATE numbers SET n = 3 WHERE n = 1",
        "UPDATE evens SET n = 4",
        "DELETE FROM numbers",
        "TRUNCATE TABLE numbers",
        "CREATE TABLE intruder (n INT)",
        "CREATE TABLE intruder AS SELECT n FROM numbers",
        "CREATE TEMPORARY TABLE intruder (n INT)",
        "CREATE VIEW intruder AS SELECT n FROM numbers",
        "CREATE OR REPLACE VIEW evens AS SELECT 1 AS n",
        "CREATE PROCEDURE intruder() SELECT 1",
        "CREATE FUNCTION intruder() RETURNS INT DETERMINISTIC RETURN 1",
        "CREATE TRIGGER intruder BEFORE INSERT ON numbers FOR EACH ROW SET NEW.n = 0",
        "CREATE EVENT intruder ON SCHEDULE EVERY 1 DAY DO SELECT 1",
        "CREATE DATABASE intruder",
        "CREATE INDEX intruder ON numbers (n)",
        "ALTER TABLE numbers ADD intruder INT",
        "ALTER VIEW evens AS SELECT 1 AS n",
        "ALTER DATABASE CHARACTER SET latin1",
        "RENAME TABLE numbers TO intruder",
        "DROP TABLE numbers",
        "DROP VIEW evens",
        "LOCK TABLES numbers READ",
        "LOCK TABLES numbers WRITE",
        "ANALYZE TABLE numbers",
        "OPTIMIZE TABLE numbers",
    ],
)
def test_the_reader_changes_nothing(place: Place, statement: str):
    before = state(place)
    attempt(place, statement)
    assert state(place) == before


@pytest.mark.parametrize(
    "statement",
    [
        "GRANT ALL PRIVILEGES ON *.* TO CURRENT_USER()",
        "GRANT INSERT ON numbers TO CURRENT_USER()",
        "CREATE USER intruder IDENTIFIED BY 'Intruder-1'",
        "CREATE ROLE intruder",
        "ALTER USER 'root'@'localhost' IDENTIFIED BY 'Intruder-1'",
        "SET PASSWORD FOR 'root'@'localhost' = 'Intruder-1'",
        "SET GLOBAL local_infile = 0",
        "SET GLOBAL max_connections = 1",
        "FLUSH TABLES WITH READ LOCK",
        "FLUSH PRIVILEGES",
        "INSTALL PLUGIN intruder SONAME 'intruder.so'",
        "SHUTDOWN",
    ],
)
def test_the_reader_administers_nothing(place: Place, statement: str):
    before = state(place)
    attempt(place, statement)
    assert state(place) == before


def test_the_reader_drops_no_database(place: Place):
    for name in (place.owner.database, place.other, "mysql"):
        assert refusal(place, f"DROP DATABASE {quoted(name)}") in DENIED


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT user, authentication_string FROM mysql.user",
        "SELECT user FROM mysql.db",
        "SHOW GRANTS FOR 'root'@'localhost'",
        "SHOW CREATE USER 'root'@'localhost'",
        "USE mysql",
    ],
)
def test_the_reader_sees_nothing_of_other_accounts(place: Place, statement: str):
    unknown = {ER.NONEXISTING_GRANT, ER.PASSWORD_NO_MATCH} if place.oceanbase else set()
    assert refusal(place, statement) in DENIED | unknown


@pytest.mark.parametrize(
    "statement",
    ["SELECT * FROM {}.numbers", "USE {}", "SHOW CREATE TABLE {}.numbers", "SHOW TABLES FROM {}",
     "INSERT INTO {}.numbers VALUES (1)", "CREATE TABLE {}.intruder (n INT)"],
)  # fmt: skip
def test_the_reader_reaches_no_database_whose_name_is_nearly_the_same(place: Place, statement: str):
    assert refusal(place, statement.format(quoted(place.other))) in DENIED


def test_no_list_shows_the_reader_another_database(place: Place):
    ours = {place.owner.database, "information_schema", "performance_schema"}
    listed = {name for (name,) in rows(place.reader, "SHOW DATABASES")}
    assert place.owner.database in listed
    assert listed <= ours
    found = rows(place.reader, "SELECT DISTINCT table_schema FROM information_schema.tables")
    assert {name for (name,) in found} <= ours


def test_the_reader_reads_no_file_of_the_server(place: Place):
    if not place.oceanbase:  # which has no such function
        assert rows(place.reader, "SELECT LOAD_FILE('/etc/passwd')") == [(None,)]
    assert refusal(place, "LOAD DATA INFILE '/etc/passwd' INTO TABLE numbers") in DENIED


@pytest.mark.parametrize(
    "way",
    [
        "OUTFILE",
        pytest.param("DUMPFILE", marks=pytest.mark.not_on_oceanbase("seekdb 1.4 lets anybody")),
    ],
)
def test_the_reader_writes_no_file_of_the_server(place: Place, way: str):
    statement = f"SELECT n FROM numbers LIMIT 1 INTO {way} '{place.target}'"
    assert refusal(place, statement) in DENIED
    assert not place.target.exists()


def test_the_reader_loads_nothing(place: Place):
    before = state(place)
    connection = BufferConnection(**connect_arguments(place.reader))
    with connection, pytest.raises(pymysql.err.MySQLError) as caught:
        connection.load("LOAD DATA LOCAL INFILE 'memory' INTO TABLE numbers", b"3\n")
    assert caught.value.args[0] in DENIED
    assert state(place) == before


@pytest.mark.not_on_oceanbase("seekdb 1.4 lets anybody end any connection")
def test_the_reader_ends_nobody_elses_connection_and_sees_none(place: Place):
    with connected(place.owner) as session:
        cursor = session.cursor()
        cursor.execute("SELECT CONNECTION_ID()")
        (number,) = cursor.fetchone()
        for statement in (f"KILL {number}", f"KILL QUERY {number}"):
            assert refusal(place, statement) in DENIED | {ER.NO_SUCH_THREAD}
        seen = [process[0] for process in rows(place.reader, "SHOW PROCESSLIST")]
        assert number not in seen
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


def privileges(url: URL) -> set[str]:
    """All grants of this address's account."""
    found: set[str] = set()
    for (grant,) in rows(url, "SHOW GRANTS"):
        names = re.match(r"GRANT (.+?) ON ", grant)[1]
        found |= set(names.split(", "))
    return found


def test_the_readers_grants_are_select_and_show_view(place: Place):
    assert privileges(place.reader) == {"USAGE", "SELECT", "SHOW VIEW"}


def test_the_reader_of_a_private_server_is_granted_the_same(private: PrivateServer):
    private.start()
    assert privileges(private.url("reader")) == {"USAGE", "SELECT", "SHOW VIEW"}


def test_no_account_of_a_private_server_is_without_a_password(private: PrivateServer):
    private.start()
    root = private.url("root", "mysql")
    names = {name for (name,) in rows(root, "SELECT DISTINCT user FROM mysql.user")}
    assert {"owner", "reader", "root"} <= names
    for name in names | {"anybody"}:
        empty = address.without_database(root).set(username=name, password="")
        with pytest.raises(AccessError), connected(empty):
            pass
