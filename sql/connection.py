"""Connections to the server: engines for either account, whose sessions do not depend on the
server's defaults.

Every session is strict (a value that does not fit is an error), in UTC, in utf8mb4 with the
collation of the database's own tables, reads committed rows, and has no limit that could cut an
answer short (sql/session_variables.py). Errors while connecting become a DatabaseError that says
what to do.
"""

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any, cast
from weakref import WeakSet

import pymysql
from pymysql.constants import CLIENT, CR, ER
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random

from vanishing_gradients.sql import address, brands
from vanishing_gradients.sql.accounts import COLLATION
from vanishing_gradients.sql.brands import Brand
from vanishing_gradients.sql.errors import ServerError
from vanishing_gradients.sql.server_errors import FileRequestError, explain, no_connection_free
from vanishing_gradients.sql.session_variables import READ_ONLY, settings, statement

SQL_MODE = "TRADITIONAL,ONLY_FULL_GROUP_BY"

HANDSHAKE_LIMIT = 20  # seconds

# Login methods that send the password in the clear, or nearly so. A server may ask for any.
READABLE = (b"mysql_clear_password", b"dialog", b"mysql_old_password")

A_MOMENT = 3.0
"""Seconds to retry if no connection is free: a server still counts those closed a moment ago."""
NO_SUCH = (
    ER.UNKNOWN_SYSTEM_VARIABLE, ER.INCORRECT_GLOBAL_LOCAL_VAR, ER.WRONG_VALUE_FOR_VAR,
    ER.WRONG_TYPE_FOR_VAR, ER.WRONG_ARGUMENTS, ER.NOT_SUPPORTED_YET, ER.PARSE_ERROR,
    ER.SPECIFIC_ACCESS_DENIED_ERROR,
)  # fmt: skip
"""Errors of versions that do not have a variable, or not this value of it, or reserve it for
administrators."""
LIMITS = (
    "SELECT @@GLOBAL.max_connections, @@SESSION.max_user_connections, COUNT(*) "
    "FROM information_schema.processlist WHERE user = SUBSTRING_INDEX(USER(), '@', 1)"
)
IDENTITY = (
    "SELECT VERSION(), @@version_comment, (SELECT table_collation FROM information_schema.tables "
    "WHERE table_schema = DATABASE() AND table_name = 'runs')"
)
"""What a server is, and the collation of the catalogue: older versions made it in another one, and
servers do not compare names across collations."""
_missing: dict[Brand, set[str]] = {}
"""The variables that a server turned out not to have."""


