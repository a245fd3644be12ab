"""A run belongs to one process at a time: a named lock in the server, which ends with its session.

However a trainer ends, the server then gives the lock back; a run that says `running` while nobody
holds its lock has been abandoned.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, select, text, update

from sql import locks
from sql.catalogue import runs
from sql.errors import DatabaseError
from sql.outage import passing
from trainer.errors import RunBusyError


@contextmanager
def run_lock(connection: Connection, run_id: int) -> Iterator[None]:
    """Hold a run's lock, on a connection that has nothing else to do meanwhile.

    Raises RunBusyError where another holds it.
    """
    hold(connection, run_id)
    try:
        yield
    finally:
        release(connection, run_id)


def hold(connection: Connection, run_id: int) -> None:
    """Take a run's lock, which the connection keeps until `release` or its end.

    Taking it again on the same connection, after the server was away, is taking it anew. Raises
    RunBusyError where another holds it.
    """
    got = connection.scalar(text(locks.TAKE), {"name": _name(connection, run_id)})
    connection.execute(text(locks.KEEP_SILENT_SESSION))
    connection.commit()
    if not got:
        raise RunBusyError(
            f"Run {run_id} is in the hands of another process: wait until that has ended, or stop "
            "it, and try again."
        )


def is_held(connection: Connection, run_id: int) -> bool:
    """Whether the connection's session holds a run's lock."""
    name = {"name": _name(connection, run_id)}
    held = bool(connection.scalar(text(locks.IS_MINE), name))
    connection.commit()
    return held


def release(connection: Connection, run_id: int) -> None:
    """Give a run's lock back, unless the server has ended the session, and the lock with it."""
    if connection.closed or connection.invalidated:
        return
    try:
        connection.execute(text(locks.GIVE_BACK), {"name": _name(connection, run_id)})
        connection.commit()
    except DatabaseError as error:
        if not passing(error):
            raise


def settle_abandoned(connection: Connection) -> list[int]:
    """Call `interrupted` every run that says `running` and whose lock nobody holds; return them."""
    found = connection.scalars(select(runs.c.run_id).where(runs.c.status == "running")).all()
    free = text(locks.IS_FREE)
    abandoned = [
        run_id for run_id in found if connection.scalar(free, {"name": _name(connection, run_id)})
    ]
    if abandoned:
        connection.execute(
            update(runs).where(runs.c.run_id.in_(abandoned)).values(status="interrupted")
        )
    connection.commit()
    return abandoned


def _name(connection: Connection, run_id: int) -> str:
    database = connection.scalar(text(locks.THIS_DATABASE))
    return f"run.{run_id}.{database}"[: locks.LONGEST_NAME]
