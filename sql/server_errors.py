"""Server errors: which are worth a retry, and what a user can do about the others.

No other module knows more than single error numbers. A message never contains a password.
"""

import re
import socket
import ssl

import pymysql
from pymysql.constants import CR, ER
from sqlalchemy import URL

from vanishing_gradients.sql import accounts, address
from vanishing_gradients.sql.brands import BRANDS
from vanishing_gradients.sql.errors import AccessError, DatabaseError, ObjectError, ServerError

DENIED = (
    ER.DBACCESS_DENIED_ERROR,
    ER.TABLEACCESS_DENIED_ERROR,
    ER.COLUMNACCESS_DENIED_ERROR,
    ER.SPECIFIC_ACCESS_DENIED_ERROR,
)
NO_CONNECTION_FREE = (ER.CON_COUNT_ERROR, ER.TOO_MANY_USER_CONNECTIONS, ER.USER_LIMIT_REACHED)
QUOTAS = {
    "max_questions": "max_queries_per_hour",
    "max_queries_per_hour": "max_queries_per_hour",
    "max_updates": "max_updates_per_hour",
    "max_updates_per_hour": "max_updates_per_hour",
    "max_connections_per_hour": "max_connections_per_hour",
    "max_user_connections": "max_user_connections",
}
"""What an account's quotas are called in messages, which differ by server, and in SQL."""
PASSING = {
    *NO_CONNECTION_FREE, ER.CANT_CREATE_THREAD,
    CR.CR_CONNECTION_ERROR, CR.CR_CONN_HOST_ERROR, CR.CR_SERVER_GONE_ERROR, CR.CR_SERVER_LOST,
    CR.CR_SERVER_LOST_EXTENDED,
    ER.SERVER_SHUTDOWN, ER.LOCK_WAIT_TIMEOUT, ER.LOCK_DEADLOCK, ER.RECORD_FILE_FULL, ER.DISK_FULL,
    ER.ERROR_ON_WRITE, ER.GET_ERRNO, ER.TABLE_DEF_CHANGED, ER.NET_PACKET_TOO_LARGE,
    ER.OUT_OF_RESOURCES, ER.OUTOFMEMORY, ER.QUERY_INTERRUPTED, ER.NET_READ_ERROR,
    ER.NET_READ_INTERRUPTED, ER.NET_ERROR_ON_WRITE, ER.NET_WRITE_INTERRUPTED,
    1927, 3169, 4031,  # connection or session killed, or closed for being silent
    *(number for brand in BRANDS for number in brand.passing),
}  # fmt: skip
"""Errors that may not recur: the server restarts, is full, is busy, or chose a deadlock victim."""
CLOSED = 0  # PyMySQL's number for a connection that it has closed itself

