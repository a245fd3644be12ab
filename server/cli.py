"""The commands of the server: its half of `up`, and `down`, `url` and `sql`."""

import os
import sys
from typing import Any

import click
from sqlalchemy import URL

from vanishing_gradients.console import say, show
from vanishing_gradients.server import lifecycle
from vanishing_gradients.server.lifecycle import reader_engine
from vanishing_gradients.sql import address


@click.command()
@click.option(
    "--server",
    "preference",
    type=click.Choice(lifecycle.PREFERENCES),
    default="auto",
    show_default=True,
    help="auto: DATABASE_URL, else Docker, else a private server",
)
def up(preference: str) -> None:
    """Find or start the server, and make database and accounts."""
    lifecycle.start(preference, say)


@click.command()
@click.option("--delete", is_flag=True, help="also delete the data of the server started by `up`")
def down(delete: bool) -> None:
    """Stop the server that `up` started."""
    lifecycle.stop(say, delete=delete)


@click.command()
@click.option("--role", type=click.Choice(["reader", "owner"]), default="reader", show_default=True)
def url(role: str) -> None:
    """Print the database's address for any SQL client.

    The password is in it.
    """
    found = lifecycle.current()
    chosen = found.owner if role == "owner" or found.reader is None else found.reader
    if role == "reader" and found.reader is None:
        say("There is no reader account on this server: this is the owner's address.")
    show(chosen.set(drivername="mysql").render_as_string(hide_password=False))


@click.command()
def sql() -> None:
    """Open an SQL client as the reader, or run the SQL piped in."""
    # A server that is down is told in our words, not in the client's.
    reader_engine().connect().close()
    found = lifecycle.current()
    arguments, environment = client_command(found.reader or found.owner, found.reader is None)
    sys.stdout.flush()
    command = [sys.executable, "-P", "-m", "mycli.main", *arguments]
    os.execve(sys.executable, command, environment)  # noqa: S606 (no shell is what we want)


def client_command(url: URL, read_only: bool) -> tuple[list[str], dict[str, str]]:
    """Return mycli's arguments and environment; the password is in the latter alone."""
    options: dict[str, Any] = {"--user": url.username, "--database": url.database}
    if socket := url.query.get("unix_socket"):
        options["--socket"] = socket
    else:
        options |= {"--host": url.host, "--port": str(url.port or 3306)}
    query = address.normalised(url)
    tls = address.connect_options(url)
    for name in address.FILES:
        if name in query:
            options[f"--{name.replace('_', '-')}"] = query[name]
    options["--ssl-mode"] = "off" if tls.get("ssl_disabled") else "on" if tls else "auto"
    if read_only:
        options["--init-command"] = "SET SESSION TRANSACTION READ ONLY"
    arguments = [f"{name}={value}" for name, value in options.items() if value is not None]
    environment = os.environ | {"MYSQL_PWD": url.password or ""}
    return [*arguments, "--use-keyring=false"], environment
