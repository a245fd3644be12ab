"""A server named by DATABASE_URL: checked, but never administered beyond one database and one
account."""

import os
from pathlib import Path

import pymysql
from pymysql.constants import ER
from sqlalchemy import URL

from vanishing_gradients.server import own_folder
from vanishing_gradients.sql import accounts, address
from vanishing_gradients.sql.accounts import READER
from vanishing_gradients.sql.connection import connected
from vanishing_gradients.sql.errors import AccessError, DatabaseError, ObjectError
from vanishing_gradients.sql.names import backticked
from vanishing_gradients.sql.requirements import require_able
from vanishing_gradients.sql.server_errors import DENIED
from vanishing_gradients.words import Say

# The owner's statements, each tried on a missing table: most servers check privileges first, and so
# answer "denied" or "no such table", and nothing changes. This respects roles and wildcards as the
# server does.
ABSENT = "privilege_probe_of_a_table_that_is_not_there"
PROBES = {
    "SELECT": "SELECT 1 FROM ABSENT",
    "INSERT": "INSERT INTO ABSENT VALUES (1)",
    "UPDATE": "UPDATE ABSENT SET a = 1",
    "DELETE": "DELETE FROM ABSENT",
    "CREATE": "CREATE TABLE ABSENT_2 LIKE ABSENT",
    "DROP": "DROP TABLE ABSENT",
    "ALTER": "ALTER TABLE ABSENT ADD b INT",
    "INDEX": "CREATE INDEX b ON ABSENT (a)",
    "REFERENCES": "CREATE TABLE ABSENT_2 "
    "(a INT PRIMARY KEY, FOREIGN KEY (a) REFERENCES ABSENT (a))",
    "CREATE VIEW": "CREATE VIEW ABSENT_3 AS SELECT 1 AS a FROM ABSENT",
    "SHOW VIEW": "SHOW CREATE VIEW ABSENT",
}
ON_A_TABLE = ("SELECT", "INSERT", "UPDATE", "DELETE", "ALTER", "INDEX", "REFERENCES", "CREATE VIEW")
"""What a server that looks for the table first can only tell of one that is there."""
ANSWERS = (
    ER.NO_SUCH_TABLE, ER.BAD_TABLE_ERROR, ER.CANT_CREATE_TABLE, 1824,
    # Another session tries the same at this moment.
    ER.TABLE_EXISTS_ERROR, ER.DUP_FIELDNAME, ER.DUP_KEYNAME, ER.DUP_ENTRY,
)  # fmt: skip
MAY_NOT_GRANT = (
    *DENIED, ER.ACCESS_DENIED_ERROR, ER.CANT_CREATE_USER_WITH_GRANT, ER.CANNOT_USER,
    ER.OPTION_PREVENTS_STATEMENT, 1819,  # no grant tables; a password policy
)  # fmt: skip


def prepare(owner: URL, folder: Path, say: Say) -> None:
    """Check the server and the owner's privileges; create the database and reader if missing.

    Raises DatabaseError, with the cure, for a server that cannot be used.
    """
    _make_database(owner, say)
    with connected(owner) as session:
        if not session.brand.tried:
            say(f"{session.brand} is expected to work, but this project was never tried on it.")
        require_able(session, owner)
        require_privileges(session, owner)
        if os.environ.get("READER_DATABASE_URL"):
            with connected(_given_reader(owner)):
                return
        kept = folder / "readers.json"
        place = address.public(owner)
        password = make_reader(session, owner, accounts.load_passwords(kept).get(place))
    if password is None:
        say(
            f"No account {READER!r} could be created there: reading uses {owner.username!r} in "
            "read-only sessions. For an account that can only read, set READER_DATABASE_URL."
        )
    else:
        own_folder.claim(folder)
        accounts.remember(kept, **{place: password})


def kept_reader(owner: URL, folder: Path) -> URL | None:
    """Return the reader's address: READER_DATABASE_URL, else that of the account created before,
    else None."""
    if os.environ.get("READER_DATABASE_URL"):
        return _given_reader(owner)
    password = accounts.load_passwords(folder / "readers.json").get(address.public(owner))
    return None if password is None else owner.set(username=READER, password=password)


def require_privileges(session: pymysql.connections.Connection, url: URL) -> None:
    """Raise AccessError, with the GRANT that helps, unless the account has all privileges that the
    owner needs."""
    if session.brand.denies_first:
        missing = [each for each in PROBES if _denies(session, PROBES[each])]
    else:
        missing = _missing_on_a_table(session)
    # For a missing view, a server reports that before it checks this privilege.
    if not {"SHOW VIEW", "CREATE VIEW", "DROP"} & set(missing) and not _shows_views(session):
        missing.append("SHOW VIEW")
    if missing:
        wanted = ", ".join(missing)
        raise AccessError(
            f"the account {url.username!r} at {address.public(url)} lacks {wanted} on the database "
            f"{url.database!r}: as an administrator run GRANT {wanted} ON "
            f"{accounts.grant_pattern(str(url.database))}.* TO '{url.username}'@'%'"
        )


