"""Leases: who may work on something alone, until when, by the server's clock.

A lease is two columns of a row, `lease_owner` and `lease_until`. Unlike a server's named lock it
survives lost connections and restarts of the server, on every server alike. Its holder renews it
every few seconds; whoever finds that it has run out, or that its holder's process has ended, takes
it over.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Table,
    TextClause,
    or_,
    select,
    text,
    update,
)

from vanishing_gradients.sql.owners import has_ended, is_here

SECONDS = 30
"""How long a lease is valid once it is taken or renewed."""
RENEWAL = 5.0
"""Seconds between renewals."""
NOW: TextClause = text("UTC_TIMESTAMP(6)")


def until() -> TextClause:
    """Return the end of a lease that begins now."""
    return text(f"UTC_TIMESTAMP(6) + INTERVAL {SECONDS:d} SECOND")


@dataclass(frozen=True)
class Holder:
    """Who holds a lease, and for how many seconds more; None or negative: it has run out."""

    owner: str
    until: datetime | None
    seconds: float

    @property
    def valid(self) -> bool:
        """Whether the lease has not run out, and its holder is not known to have ended."""
        return self.seconds > 0 and not has_ended(self.owner)

    @property
    def here(self) -> bool:
        """Whether the holder is a process of this machine."""
        return is_here(self.owner)


@dataclass(frozen=True)
class Lease:
    """The lease of one row of `table`, whose `key` has this `value`, for one `owner`.

    No method commits.
    """

    table: Table
    key: Column[object]
    value: object
    owner: str

    def take(self, connection: Connection, patience: int = 0) -> bool:
        """Take the lease if nobody has it; return whether it is now the owner's.

        A lease that has run out is free, as is that of a process which is known to have ended. A
        process of this machine that is alive keeps it for `patience` seconds more: it may have no
        connection to spare for renewing it. Also False if there is no such row.
        """
        owner, until = self.table.c.lease_owner, self.table.c.lease_until
        found = self.holder(connection)
        grace = text(f"INTERVAL {patience if found and found.here else 0:d} SECOND")
        free = [owner.is_(None), owner == self.owner, until + grace <= NOW]
        if found and has_ended(found.owner):
            free.append(owner == found.owner)
        return self._set(connection, or_(*free))

    def renew(self, connection: Connection) -> bool:
        """Extend the lease; return whether nobody else has it. It may have run out meanwhile."""
        owner = self.table.c.lease_owner
        return self._set(connection, or_(owner == self.owner, owner.is_(None)))

    def give_back(self, connection: Connection) -> None:
        """End the lease if it is the owner's."""
        mine = (self.key == self.value) & (self.table.c.lease_owner == self.owner)
        nobody = {"lease_owner": None, "lease_until": None}
        connection.execute(update(self.table).where(mine).values(nobody))

    def holder(self, connection: Connection) -> Holder | None:
        """Return who holds the lease; None if nobody does, or if there is no such row."""
        return holders(connection, self.table, self.key, self.key == self.value).get(self.value)

    def _set(self, connection: Connection, condition: ColumnElement[bool]) -> bool:
        mine = (self.key == self.value) & condition
        held = {"lease_owner": self.owner, "lease_until": until()}
        return connection.execute(update(self.table).where(mine).values(held)).rowcount == 1


def holders(
    connection: Connection, table: Table, key: Column[object], condition: ColumnElement[bool]
) -> dict[object, Holder]:
    """Return the holders of the leases of some rows, by the rows' keys."""
    left = text("TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(6), lease_until) AS microseconds")
    found = connection.execute(
        select(key, table.c.lease_owner, table.c.lease_until, left).where(
            condition, table.c.lease_owner.is_not(None)
        )
    )
    return {
        value: Holder(owner, until, -1.0 if left is None else int(left) / 1e6)
        for value, owner, until, left in found
    }