# Numbers that PyMySQL's tables lack are literal.
READ_ONLY_MODE, READ_ONLY_TRANSACTION = 1836, 1792
FULL = (
    "the server at {place} has no space left for rows or temporary files: free some where its "
    "datadir and tmpdir are, or raise its tmp_disk_table_size"
)
SERVER_CURES = {
    READ_ONLY_MODE: "the server at {place} is read-only: write to its primary, or set read_only to "
    "OFF on it",
    ER.CON_COUNT_ERROR: "the server at {place} has no free connection: close some, or raise its "
    "max_connections",
    ER.CANT_CREATE_THREAD: "the server at {place} cannot start a thread for another "
    "connection: close some, or raise its limit on processes",
    **dict.fromkeys(
        (ER.LOCK_WAIT_TIMEOUT, ER.LOCK_DEADLOCK),
        "another session of the server at {place} holds locks on rows or tables that are needed: "
        "wait until it is done, or end it (SHOW PROCESSLIST names it), and try again",
    ),
    ER.QUERY_INTERRUPTED: "somebody, or a limit of the server at {place}, has ended the query: "
    "try again, or ask its administrator",
    **dict.fromkeys(
        (3024, 1969),
        "the server at {place} gives a statement too little time: raise its max_execution_time or "
        "max_statement_time, or the account's MAX_STATEMENT_TIME",
    ),
    ER.TOO_BIG_SELECT: "the server at {place} refuses large joins: run SET GLOBAL sql_big_selects "
    "= 1 on it",
    **dict.fromkeys(
        (ER.RECORD_FILE_FULL, ER.DISK_FULL, ER.ERROR_ON_WRITE),
        FULL,
    ),
    **dict.fromkeys(
        (ER.OUTOFMEMORY, ER.OUT_OF_RESOURCES, ER.LOCK_TABLE_FULL),
        "the server at {place} is out of memory: give it more, or lower its buffers",
    ),
    ER.OUT_OF_SORTMEMORY: "the server at {place} has too little memory to sort: raise its "
    "sort_buffer_size",
    3170: "the server at {place} gives a statement too little memory: raise its "
    "parser_max_mem_size and range_optimizer_max_mem_size",
    4082: "the server at {place} gives a connection too little memory: raise its "
    "connection_memory_limit and global_connection_memory_limit",
    ER.STACK_OVERRUN_NEED_MORE: "the server at {place} has too small a stack for statements of "
    "this size: start it with thread_stack = 1M",
    **dict.fromkeys(
        (ER.TOO_BIG_ROWSIZE, 1117),
        "the server at {place} allows no table that wide: layers of up to 800 neurons fit "
        "if innodb_page_size is 16k or more",
    ),
    1461: "the server at {place} keeps too few prepared statements: raise its "
    "max_prepared_stmt_count",
    1197: "the server at {place} cannot log a transaction of this size: raise its "
    "max_binlog_cache_size",
    3032: "the server at {place} is in offline mode: set its offline_mode to OFF",
    1874: "the server at {place} is read-only: start it without innodb_read_only",
    3185: "the server at {place} is to encrypt tables and has no key: set up a keyring component "
    "on it, or as an administrator run ALTER DATABASE {database} ENCRYPTION = 'N'",
    1665: "the server at {place} has binlog_format = STATEMENT, which cannot log what is stored "
    "here: run SET GLOBAL binlog_format = ROW on it, and reconnect",
    ER.NET_PACKET_TOO_LARGE: "the server at {place} accepts no packets of the size that is "
    "needed: raise its max_allowed_packet",
    CR.CR_SSL_CONNECTION_ERROR: "the server at {place} offers no TLS, which the address asks for: "
    "remove the ssl options from it, or set up TLS on the server",
    **dict.fromkeys(
        (3159, 4231),
        "the server at {place} requires TLS: add ssl_mode=required to the address",
    ),
    CR.CR_SERVER_LOST: "the server at {place} closed the connection: {revival}",
    CR.CR_SERVER_GONE_ERROR: "the server at {place} has gone away: {revival}",
}
ACCESS_CURES = {
    **dict.fromkeys(
        (ER.ACCESS_DENIED_ERROR, 1698),
        "the server at {place} does not accept this password for user {user!r}: correct user and "
        "password in the address",
    ),
    ER.TOO_MANY_USER_CONNECTIONS: "the account {user!r} at {place} has as many connections as it "
    "may have: close some, or raise the server's max_user_connections",
    READ_ONLY_TRANSACTION: "this session at {place} only reads: write as the owner, whose address "
    "`make url ROLE=owner` prints",
    ER.HOST_NOT_PRIVILEGED: "the server at {place} accepts no connection from this machine: create "
    "the account {user!r} for this host, or for '%'",
    ER.HOST_IS_BLOCKED: "the server at {place} has blocked this machine after failed connections: "
    "run mysqladmin flush-hosts on it",
    CR.CR_AUTH_PLUGIN_CANNOT_LOAD: "the account {user!r} at {place} logs in by a method this "
    "client does not know: give it a password with ALTER USER ... IDENTIFIED BY",
    **dict.fromkeys(
        (1820, 1862),
        "the password of {user!r} at {place} has expired: set a new one with ALTER USER",
    ),
    **dict.fromkeys(
        (3118, 4151), "the account {user!r} at {place} is locked: unlock it with ALTER USER"
    ),
}
OBJECT_CURES = {
    ER.BAD_DB_ERROR: "the server at {place} has no database {database!r}: run `make up`, which "
    "makes it"
}
WORDS = {
    r"No space left on device|\b(errno|Errcode|error)\b:? 28\b": FULL,
    r"Too many open files|\b(errno|Errcode|error)\b:? 24\b": "the server at {place} may not open "
    "as many files as it needs: raise its open_files_limit",
}
"""The system's errno in a server's message decides, whatever the server's own number."""
CURES: tuple[tuple[type[DatabaseError], dict[int, str]], ...] = (
    (ServerError, SERVER_CURES),
    (AccessError, ACCESS_CURES),
    (ObjectError, OBJECT_CURES),
)
"""The exception class to raise, by error number."""


REVIVAL = (
    "see whether it runs and what its log says, correct the address, or unset DATABASE_URL "
    "and run `make up` for a private server"
)
"""What to do if a server named by the user is away."""
revivals: dict[str, str] = {}
"""What to do if one of our own servers is away, by the public form of its address."""


class FileRequestError(pymysql.OperationalError):
    """The server asked for a file of this machine that was not offered; it got nothing."""


