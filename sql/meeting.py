"""Proves that two processes use the same database, however each of them reaches it.

One shows a sign there, a named lock that only its session holds, and the other looks for it.
Nothing is written, and the sign is gone with the session.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL

from vanishing_gradients.sql.connection import connected

LOCK = "LEFT(CONCAT(%s, '.', DATABASE()), 64)"
SHOW = f"SELECT GET_LOCK({LOCK}, 0)"
HIDE = f"DO RELEASE_LOCK({LOCK})"
LOOK = f"SELECT IS_USED_LOCK({LOCK}) IS NOT NULL"


@contextmanager
def shown(url: URL) -> Iterator[str]:
    """Show a sign in the database at `url` for the block, and yield it."""
    sign = secrets.token_hex(8)
    with connected(url) as session, session.cursor() as cursor:
        cursor.execute(SHOW, (sign,))
        yield sign
        cursor.execute(HIDE, (sign,))  # OceanBase keeps it for a while after the session's end


def seen(url: URL, sign: str) -> bool:
    """Return whether `sign` is shown in the database at `url`."""
    with connected(url) as session, session.cursor() as cursor:
        cursor.execute(LOOK, (sign,))
        (found,) = cursor.fetchone() or (0,)
        return bool(found)
