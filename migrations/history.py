"""The steps from an empty database to the newest one, and back."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

HERE = Path(__file__).parent


def upgrade(
    engine: Engine, revision: str = "head", versions: Path | None = None
) -> tuple[str | None, str | None]:
    """Migrate up to `revision` and return the revisions before and after.

    `versions` is a folder of further revisions beside the built-in ones.
    """
    return _run(engine, command.upgrade, revision, versions)


def downgrade(
    engine: Engine, revision: str, versions: Path | None = None
) -> tuple[str | None, str | None]:
    """Migrate down to `revision`, "base" being the empty database.

    Returns the revisions before and after.
    """
    return _run(engine, command.downgrade, revision, versions)


def current(engine: Engine) -> str | None:
    """Return the revision that the database is at, None before the first."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest() -> str | None:
    """Return the newest revision there is."""
    return ScriptDirectory.from_config(_config(None)).get_current_head()


def _config(versions: Path | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    if versions is not None:
        config.set_main_option(
            "version_locations", f"{HERE / 'versions'}\n{versions}".replace("%", "%%")
        )
    return config


def _run(engine, step, revision, versions):
    before = current(engine)
    config = _config(versions)
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        step(config, revision)
        connection.commit()
    return before, current(engine)
