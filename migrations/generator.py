"""Writes the files for a new view, or for the next version of one, and its migration."""

from pathlib import Path

from alembic.script import ScriptDirectory

from vanishing_gradients.migrations import history
from vanishing_gradients.sql.errors import ObjectError
from vanishing_gradients.sql.objects import FILE_NAME, HERE, RETIRED, definition, versions

FIRST = Path(__file__).parent / "view.sql"


def generate(name: str, root: Path = HERE, revisions: Path | None = None) -> list[Path]:
    """Write the next version of a view's file, and the migration that installs it.

    The file is a copy of the newest version, or a template for a new view. Files go to
    `root`/views and to `revisions`, by default where the built-in ones are. Raises ObjectError for
    an invalid view name, and for that of a view that has been dropped for good.
    """
    known = versions("views", root).get(name)
    before = known[-1] if known else 0
    file = f"{name}_v{before + 1:02}.sql"
    if name in RETIRED or not FILE_NAME.fullmatch(file):
        raise ObjectError(
            f"{name!r} cannot name a view: use a lower-case letter, then lower-case letters, "
            "digits or underscores, and not the name of a view that was dropped."
        )
    path = root / "views" / file
    if before:
        text = definition("views", name, before, root).text
    else:
        text = FIRST.read_text(encoding="utf-8").replace("{name}", name)
    script = ScriptDirectory.from_config(history.configuration(revisions))
    try:
        path.write_text(text, encoding="utf-8")
        made = script.generate_revision(
            f"{int(script.get_current_head() or 0) + 1:04}",
            f"Version {before + 1} of the view {name}." if before else f"The view {name}.",
            version_path=str(revisions or history.HERE / "versions"),
            upgrades=f'replace_view(op.get_bind(), "{name}", {before + 1})',
            downgrades=f'replace_view(op.get_bind(), "{name}", {before or None})',
        )
    except OSError as error:
        path.unlink(missing_ok=True)  # half a view is worse than none
        raise ObjectError(
            f"{path} and its migration cannot be written ({error.strerror}): free some "
            "space there, or make it writable, and run this again"
        ) from None
    return [path, Path(made.path)]