def passing(error: BaseException) -> bool:
    """Return whether the same request may succeed later.

    It may also have succeeded already: a connection can be lost between a commit and its answer.
    """
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        if isinstance(cause, FileRequestError):
            return False
        if isinstance(cause, pymysql.err.InterfaceError) and cause.args[:1] == (CLOSED,):
            return True
        if (
            isinstance(cause, pymysql.err.MySQLError)
            and cause.args
            and (cause.args[0] in PASSING or any(re.search(each, str(cause)) for each in WORDS))
        ):
            return True
        cause = getattr(cause, "orig", None) or cause.__cause__
    return False


def no_connection_free(error: BaseException) -> bool:
    """Return whether a server refuses another connection, for this account or in general."""
    found = getattr(error, "orig", None) or error.__cause__ or error
    return (
        isinstance(found, pymysql.err.MySQLError)
        and found.args[:1] in {(number,) for number in NO_CONNECTION_FREE}
        and (found.args[0] != ER.USER_LIMIT_REACHED or "max_user_connections" in str(found))
    )


def explain(error: Exception, url: URL) -> DatabaseError | None:
    """Return the error to show the user instead of `error`; None if the user can do nothing."""
    place = address.public(url)
    if isinstance(error, RuntimeError) and "cryptography" in str(error):
        return ServerError(
            "the package cryptography is missing: run `make` again to complete .venv"
        )
    if isinstance(error, FileRequestError):
        return ServerError(
            f"the server at {place} asked for a file of this machine, and was sent none: name a "
            "server that you trust in the address"
        )
    if isinstance(error, pymysql.err.InternalError) and "sequence number" in str(error):
        return ServerError(
            f"what answers at {place} is not a MySQL or MariaDB server: correct the port in the "
            "address"
        )
    if not isinstance(error, pymysql.err.MySQLError) or not error.args:
        return None
    cause = getattr(error, "original_exception", None)
    if cause is not None:
        return _unreachable(cause, url)
    code, text = error.args[0], str(error.args[-1])
    if code == ER.OPTION_PREVENTS_STATEMENT and "read" in text.lower():
        code = READ_ONLY_MODE
    for words, cure in WORDS.items():
        if re.search(words, text):
            return ServerError(cure.format(place=place))
    if code in DENIED:
        return _privilege(text, url)
    if code == ER.USER_LIMIT_REACHED:
        return _used_up(text, url)
    for kind, sentences in CURES:
        if sentence := sentences.get(code):
            facts = {"place": place, "user": url.username, "database": url.database}
            return kind(sentence.format(**facts, revival=_revival(url)))
    return None


def _unreachable(cause: BaseException, url: URL) -> DatabaseError:
    place = address.public(url)
    if isinstance(cause, socket.gaierror):
        return ServerError(
            f"there is no host {url.host!r}: correct the host in the address, or check the network"
        )
    if isinstance(cause, ssl.SSLError):
        reason = getattr(cause, "verify_message", "") or cause.reason or "the handshake failed"
        return ServerError(
            f"the TLS connection to {place} failed ({reason}): give the server's authority with "
            "ssl_ca=FILE, or choose another ssl_mode"
        )
    if isinstance(cause, TimeoutError):
        return ServerError(
            f"the server at {place} does not answer in time: check host, port and firewall"
        )
    return ServerError(f"no server answers at {place}: {_revival(url)}")


def _revival(url: URL) -> str:
    return revivals.get(address.public(url), REVIVAL)


def _used_up(text: str, url: URL) -> AccessError:
    """Name the quota that an account has used up, from the server's message in any language."""
    found = re.search(rf"'({'|'.join(QUOTAS)})'", text)
    sql = QUOTAS[found[1]] if found else "limit"
    unit = "at once" if sql == "max_user_connections" else "an hour"
    return AccessError(
        f"the account {url.username!r} at {address.public(url)} has used up its {sql} ({unit}): "
        f"wait, or as an administrator run ALTER USER '{url.username}'@'%' WITH {sql.upper()} 0"
    )


def _privilege(text: str, url: URL) -> AccessError:
    """Name the missing privilege and the statement that grants it, from the server's message."""
    command = re.match(r"(?P<privileges>[A-Z ,]+) command denied", text)
    needed = re.search(r"need \(at least one of\) the (?P<privileges>.+?) privilege", text)
    found = command or needed
    privileges = found["privileges"].strip() if found else "ALL PRIVILEGES"
    where = "*.*" if needed else f"{accounts.grant_pattern(url.database or '')}.*"
    lacking = f"lacks the privilege {privileges}" if found else "may not use it"
    return AccessError(
        f"the account {url.username!r} at {address.public(url)}, database {url.database!r}, "
        f"{lacking}: as an administrator run GRANT {privileges} ON {where} TO '{url.username}'@'%'"
    )