def _denies(session: pymysql.connections.Connection, statement: str) -> bool:
    try:
        session.cursor().execute(statement.replace("ABSENT", ABSENT))
    except pymysql.err.MySQLError as error:
        if error.args[0] not in (*DENIED, *ANSWERS):
            raise
        return error.args[0] in DENIED
    return False


def _missing_on_a_table(session: pymysql.connections.Connection) -> list[str]:
    """Return what the account lacks, tried on a table that exists as long as this takes."""
    if _denies(session, PROBES["DROP"]):  # nothing could be removed again
        return [each for each in ("CREATE", "DROP") if _denies(session, PROBES[each])]
    if _denies(session, "CREATE TABLE IF NOT EXISTS ABSENT (a INT PRIMARY KEY)"):
        return ["CREATE"]
    try:
        return [each for each in ON_A_TABLE if _denies(session, PROBES[each])]
    finally:
        with session.cursor() as cursor:
            cursor.execute(f"DROP VIEW IF EXISTS {ABSENT}_3")
            cursor.execute(f"DROP TABLE IF EXISTS {ABSENT}_2, {ABSENT}")


def _shows_views(session: pymysql.connections.Connection) -> bool:
    """Return whether the account may SHOW CREATE VIEW; tried on a temporary view if needed."""
    with session.cursor() as cursor:
        cursor.execute("SHOW FULL TABLES WHERE Table_type = 'VIEW'")
        found = cursor.fetchone()
        if not found:
            cursor.execute(f"CREATE OR REPLACE VIEW {ABSENT} AS SELECT 1 AS a")
        try:
            cursor.execute(f"SHOW CREATE VIEW {backticked(found[0] if found else ABSENT)}")
        except pymysql.err.MySQLError as error:
            return error.args[0] not in DENIED
        finally:
            if not found:
                cursor.execute(f"DROP VIEW IF EXISTS {ABSENT}")
    return True


def make_reader(
    session: pymysql.connections.Connection, owner: URL, password: str | None = None
) -> str | None:
    """Create the account `reader` for the owner's database and return its password; None if that is
    not possible.

    `password` is its earlier one. An account of that name that is not ours is left as it is.
    """
    known = password is not None
    password = password or accounts.new_password()
    made = _allowed(session, f"CREATE USER '{READER}'@'%%' IDENTIFIED BY %s", password)
    if not (made or known):
        return None
    granted = False
    try:
        pattern = accounts.grant_pattern(str(owner.database))
        granted = _allowed(session, accounts.grant_reading(READER, pattern))
    finally:
        if made and not granted:
            session.cursor().execute(f"DROP USER '{READER}'@'%'")
    if made and not granted:
        return None
    try:
        with connected(owner.set(username=READER, password=password)):
            return password
    except AccessError:  # the saved password is another server's, or was changed
        return None


def _allowed(session: pymysql.connections.Connection, statement: str, *values: str) -> bool:
    """Run a statement about the reader; return whether this account is allowed to."""
    try:
        session.cursor().execute(statement, values or None)
    except pymysql.err.MySQLError as error:
        if error.args[0] not in MAY_NOT_GRANT:
            raise
        return False
    return True


def _make_database(owner: URL, say: Say) -> None:
    try:
        with connected(owner):
            return
    except (ObjectError, AccessError) as error:
        # To an account that may not see it, a missing database looks like a forbidden one.
        refusal: DatabaseError = error
    with connected(address.without_database(owner)) as session:
        require_able(session, owner)
        try:
            session.cursor().execute(accounts.create_database(str(owner.database)))
        except pymysql.err.MySQLError as error:
            if error.args[0] not in DENIED:
                raise
            raise AccessError(
                f"there is no database {owner.database!r} at {address.public(owner)} that the "
                f"account {owner.username!r} may use: as an administrator run "
                f"{accounts.create_database(str(owner.database))}; GRANT ALL PRIVILEGES ON "
                f"{accounts.grant_pattern(str(owner.database))}.* TO '{owner.username}'@'%'"
            ) from refusal
    say(f"Made the database {owner.database!r}.")


def _given_reader(owner: URL) -> URL:
    url = address.parse(os.environ["READER_DATABASE_URL"], "READER_DATABASE_URL")
    if url.database != owner.database:
        raise ObjectError(
            f"READER_DATABASE_URL names the database {url.database!r} and DATABASE_URL "
            f"{owner.database!r}: use the same one in both"
        )
    return url
