"""Why a server refused, in one sentence with the cure; never with a password."""

import re
import socket
import ssl

import pymysql
from pymysql.constants import CR, ER
from sqlalchemy import URL

from vanishing_gradients.sql import accounts, address
from vanishing_gradients.sql.errors import AccessError, DatabaseError, ObjectError, ServerError

# Numbers that PyMySQL's table lacks.
READ_ONLY_MODE = 1836
READ_ONLY_TRANSACTION = 1792
ACCESS_DENIED_NO_PASSWORD = 1698
MUST_CHANGE_PASSWORD = (1820, 1862)
ACCOUNT_LOCKED = (3118, 4151)
SECURE_TRANSPORT_REQUIRED = (3159, 4231)
PRIVILEGE_DENIED = (
    ER.DBACCESS_DENIED_ERROR,
    ER.TABLEACCESS_DENIED_ERROR,
    ER.COLUMNACCESS_DENIED_ERROR,
    ER.SPECIFIC_ACCESS_DENIED_ERROR,
)


def explain(error: Exception, url: URL) -> DatabaseError | None:
    """Return the error to show the user in place of `error`, None where there is nothing a user
    could do."""
    if isinstance(error, RuntimeError) and "cryptography" in str(error):
        return ServerError(
            "the package cryptography is missing: run `make` again to complete .venv"
        )
    if isinstance(error, pymysql.err.InternalError) and "sequence number" in str(error):
        return _not_mysql(url)
    if not isinstance(error, pymysql.err.MySQLError) or not error.args:
        return None
    cause = getattr(error, "original_exception", None)
    if cause is not None:
        return _unreachable(cause, url)
    code, text = error.args[0], str(error.args[-1])
    place, user, database = address.public(url), url.username, url.database
    if code in (ER.ACCESS_DENIED_ERROR, ACCESS_DENIED_NO_PASSWORD):
        return AccessError(
            f"the server at {place} does not accept this password for user {user!r}: correct user "
            "and password in "
            "the address"
        )
    if code == READ_ONLY_TRANSACTION:
        return AccessError(
            f"this session at {place} only reads: write as the owner, whose address `make url "
            "ROLE=owner` prints"
        )
    if code == READ_ONLY_MODE or (code == ER.OPTION_PREVENTS_STATEMENT and "read" in text.lower()):
        return ServerError(
            f"the server at {place} is read-only: write to its primary, or set read_only to OFF on "
            "it"
        )
    if code in PRIVILEGE_DENIED:
        return _privilege(text, url)
    return {
        ER.BAD_DB_ERROR: ObjectError(
            f"the server at {place} has no database {database!r}: run `make up`, which makes it"
        ),
        ER.CON_COUNT_ERROR: ServerError(
            f"the server at {place} has no connection free: close some, or raise its "
            "max_connections"
        ),
        ER.NET_PACKET_TOO_LARGE: ServerError(
            f"the server at {place} takes no packets as large as are sent: raise its "
            "max_allowed_packet"
        ),
        ER.HOST_NOT_PRIVILEGED: AccessError(
            f"the server at {place} accepts no connection from this machine: create the account "
            f"{user!r} for this "
            "host, or for '%'"
        ),
        ER.HOST_IS_BLOCKED: AccessError(
            f"the server at {place} has blocked this machine after failed connections: run "
            "mysqladmin flush-hosts on it"
        ),
        CR.CR_SSL_CONNECTION_ERROR: ServerError(
            f"the server at {place} offers no TLS, which the address asks for: take the ssl "
            "options out of it, or "
            "set up TLS on the server"
        ),
        CR.CR_AUTH_PLUGIN_CANNOT_LOAD: AccessError(
            f"the account {user!r} at {place} logs in by a method this client does not know: give "
            "it a password "
            "with ALTER USER ... IDENTIFIED BY"
        ),
        **dict.fromkeys(
            MUST_CHANGE_PASSWORD,
            AccessError(
                f"the password of {user!r} at {place} has expired: set a new one with ALTER USER"
            ),
        ),
        **dict.fromkeys(
            ACCOUNT_LOCKED,
            AccessError(f"the account {user!r} at {place} is locked: unlock it with ALTER USER"),
        ),
        **dict.fromkeys(
            SECURE_TRANSPORT_REQUIRED,
            ServerError(f"the server at {place} wants TLS: add ssl_mode=required to the address"),
        ),
        CR.CR_SERVER_LOST: ServerError(
            f"the server at {place} closed the connection: see whether it still runs (`make up` "
            "starts a private one) "
            "and what its log says"
        ),
        CR.CR_SERVER_GONE_ERROR: ServerError(
            f"the server at {place} has gone away: see whether it still runs (`make up` starts a "
            "private one)"
        ),
    }.get(code)


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
            "ssl_ca=FILE, or "
            "choose another ssl_mode"
        )
    if isinstance(cause, TimeoutError):
        return ServerError(
            f"the server at {place} does not answer in time: check host, port and firewall"
        )
    return ServerError(
        f"no server answers at {place}: run `make up` for a private one, or start the server that "
        "the address names"
    )


def _not_mysql(url: URL) -> DatabaseError:
    return ServerError(
        f"what answers at {address.public(url)} is not a MySQL or MariaDB server: correct the port "
        "in the address"
    )


def _privilege(text: str, url: URL) -> AccessError:
    """Name the privilege that is missing and the statement that grants it, from the server's own
    words."""
    command = re.match(r"(?P<privileges>[A-Z ,]+) command denied", text)
    needed = re.search(r"need \(at least one of\) the (?P<privileges>.+?) privilege", text)
    found = command or needed
    privileges = found["privileges"].strip() if found else "ALL PRIVILEGES"
    where = "*.*" if needed else f"{accounts.grant_pattern(url.database or '')}.*"
    lacking = f"lacks the privilege {privileges}" if found else "may not use it"
    return AccessError(
        f"the account {url.username!r} at {address.public(url)}, database {url.database!r}, "
        f"{lacking}: as an "
        f"administrator run GRANT {privileges} ON {where} TO '{url.username}'@'%'"
    )
