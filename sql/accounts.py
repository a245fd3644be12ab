"""The two accounts and their passwords: `owner`, who writes, and `reader`, who may only SELECT and
SHOW VIEW.

Passwords are random, live in git-ignored files of mode 0600, and are never printed except in the
URL that the user asks for.
"""

import json
import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pymysql.converters import escape_string

from vanishing_gradients.sql.errors import ServerError
from vanishing_gradients.sql.names import backticked, quoted

OWNER = "owner"
READER = "reader"
ROOT = "root"
DATABASE = "gradients"
COLLATION = "utf8mb4_general_ci"
"""The collation of new databases: the defaults of servers differ, and all of them know this one."""

READER_PRIVILEGES = ("SELECT", "SHOW VIEW")


def new_password() -> str:
    """Return a random password of 192 bits that also satisfies a server's password policy."""
    return f"{secrets.token_urlsafe(24)}-aZ5"


def grant_pattern(database: str) -> str:
    """Return `database` escaped for GRANT, where a bare _ or % is a wildcard."""
    return backticked(database.replace("\\", "\\\\").replace("_", "\\_").replace("%", "\\%"))


def create_database(database: str) -> str:
    """Return the statement that creates `database` if it is missing, in a collation that all
    servers know."""
    return (
        f"CREATE DATABASE IF NOT EXISTS {quoted(database)} "
        f"CHARACTER SET utf8mb4 COLLATE {COLLATION}"
    )


def account(name: str, password: str) -> list[str]:
    """Return the statements that create the account `name`, or change its password."""
    user = f"'{escape_string(name)}'@'%'"
    identified = f"IDENTIFIED BY '{escape_string(password)}'"
    return [f"CREATE USER IF NOT EXISTS {user} {identified}", f"ALTER USER {user} {identified}"]


def reader(name: str, password: str, database: str) -> list[str]:
    """Return the statements that create a reader of `database`."""
    return [*account(name, password), grant_reading(name, grant_pattern(database))]


def grant_reading(name: str, pattern: str) -> str:
    """Return the statement that lets `name` only read the databases that match `pattern`."""
    return f"GRANT {', '.join(READER_PRIVILEGES)} ON {pattern}.* TO '{escape_string(name)}'@'%'"


def setup(passwords: Mapping[str, str]) -> list[str]:
    """Return the statements that set up our own server: the database, and an account for each of
    `passwords`.

    Both accounts can also use databases named `gradients_...`, which the tests create.
    """
    patterns = [quoted(DATABASE), backticked(f"{DATABASE}\\_%")]
    statements = [create_database(DATABASE)]
    for name in (OWNER, READER):
        statements += account(name, passwords[name])
    statements += [f"GRANT ALL PRIVILEGES ON {pattern}.* TO '{OWNER}'@'%'" for pattern in patterns]
    statements += [grant_reading(READER, pattern) for pattern in patterns]
    return statements


def load_passwords(path: Path) -> dict[str, str]:
    """Return the passwords kept in `path`; none if there is no such file.

    Raises ServerError if the file holds something else.
    """
    try:
        kept: object = remembered(path)
    except ValueError:
        kept = None
    if not isinstance(kept, dict) or not all(isinstance(word, str) for word in kept.values()):
        raise ServerError(
            f"{path} does not hold the passwords it should: restore it, or delete it and run "
            "`make up`, which makes new ones"
        )
    return kept


def keep_passwords(path: Path, names: Sequence[str] = (ROOT, OWNER, READER)) -> dict[str, str]:
    """Return a password for each of `names`; missing ones are generated and saved in `path` (mode
    0600)."""
    kept = load_passwords(path)
    missing = [name for name in names if name not in kept]
    if missing:
        kept |= {name: new_password() for name in missing}
        remember(path, **kept)
    return kept


def remembered(path: Path) -> dict[str, Any]:
    """Return the facts that `remember` saved in a file; none if it is missing."""
    return json.loads(path.read_text()) if path.exists() else {}


def remember(path: Path, **facts: object) -> None:
    """Add facts to a file, or replace them."""
    write_private(path, json.dumps(remembered(path) | facts, indent=2) + "\n")


def write_private(path: Path, text: str) -> None:
    """Write `text` to `path` atomically, readable by its owner only."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    part.replace(path)