class Session(pymysql.connections.Connection):
    """A connection that never gives away a file, or a password that could be read on the way.

    Its session variables are those of sql/session_variables.py, whatever the server's defaults.
    `brand` is what the server is.
    """

    brand: Brand
    _collation: str

    def __init__(self, read_only: bool = False, **arguments: Any) -> None:
        self._read_only = read_only
        super().__init__(**arguments)

    def connect(self, sock: object = None) -> None:
        """Connect, and set the variables that must not depend on the server's defaults."""
        super().connect(sock or self._by_unix_socket())
        try:
            # What it announces is enough for a first time; until then limits may end any query.
            self.brand = announced = brands.recognised(self.get_server_info())
            pinned = settings(announced)
            self._pin(pinned)
            self.brand, self._collation = self._identity()
            self.pin_collation()
            wanted = settings(self.brand, self._read_only).items()
            if more := {name: value for name, value in wanted if pinned.get(name) != value}:
                # The question above began a transaction, in which MySQL refuses some of them
                # (1766), and which would not be read-only.
                self.query("ROLLBACK")
                self._pin(more)
        except BaseException:
            self._force_close()
            raise

    def _by_unix_socket(self) -> socket.socket | None:
        """Return a Unix socket that is connected, if the address has one.

        PyMySQL, which would do this as well, leaves the socket open if nobody answers there.
        """
        if not self.unix_socket:
            return None
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            made.settimeout(self.connect_timeout)
            made.connect(self.unix_socket)
        except OSError as error:
            made.close()
            failed = pymysql.OperationalError(
                CR.CR_CONN_HOST_ERROR, f"Can't connect to MySQL server on {self.host!r} ({error})"
            )
            failed.original_exception = error  # as PyMySQL's have it
            raise failed from error
        self.host_info, self._secure = "Localhost via UNIX socket", True
        return made

    def rollback(self) -> None:
        """Roll back; a server may refuse even this if a query quota is used up."""
        try:
            super().rollback()
        except pymysql.OperationalError as error:
            if error.args[0] != ER.USER_LIMIT_REACHED:
                raise
            self._force_close()  # the server then rolls back

    def interrupt(self) -> None:
        """Wake another thread that waits for an answer on this connection; the answer is lost."""
        if self._sock is not None:
            with suppress(OSError):
                self._sock.shutdown(socket.SHUT_RDWR)

    def limit(self, seconds: int) -> None:
        """Let every statement end after some seconds, with an error, whatever it waits for."""
        self._pin(self.brand.time_limit(seconds) | {"lock_wait_timeout": f"{seconds}"})

    def pin_collation(self) -> None:
        """Set the collation of literals, which SET NAMES makes the server's default one."""
        self.query(statement({"collation_connection": f"'{self._collation}'"}))

    def _identity(self) -> tuple[Brand, str]:
        with self.cursor(pymysql.cursors.Cursor) as cursor:
            cursor.execute(IDENTITY)
            version, comment, collation = cursor.fetchone() or (self.get_server_info(), "", None)
        return brands.recognised(version, comment), collation or COLLATION

    def _pin(self, values: dict[str, str]) -> None:
        missing = _missing.setdefault(self.brand, set())
        values = {name: value for name, value in values.items() if name not in missing}
        try:
            self.query(statement(values))
        except pymysql.err.MySQLError as error:
            if error.args[0] not in NO_SUCH:
                raise
            for name, value in values.items():
                self._pin_one(name, value, missing)

    def _pin_one(self, name: str, value: str, missing: set[str]) -> None:
        try:
            self.query(statement({name: value}))
        except pymysql.err.MySQLError as error:
            if error.args[0] not in NO_SUCH or name in READ_ONLY:
                raise
            missing.add(name)

    def _read_query_result(self, unbuffered: bool = False) -> int:
        try:
            return super()._read_query_result(unbuffered)
        except RuntimeError as error:  # PyMySQL's, which code that catches its errors would miss
            self._force_close()
            raise FileRequestError(CR.CR_SERVER_LOST, str(error)) from error

    def _process_auth(
        self, plugin_name: bytes, auth_packet: object, handler: object = None
    ) -> object:
        if plugin_name in READABLE and not self._secure:
            raise pymysql.OperationalError(
                CR.CR_AUTH_PLUGIN_CANNOT_LOAD, "The server asked for the password without TLS."
            )
        return super()._process_auth(plugin_name, auth_packet, handler)


def connect_arguments(url: URL, read_only: bool = False) -> dict[str, object]:
    """Return PyMySQL's keyword arguments for the address, session settings included.

    Use as `Session(**connect_arguments(url))`, adding what is needed, such as `local_infile=True`.
    Raises ServerError for an unknown option in the address.
    """
    return {
        "host": url.host or "localhost",
        "port": url.port or 3306,
        "user": url.username,
        "password": (url.password or "").encode(),  # PyMySQL would encode it as Latin-1
        "database": url.database,
        "charset": "utf8mb4",
        "sql_mode": SQL_MODE,
        "client_flag": CLIENT.FOUND_ROWS,  # counts rows that were alike too
        **({"read_only": True} if read_only else {}),
        **address.connect_options(url),
    }


def engine(url: URL, read_only: bool = False) -> Engine:
    """Return an engine for the address; with `read_only` its sessions refuse to write.

    Connecting, and every statement after it, raises DatabaseError for what a user can fix: a server
    that is down, too old or read-only, a wrong password, a missing database or privilege.
    """
    url = url.set(drivername=address.DRIVER)
    made = create_engine(url, creator=lambda: _open(url, read_only), pool_pre_ping=True)

    @event.listens_for(made, "connect")
    def name_collation(session: Session, _record: object) -> None:
        # SQLAlchemy has just run SET NAMES without a collation, which restores the default one.
        session.pin_collation()

    @event.listens_for(made, "handle_error", retval=True)
    def replace(context: ExceptionContext) -> BaseException | None:
        error = context.original_exception
        # A pooled connection's ping may fail: the pool then opens a new one.
        if context.is_pre_ping or not isinstance(error, Exception):
            return None
        return explain(error, url)

    return made


