"""The command line of the migrations: `vanishing-gradients upgrade`."""

import click
from alembic.util import CommandError

from vanishing_gradients.migrations import history
from vanishing_gradients.server.lifecycle import owner_engine
from vanishing_gradients.server.refusal import Refusal
from vanishing_gradients.sql.errors import DatabaseError


@click.group()
def main() -> None:
    """Move the database from one version to the next, and back."""


@main.command()
@click.argument("revision", default="head")
def upgrade(revision: str) -> None:
    """Migrate up, to the newest revision unless one is named."""
    _report(*_run(history.upgrade, revision))


@main.command()
@click.argument("revision")
def downgrade(revision: str) -> None:
    """Migrate down to a revision; `base` is the empty database."""
    _report(*_run(history.downgrade, revision))


def _run(step, revision):
    try:
        return step(owner_engine(), revision)
    except DatabaseError as error:
        raise Refusal(str(error)) from error
    except CommandError as error:
        raise Refusal(f"Alembic cannot go to {revision!r}: {error}") from error


def _report(before: str | None, after: str | None) -> None:
    if before == after:
        click.echo(f"The database is at revision {after or 'base'} already.")
    else:
        click.echo(
            f"Migrated from {before or 'an empty database'} to {after or 'an empty database'}."
        )


if __name__ == "__main__":
    main()
