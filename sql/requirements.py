"""Requirements on a server, checked before anything is created; each error says how to fix it."""

from collections.abc import Iterator, Mapping

from pymysql.connections import Connection
from sqlalchemy import URL

from vanishing_gradients.sql import address
from vanishing_gradients.sql.connection import Session
from vanishing_gradients.sql.errors import ServerError

SMALLEST_PACKET = 4 << 20
"""The packet size in bytes that a server must accept: part of a checkpoint as text, with margin."""
SMALLEST_STACK = 192 << 10
"""Bytes of stack for sums over a layer's neurons, and for views over views over views."""
ROW_HEAD = 160
"""Bytes of half a page that are not available to a gradient row's cells, plus a bit per cell."""
NAMES = (
    "binlog_format", "enforce_storage_engine", "disabled_storage_engines", "innodb_force_recovery",
    "innodb_page_size", "innodb_read_only", "log_bin", "max_allowed_packet", "max_user_connections",
    "super_read_only", "thread_stack",
)  # fmt: skip


def require_able(session: Connection, url: URL) -> None:
    """Raise ServerError if the server at `url` cannot do what will be asked of it."""
    found = _found(session)
    for complaint in _complaints(found, _has_innodb(session)):
        raise ServerError(f"the server at {address.public(url)} {complaint}")


def require_width(session: Connection, url: URL, width: int, cell: int) -> None:
    """Raise ServerError if no table can hold rows of `width` cells of `cell` bytes each."""
    page = int(_found(session).get("innodb_page_size", 16384))
    widest = (page // 2 - ROW_HEAD) * 8 // (8 * cell + 1)
    if width > widest:
        raise ServerError(
            f"the server at {address.public(url)} holds rows of {widest} neurons at most, and a "
            f"layer has {width}: its innodb_page_size is {page:,}; use narrower layers, "
            "PRECISION=single, TELEMETRY=statistics, or a server with pages of 16k"
        )


def require_connections(session: Connection, url: URL, least: int) -> None:
    """Raise ServerError if the account of `url` may never have `least` connections at once."""
    limit = int(_found(session).get("max_user_connections", 0))
    if 0 < limit < least:
        raise ServerError(
            f"the account {url.username!r} at {address.public(url)} may have {limit} connections "
            f"at once, and a run needs {least}: as an administrator run ALTER USER "
            f"'{url.username}'@'%' WITH MAX_USER_CONNECTIONS {least}, or more"
        )


def hazard(session: Session) -> str | None:
    """Return what may go wrong when the server is killed, with the cure; None if nothing may."""
    if session.brand.survives_by is None:
        return None
    name, value = session.brand.survives_by
    with session.cursor() as cursor:
        cursor.execute("SHOW PARAMETERS LIKE %s", (name,))
        heads = [head for head, *_ in cursor.description]
        found = {dict(zip(heads, row, strict=True))["value"] for row in cursor.fetchall()}
    if found == {value}:  # a hidden parameter that has its default is not shown at all
        return None
    return (
        f"If {session.brand.name} is killed, this run may wait forever for locks that are left "
        f"behind: as an administrator run ALTER SYSTEM SET {name} = '{value}'."
    )


def _found(session: Connection) -> Mapping[str, str]:
    names = ", ".join(f"'{name}'" for name in NAMES)
    with session.cursor() as cursor:
        cursor.execute(f"SHOW SESSION VARIABLES WHERE Variable_name IN ({names})")
        return {name.lower(): str(value) for name, value in cursor.fetchall()}


def _has_innodb(session: Connection) -> bool:
    with session.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM information_schema.engines WHERE engine = 'InnoDB' "
            "AND support IN ('YES', 'DEFAULT')"
        )
        return cursor.fetchone() is not None


def _complaints(found: Mapping[str, str], innodb: bool) -> Iterator[str]:
    """Yield what is wrong with a server that has these variables, with the cure."""
    forced = found.get("enforce_storage_engine", "")
    banned = found.get("disabled_storage_engines", "").lower().split(",")
    if not innodb or "innodb" in [each.strip() for each in banned]:
        yield "has no InnoDB, whose transactions are required: start it with InnoDB"
    if forced.lower() not in ("", "null", "none", "innodb"):
        yield f"makes every table one of {forced}: run SET GLOBAL enforce_storage_engine = InnoDB"
    if found.get("log_bin") == "ON" and found.get("binlog_format") == "STATEMENT":
        yield (
            "has binlog_format = STATEMENT, which cannot log what is stored here: run "
            "SET GLOBAL binlog_format = ROW on it"
        )
    if "ON" in (found.get("innodb_read_only"), found.get("super_read_only")):
        yield (
            "is read-only: write to its primary, or set super_read_only and innodb_read_only to "
            "OFF on it"
        )
    if found.get("innodb_force_recovery", "0") != "0":
        yield "is being recovered: start it without innodb_force_recovery"
    packet = int(found.get("max_allowed_packet", SMALLEST_PACKET))
    if packet < SMALLEST_PACKET:
        yield (
            f"takes packets of {packet:,} bytes at most: run SET GLOBAL max_allowed_packet = "
            f"{SMALLEST_PACKET} on it, or more"
        )
    stack = int(found.get("thread_stack", SMALLEST_STACK))
    if stack < SMALLEST_STACK:
        yield (
            f"has a thread_stack of {stack:,} bytes, too small for sums over a layer: start it "
            "with thread_stack = 1M"
        )
