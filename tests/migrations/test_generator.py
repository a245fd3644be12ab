"""The files that `make view` writes are a working view and migration."""

import runpy
import shutil
from functools import partial

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from vanishing_gradients.migrations import history
from vanishing_gradients.migrations.generator import generate
from vanishing_gradients.sql.connection import engine
from vanishing_gradients.sql.errors import ObjectError
from vanishing_gradients.sql.objects import HERE, definition, versions
from vanishing_gradients.sql.registry import replace_view, view_names


@pytest.fixture
def place(tmp_path):
    """A copy of the folder sql/, and its own folder of revisions."""
    shutil.copytree(HERE / "views", tmp_path / "sql" / "views")
    (tmp_path / "revisions").mkdir()
    return {"root": tmp_path / "sql", "revisions": tmp_path / "revisions"}


def test_a_new_view_is_a_template_that_the_loader_reads(place):
    view, migration = generate("how_large", **place)
    assert view.name == "how_large_v01.sql"
    made = definition("views", "how_large", 1, place["root"])
    assert [column.name for column in made.columns] == ["run_id", "epoch", "layer", "value"]
    assert made.order == ("epoch", "layer")
    assert migration.name.startswith(f"{int(history.newest()) + 1:04}_")


def test_a_view_that_exists_goes_on_from_its_newest_version(place):
    newest = versions("views")["gradient_norms"][-1]
    view, migration = generate("gradient_norms", **place)
    assert view.name == f"gradient_norms_v{newest + 1:02}.sql"
    assert view.read_text() == definition("views", "gradient_norms", newest).text
    written = migration.read_text()
    for version in (newest, newest + 1):
        assert f'replace_view(op.get_bind(), "gradient_norms", {version})' in written


@pytest.mark.parametrize("name", ["", "Large", "1st", "a b", "../up", "cell_sums"])
def test_a_name_that_cannot_be_a_views_is_refused(place, name):
    with pytest.raises(ObjectError, match="cannot name a view"):
        generate(name, **place)
    assert not list(place["revisions"].iterdir())


def test_the_migration_puts_the_view_in_force_and_takes_it_back(place, database):
    _, path = generate("how_large", **place)
    made = engine(database)
    history.upgrade(made)
    with made.connect() as connection:
        context = MigrationContext.configure(connection)
        migration = runpy.run_path(path)
        globals_of_it = migration["upgrade"].__globals__
        globals_of_it["replace_view"] = partial(replace_view, root=place["root"])
        with Operations.context(context):
            migration["upgrade"]()
            found = connection.execute(text("SELECT * FROM how_large"))
            assert list(found.keys()) == ["run_id", "epoch", "layer", "value"]
            migration["downgrade"]()
        assert "how_large" not in view_names(connection)
    made.dispose()
