"""The registration lease: trainers and migrations change tables and views one at a time.

DDL commits implicitly, so a transaction cannot do this. Besides the lease, its holder has a named
lock of the server, which tells one thing more: the session of a killed holder may still be busy
with its last statement. Versions before revision 0024 have nothing but that lock.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from pymysql.constants import ER
from sqlalchemy import Connection, Engine, insert, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateTable

from vanishing_gradients.sql.catalogue import leases
from vanishing_gradients.sql.errors import DatabaseError, ObjectError
from vanishing_gradients.sql.leases import RENEWAL, Lease
from vanishing_gradients.sql.owners import new_owner, retire
from vanishing_gradients.sql.server_errors import passing

LOCK_SECONDS = 120
PAUSE = 0.1
"""Seconds between two attempts to take the lease."""
NAME = "registration"
HELD = "registration lease"
"""Marks the connection whose user holds the lease."""
LOCK = f"LEFT(CONCAT('{NAME}.', DATABASE()), 64)"
LOCKED = text(f"SELECT GET_LOCK({LOCK}, 0)")
UNLOCK = text(f"DO RELEASE_LOCK({LOCK})")
HOLDER = text(f"SELECT IS_USED_LOCK({LOCK})")
SESSION = text("SELECT COUNT(*) FROM information_schema.processlist WHERE id = :id")
"""Whether the session that has the lock is there: OceanBase keeps locks when it crashes. Those of
other accounts may be invisible; the lease is what keeps them apart."""


@contextmanager
def registration_lock(connection: Connection) -> Iterator[None]:
    """Hold this database's registration lease; a holder who asks again on `connection` has it.

    What is pending on the connection is committed before and after the block, and rolled back if
    the block ends with an error. The lease is renewed by a thread of its own. Raises ObjectError if
    another process holds it for over two minutes.
    """
    info = connection.info
    if HELD in info:
        yield
        return
    lease, over = Lease(leases, leases.c.name, NAME, new_owner()), threading.Event()
    renewing = threading.Thread(
        target=_renew, args=(connection.engine, lease, over), name=NAME, daemon=True
    )
    try:
        _take(connection, lease)
        renewing.start()
        info[HELD] = lease
        yield
        connection.commit()
    except BaseException:
        with suppress(Exception):  # the first error counts
            connection.rollback()
            _give_back(connection, lease)
        raise
    else:
        _give_back(connection, lease)
    finally:
        info.pop(HELD, None)
        over.set()
        retire(lease.owner)


def _take(connection: Connection, lease: Lease) -> None:
    """Take the lease as soon as it is free; the first time ever, its table is made."""
    deadline = time.monotonic() + LOCK_SECONDS
    connection.commit()
    while not (_try(connection, lease) and _locked(connection)):
        if time.monotonic() >= deadline:
            database = connection.scalar(text("SELECT DATABASE()"))
            raise ObjectError(
                f"Another trainer or migration has been changing the database {database} for over "
                f"{LOCK_SECONDS} s: wait until it is done and try again."
            )
        time.sleep(PAUSE)


def _try(connection: Connection, lease: Lease) -> bool:
    try:
        taken = lease.take(connection, LOCK_SECONDS)
    except DBAPIError as error:
        if error.orig is None or error.orig.args[0] != ER.NO_SUCH_TABLE:
            raise
        connection.rollback()
        connection.execute(CreateTable(leases, if_not_exists=True))
        taken = False
    if not taken and lease.holder(connection) is None:
        connection.execute(insert(leases).prefix_with("IGNORE").values(name=NAME))
        taken = lease.take(connection, LOCK_SECONDS)
    connection.commit()
    return taken


def _locked(connection: Connection) -> bool:
    """Take the named lock, too; return False while another session has it."""
    if connection.scalar(LOCKED):
        return True
    holder = connection.scalar(HOLDER)
    return holder is not None and not connection.scalar(SESSION, {"id": holder})


def _renew(engine: Engine, lease: Lease, over: threading.Event) -> None:
    """Renew the lease now and then, each time on a new connection: there may be few."""
    while not over.wait(RENEWAL):
        with suppress(Exception), engine.connect() as connection:
            connection.detach()
            lease.renew(connection)
            connection.commit()


def _give_back(connection: Connection, lease: Lease) -> None:
    """End the lease; if the server is away, it runs out."""
    try:
        lease.give_back(connection)
        connection.execute(UNLOCK)
        connection.commit()
    except (DBAPIError, DatabaseError) as error:
        if not passing(error):
            raise
