"""A migrated database's content: made by all migrations once, then copied, a tenth of the work."""

import pymysql
from pymysql.constants import ER
from sqlalchemy import URL

from vanishing_gradients.migrations import history
from vanishing_gradients.sql import address
from vanishing_gradients.sql.connection import connected, engine
from vanishing_gradients.sql.names import quoted


class Schema:
    """Tables, views and rows of the migrated database at `url`."""

    def __init__(self, url: URL) -> None:
        made = engine(url)
        history.upgrade(made)
        made.dispose()
        self.database = url.database
        with connected(address.without_database(url)) as session, session.cursor() as cursor:
            cursor.execute(f"SHOW FULL TABLES FROM {quoted(self.database)}")
            kinds = dict(cursor.fetchall())
            self.tables = {
                name: self._created(cursor, "TABLE", name)
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
            for name, statement in self.tables.items():
                # OceanBase names the database of a foreign key's table.
                cursor.execute(statement.replace(f"{quoted(self.database)}.", ""))
                source = f"{quoted(self.database)}.{quoted(name)}"
                cursor.execute(f"INSERT INTO {quoted(name)} SELECT * FROM {source}")
            waiting = dict(self.views)
            while waiting:
                made = [name for name in waiting if self._made(cursor, waiting[name], url.database)]
                assert made, f"views that read what is not there: {sorted(waiting)}"
                for name in made:
                    del waiting[name]

    def _created(self, cursor: pymysql.cursors.Cursor, kind: str, name: str) -> str:
        cursor.execute(f"SHOW CREATE {kind} {quoted(self.database)}.{quoted(name)}")
        return cursor.fetchone()[1]

    def _made(self, cursor: pymysql.cursors.Cursor, statement: str, database: str) -> bool:
        """Create a view, unless it reads one that does not exist yet."""
        try:
            cursor.execute(statement.replace(quoted(self.database), quoted(database)))
        except pymysql.MySQLError as error:
            if error.args[0] != ER.NO_SUCH_TABLE:
                raise
            return False
        return True