def limit_statements(database: Engine, seconds: int) -> None:
    """Let every statement of an engine end after some seconds, with an error.

    To be called while none of its connections is in use: those that wait for use are closed.
    """

    @event.listens_for(database, "connect")
    def limit(session: Session, _record: object) -> None:
        session.limit(seconds)

    database.dispose()


def opened_from_now_on(database: Engine) -> WeakSet[Session]:
    """Return the sessions that an engine opens after this, a set that grows with them."""
    opened: WeakSet[Session] = WeakSet()

    @event.listens_for(database, "connect")
    def note(session: Session, _record: object) -> None:
        opened.add(session)

    return opened


@contextmanager
def interrupted_at_the_end(database: Engine) -> Iterator[None]:
    """At the end of the block, wake all threads that wait for an engine's new connections."""
    opened = opened_from_now_on(database)
    try:
        yield
    finally:
        for session in list(opened):
            session.interrupt()


def brand_of(connection: Connection) -> Brand:
    """Return the brand of the server that an engine's connection leads to."""
    return cast(Session, connection.connection.driver_connection).brand


def affordable(database: Engine, wanted: int, each: int = 1) -> int:
    """Return how many of `wanted` threads or processes to use, with `each` connections apiece.

    At least 1, and no more than the account and the server have connections for.
    """
    with database.connect() as connection:
        return max(1, min(wanted, free_connections(connection.connection) // each))


def free_connections(session: DBAPIConnection) -> int:
    """Return how many connections this session's account may have now, this one included.

    At least 1. Sessions that the account may not see belong to other accounts.
    """
    with closing(session.cursor()) as cursor:
        cursor.execute(LIMITS)
        everybody, account, mine = (int(value) for value in cursor.fetchone() or ())
        cursor.execute("SHOW GLOBAL STATUS LIKE 'Threads_connected'")
        (_, connected) = cursor.fetchone() or ("", 0)
    free = everybody - int(connected) + 1
    return max(1, min(free, account - mine + 1) if account else free)


@contextmanager
def explained(url: URL) -> Iterator[None]:
    """Turn errors on a connection of our own to `url` into a DatabaseError.

    Errors without a known cure are raised unchanged.
    """
    try:
        yield
    except (pymysql.err.MySQLError, RuntimeError) as error:
        sentence = explain(error, url)
        if sentence is None:
            raise
        raise sentence from error


@contextmanager
def connected(url: URL) -> Iterator[Session]:
    """Open our own connection to the address, check the server's version, and close it at the end.

    Raises DatabaseError for errors with a known cure.
    """
    with explained(url):
        session = _open(url, autocommit=True)
        try:
            yield session
        finally:
            session.close()


def _open(url: URL, read_only: bool = False, **more: object) -> Session:
    """Connect, with a timeout for the server's greeting, and check its version.

    PyMySQL limits either every answer or none. Most queries may take long, but something that is
    not a MySQL server might never answer.
    """
    arguments = connect_arguments(url, read_only) | more
    attempts = Retrying(
        retry=retry_if_exception(no_connection_free),
        stop=stop_after_delay(A_MOMENT),
        wait=wait_random(0.02, 0.2),
        reraise=True,
    )
    options: dict[str, Any] = {"read_timeout": HANDSHAKE_LIMIT} | arguments
    session = attempts(lambda: Session(**options))
    session._read_timeout = arguments.get("read_timeout")
    try:
        require_recent(session.brand, url)
    except ServerError:
        session.close()
        raise
    return session


def require_recent(brand: Brand, url: URL) -> None:
    """Raise ServerError if the server at `url` is older than this project's SQL allows."""
    if not brand.recent:
        raise ServerError(
            f"the server at {address.public(url)} is {brand}, too old: "
            f"upgrade it to {brands.dotted(brand.oldest)} or newer, or unset DATABASE_URL and run "
            "`make up` for a private one"
        )
