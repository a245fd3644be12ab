"""The client of `make sql`: mycli, with the project's own connection.

By default mycli reads settings that users keep for other servers (variables named MYSQL_...,
~/.myclirc, ~/.mylogin.cnf), and sends passwords as Latin-1. So it gets an open connection and a
configuration of its own.
"""

import os
import sys
from functools import partial
from io import TextIOWrapper
from typing import Any

import pymysql
from mycli import main as mycli
from mycli.client import MyCli
from sqlalchemy import URL

from vanishing_gradients import console
from vanishing_gradients.server import lifecycle
from vanishing_gradients.sql.connection import Session, connect_arguments

OWN_WISHES = ("database", "conv", "cursorclass", "autocommit", "program_name")
LIMITS = ("connect_timeout", "read_timeout", "write_timeout")
NO_FILE = f"{os.devnull}/none"


def main() -> None:
    """Open the client as the reader of the current server; arguments are passed on to mycli."""
    found = lifecycle.current()
    url, read_only = found.reader or found.owner, found.reader is None
    for name in list(os.environ):
        if name.startswith("MYSQL_"):
            del os.environ[name]
    os.environ["MYSQL_TEST_LOGIN_FILE"] = NO_FILE
    MyCli.system_config_files = []
    pymysql.connect = partial(connect, url, read_only)
    if not sys.stdout.isatty():  # mycli would print the bare system error
        console.take_over(console.Ending(1))
    for stream in (sys.stdin, sys.stdout):
        if isinstance(stream, TextIOWrapper) and not stream.isatty():
            stream.reconfigure(encoding="utf-8")
    sys.argv[1:] = [*arguments(url), *sys.argv[1:]]
    sys.exit(mycli.main())


def arguments(url: URL) -> list[str]:
    """Return mycli's arguments: the parts of the address to show, and its settings file.

    It is not told of a Unix socket: it would print whose that is among the answers' messages.
    """
    settings = lifecycle.folder() / "myclirc"
    options: dict[str, object] = {
        "host": url.host,
        "port": url.port or 3306,
        "user": url.username,
        "database": url.database,
        "myclirc": settings if settings.parent.is_dir() else os.devnull,
        "use-keyring": "false",
        "ssl-mode": "off",  # for `connect` to see
    }
    return [f"--{name}={value}" for name, value in options.items()]


def connect(url: URL, read_only: bool, **wanted: Any) -> Session:
    """Connect to `url`, whatever address mycli passes."""
    wishes = {name: wanted[name] for name in (*OWN_WISHES, *LIMITS) if name in wanted}
    options: dict[str, Any] = connect_arguments(url, read_only) | wishes
    return Session(**options)


if __name__ == "__main__":
    main()
