"""The commands of the migrations: their half of `up`, `migrate` and `view`."""

import click
from alembic.util import CommandError

from vanishing_gradients.console import say
from vanishing_gradients.installation import IS_CHECKOUT, ROOT
from vanishing_gradients.migrations import history, small_norms
from vanishing_gradients.migrations.generator import generate
from vanishing_gradients.server.lifecycle import owner_engine


@click.command()
def up() -> None:
    """Then migrate the database to the newest revision."""
    before, after = history.upgrade(owner_engine(), say=say)
    _report(before, after)
    if before != after:
        _tell_missing_norms()


@click.command()
@click.argument("revision", default="head")
@click.option("--down", is_flag=True, help="migrate down to REVISION; base: the empty database")
@click.option(
    "--norms", type=bool, default=False, help="then compute small norms that older tables lack"
)
def migrate(revision: str, down: bool, norms: bool) -> None:
    """Migrate the database up to REVISION, or to the newest."""
    if down and revision == "head":
        raise click.UsageError("Down to which revision? Use `migrate --down 0009`, or base.")
    step = history.downgrade if down else history.upgrade
    try:
        _report(*step(owner_engine(), revision, say=say))
    except CommandError as error:
        raise click.UsageError(f"Alembic cannot go to {revision!r}: {error}") from error
    if norms:
        count = small_norms.work_out(owner_engine(), say=say)
        say(f"{count} gradient tables of the older version have been upgraded.")
    elif not down:
        _tell_missing_norms()


@click.command()
@click.option("--name", required=True, help="the view; one that exists gets its next version")
def view(name: str) -> None:
    """Write a view's next version, and its migration.

    A new view starts from a template. The files are written into the current checkout.
    """
    if not IS_CHECKOUT:
        raise click.UsageError(
            "Views are written in a checkout of this project: clone it and run `make view` there."
        )
    written, _ = generate(name)  # Alembic itself prints where the migration is
    say(f"Change {written.relative_to(ROOT)}, then run `make migrate`.")


def _tell_missing_norms() -> None:
    if said := small_norms.missing(owner_engine()):
        say(said)


def _report(before: str | None, after: str | None) -> None:
    if before == after:
        say(f"The database is at revision {after or 'base'} already.")
    else:
        say(f"Migrated from {before or 'an empty database'} to {after or 'an empty database'}.")
