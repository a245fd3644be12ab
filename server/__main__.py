"""The command line of the server: `vanishing-gradients up`, `down`, `url` and `client`."""

import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import click
from sqlalchemy import URL

from vanishing_gradients.server import lifecycle
from vanishing_gradients.server.lifecycle import reader_engine
from vanishing_gradients.server.refusal import Refusal
from vanishing_gradients.sql import address
from vanishing_gradients.sql.errors import DatabaseError


def sentences(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let a command print this package's errors as one sentence, without a traceback."""

    @wraps(command)
    def run(*args: Any, **options: Any) -> Any:
        try:
            return command(*args, **options)
        except DatabaseError as error:
            raise Refusal(str(error)) from error

    return run


def say(line: str) -> None:
    """Tell what happens, on standard error: standard output is for results alone."""
    click.echo(line, err=True)


@click.group()
def main() -> None:
    """Find, start and stop the server, and reach it."""


@main.command()
@click.option(
    "--server",
    "preference",
    type=click.Choice(lifecycle.PREFERENCES),
    default="auto",
    show_default=True,
    help="auto: DATABASE_URL, else Docker, else a private server",
)
@sentences
def up(preference: str) -> None:
    """Find or start the server; make the database and the accounts."""
    lifecycle.start(preference, say)


@main.command()
@click.option("--delete", is_flag=True, help="also delete the data of the server started by `up`")
@sentences
def down(delete: bool) -> None:
    """Stop the server that `up` started."""
    lifecycle.stop(say, delete=delete)


@main.command()
@click.option("--role", type=click.Choice(["reader", "owner"]), default="reader", show_default=True)
@sentences
def url(role: str) -> None:
    """Print the address of the database for any SQL client, password included."""
    found = lifecycle.current()
    chosen = found.owner if role == "owner" or found.reader is None else found.reader
    if role == "reader" and found.reader is None:
        say("There is no reader account on this server: this is the owner's address.")
    click.echo(chosen.set(drivername="mysql").render_as_string(hide_password=False))


@main.command()
@sentences
def client() -> None:
    """Open an SQL client as the reader; or run the SQL that is piped in."""
    # A server that is down is told in our words, not in the client's.
    reader_engine().connect().close()
    found = lifecycle.current()
    arguments, environment = client_command(found.reader or found.owner, found.reader is None)
    sys.stdout.flush()
    command = [sys.executable, "-m", "mycli.main", *arguments]
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


if __name__ == "__main__":
    main()
