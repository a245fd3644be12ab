"""A migrated database's content: made by migrations once, then copied, a twentieth of the work."""

from collections.abc import Callable

import pymysql
from pymysql.constants import ER
from sqlalchemy import URL, Engine

from vanishing_gradients.migrations import history
from vanishing_gradients.sql import address
from vanishing_gradients.sql.connection import connected, engine
from vanishing_gradients.sql.names import quoted

STORED = (
    "SELECT column_name FROM information_schema.columns WHERE table_schema = %s "
    "AND table_name = %s AND COALESCE(generation_expression, '') = '' ORDER BY ordinal_position"
)
"""The columns of a table that are not computed from others."""


def stored_name(cursor: pymysql.cursors.Cursor, name: str) -> str:
    """Return the name under which the server keeps a table or view that is created as `name`."""
    cursor.execute("SELECT @@lower_case_table_names")
    return name.lower() if cursor.fetchone()[0] else name


class Schema:
    """Tables, views and rows of the empty database at `url`, migrated to `revision` and filled."""

    def __init__(
        self, url: URL, revision: str = "head", fill: Callable[[Engine], None] = lambda made: None
    ) -> None:
        made = engine(url)
        history.upgrade(made, revision)
        fill(made)
        made.dispose()
        self.database = url.database
        with connected(address.without_database(url)) as session, session.cursor() as cursor:
            cursor.execute(f"SHOW FULL TABLES FROM {quoted(self.database)}")
            kinds = dict(cursor.fetchall())
            self.tables = {
                name: (self._created(cursor, "TABLE", name), self._filled(cursor, name))
                for name, kind in kinds.items()
                if kind == "BASE TABLE"
            }
            self.views = {
                name: self._created(cursor, "VIEW", name)
                for name, kind in kinds.items()
                if kind == "VIEW"
            }

    def copy(self, url: URL) -> None:
        """Create the same in the empty database at `url`, on the same server."""
        with connected(url) as session, session.cursor() as cursor:
            cursor.execute("SET foreign_key_checks = 0")
            for name, (statement, columns) in self.tables.items():
                # OceanBase names the database of a foreign key's table.
                cursor.execute(statement.replace(f"{quoted(self.database)}.", ""))
                if columns:
                    source = f"{quoted(self.database)}.{quoted(name)}"
                    cursor.execute(
                        f"INSERT INTO {quoted(name)} ({columns}) SELECT {columns} FROM {source}"
                    )
            waiting = dict(self.views)
            while waiting:
                made = [name for name in waiting if self._made(cursor, waiting[name], url.database)]
                assert made, f"views that read what is not there: {sorted(waiting)}"
                for name in made:
                    del waiting[name]

    def _created(self, cursor: pymysql.cursors.Cursor, kind: str, name: str) -> str:
        cursor.execute(f"SHOW CREATE {kind} {quoted(self.database)}.{quoted(name)}")
        return cursor.fetchone()[1]

    def _filled(self, cursor: pymysql.cursors.Cursor, name: str) -> str:
        """Return the columns to copy of a table; '' if it has no row."""
        if not cursor.execute(f"SELECT 1 FROM {quoted(self.database)}.{quoted(name)} LIMIT 1"):
            return ""
        cursor.execute(STORED, (self.database, name))
        return ", ".join(quoted(column) for (column,) in cursor.fetchall())

    def _made(self, cursor: pymysql.cursors.Cursor, statement: str, database: str) -> bool:
        """Create a view, unless it reads one that does not exist yet."""
        try:
            cursor.execute(statement.replace(quoted(self.database), quoted(database)))
        except pymysql.MySQLError as error:
            if error.args[0] != ER.NO_SUCH_TABLE:
                raise
            return False
        return True
