"""The server's commands: its half of `up`, and `down`, `url` and `sql`."""

import os
import sys

import click

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
    """Find or start the server; create database and accounts."""
    lifecycle.start(preference, say)


@click.command()
@click.option("--delete", is_flag=True, help="also delete the data of the server started by `up`")
def down(delete: bool) -> None:
    """Stop the server that `up` started."""
    lifecycle.stop(say, delete=delete)


@click.command()
@click.option("--role", type=click.Choice(["reader", "owner"]), default="reader", show_default=True)
@click.option(
    "--format",
    "form",
    type=click.Choice(["url", "sqlalchemy"]),
    default="url",
    show_default=True,
    help="url: mysql://..., for SQL clients; sqlalchemy: mysql+pymysql://..., for SQLAlchemy and "
    "pandas",
)
def url(role: str, form: str) -> None:
    """Print the database's address for any SQL client.

    The password is in it.
    """
    found = lifecycle.current()
    chosen = found.owner if role == "owner" or found.reader is None else found.reader
    if role == "reader" and found.reader is None:
        say("There is no reader account on this server: this is the owner's address.")
    if form == "sqlalchemy":
        show(address.rendered(address.for_sqlalchemy(chosen), address.DRIVER))
    else:
        show(address.rendered(chosen, "mysql"))


@click.command()
def sql() -> None:
    """Open an SQL client as the reader, or run the SQL piped in."""
    # If the server is down, the error is ours, not the client's.
    reader_engine().connect().close()
    sys.stdout.flush()
    # -P: no file in the user's folder may shadow a library's module.
    command = [sys.executable, "-P", "-m", "vanishing_gradients.server.client"]
    os.execv(sys.executable, command)  # noqa: S606 (no shell is what we want)
