"""The steps from an empty database to the newest one, and back."""

from collections.abc import Callable
from pathlib import Path
from typing import cast

from alembic import command
from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from vanishing_gradients.migrations import cost
from vanishing_gradients.sql.connection import Session, brand_of
from vanishing_gradients.sql.errors import ObjectError
from vanishing_gradients.sql.registration import registration_lock
from vanishing_gradients.sql.registry import newer, registered_shapes
from vanishing_gradients.sql.requirements import require_able
from vanishing_gradients.words import Say

HERE = Path(__file__).parent
RENAMING = "0017"
"""The revision that renames columns of gradient tables."""
SUMMING = "0020"
"""The revision that summarizes epochs."""
Move = Callable[[Connection, Config, ScriptDirectory, str], None]


def upgrade(
    engine: Engine,
    revision: str = "head",
    versions: Path | None = None,
    say: Say = lambda line: None,
) -> tuple[str | None, str | None]:
    """Migrate up to `revision` and return the revisions before and after.

    `versions` is a folder of further revisions next to the built-in ones. `say` gets a forecast of
    the time and space needed before the migration starts. Raises ServerError if the server does not
    meet the requirements, ObjectError if a newer version of this project has migrated the database,
    or if another migration or trainer has been changing it for two minutes.
    """
    return _run(engine, _up, revision, versions, say)


def downgrade(
    engine: Engine,
    revision: str,
    versions: Path | None = None,
    say: Say = lambda line: None,
) -> tuple[str | None, str | None]:
    """Migrate down to `revision`, "base" being the empty database.

    Return value, messages and errors are those of `upgrade`; ObjectError, too, if the server cannot
    rename the columns of the runs' tables.
    """
    return _run(engine, _down, revision, versions, say)


def current(engine: Engine) -> str | None:
    """Return the database's revision; None before the first."""
    with engine.connect() as connection:
        return _current(connection)


def newest() -> str | None:
    """Return the newest revision there is."""
    return ScriptDirectory.from_config(configuration(None)).get_current_head()


def forecast(connection: Connection, revision: str = "head") -> str | None:
    """Say how long migrating to `revision` may take and how much space it needs.

    None if there is nothing to do, or if both are negligible.
    """
    before, after = _current(connection), newest() if revision == "head" else revision
    if before in (None, after):
        return None
    renaming = (before < RENAMING) != (str(after) < RENAMING)
    return cost.forecast(connection, renaming, before < SUMMING <= str(after))


def configuration(versions: Path | None) -> Config:
    """Return Alembic's configuration for the revisions, including those in `versions`."""
    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    if versions is not None:
        config.set_main_option(
            "version_locations", f"{HERE / 'versions'}\n{versions}".replace("%", "%%")
        )
    return config


def _run(
    engine: Engine, move: Move, revision: str, versions: Path | None, say: Say
) -> tuple[str | None, str | None]:
    config = configuration(versions)
    script = ScriptDirectory.from_config(config)
    with engine.connect() as connection:
        require_able(cast(Session, connection.connection.driver_connection), engine.url)
        with registration_lock(connection):
            before = _current(connection)
            if before not in {None, *(each.revision for each in script.walk_revisions())}:
                raise newer(str(before))
            if move is _down:
                _require_renaming(connection, revision)
            if expected := forecast(connection, revision):
                say(expected)
            move(connection, config, script, revision)
            connection.commit()
            return before, _current(connection)


def _require_renaming(connection: Connection, revision: str) -> None:
    """Raise ObjectError if the way down to `revision` renames what the server cannot rename."""
    brand = brand_of(connection)
    older = revision == "base" or revision < RENAMING
    if brand.partitions and older and registered_shapes(connection):
        raise ObjectError(
            f"{brand.name} cannot rename the column by which gradient tables are partitioned, and "
            f"before revision {RENAMING} it had another name: go down to {RENAMING} at most, or "
            "remove all runs with `make drop` first"
        )


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _up(connection: Connection, config: Config, script: ScriptDirectory, revision: str) -> None:
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _down(connection: Connection, config: Config, script: ScriptDirectory, revision: str) -> None:
    """Go down so that the database can be migrated both ways after a stop.

    The recorded revision must always be complete. So a downward step first records its result,
    which its first change of the schema commits, and the first step repeats the one that a stop on
    the way up may have left half done.
    """
    context = MigrationContext.configure(connection)
    here = context.get_current_revision()
    steps = script.iterate_revisions(here, revision, select_for_downgrade=True)
    half_done = [each for each in script.walk_revisions() if each.down_revision == here]
    with Operations.context(context):
        for step in [*half_done, *steps]:
            context.stamp(script, step.down_revision or "base")
            step.module.downgrade()
            connection.commit()
