"""The folder of our servers, in which only what is ours is ever deleted.

A folder named by the user may hold other things. It is claimed before anything is created in it:
refused if a name that we need is taken, and otherwise marked as ours.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from vanishing_gradients import installation
from vanishing_gradients.server.processes import with_beginning
from vanishing_gradients.sql import accounts
from vanishing_gradients.sql.errors import ServerError

MARK = "ours.json"
LOCK = "lock"
NAMES = frozenset({
    MARK, LOCK, "chosen.json", "readers.json", "myclirc", "tmp", "root", "apt", "data",
    "accounts.json", "accounts.sql", "my.cnf", "server.json", "server.log", "server.pid",
    "server.sock", "server.sock.lock", "docker.json", "docker.log", "docker-port.json",
    "docker-server.json", "secrets",
})  # fmt: skip
"""Everything we create in the folder; some are called NAME.part until they are complete."""
IDENTIFYING = {"chosen.json": "kind", "server.json": "flavour", "docker-server.json": "project"}
"""Files that identify a folder of an older version, which set no mark, with a fact in each."""
PROGRAMS = ("mysqld", "mariadbd")
MANY = 6
DEFAULTS = "--defaults-file="


def default() -> Path:
    """Return the default folder: the checkout's `.server`, else `vanishing-gradients` in the user's
    data directory."""
    if installation.IS_CHECKOUT:
        return installation.ROOT / ".server"
    data = Path(os.environ.get("XDG_DATA_HOME") or "~/.local/share").expanduser()
    return data.absolute() / "vanishing-gradients"


def is_ours(folder: Path) -> bool:
    """Return whether the things with our names in a folder were created here."""
    if folder == default() or (folder / MARK).is_file():
        return True
    return any(fact in _facts(folder / name) for name, fact in IDENTIFYING.items())


def check(folder: Path) -> None:
    """Raise ServerError if something in the folder that is not ours has one of our names."""
    if is_ours(folder):
        return
    # Another command that starts at this moment may have created its lock.
    taken = [each for each in _of_our_names(folder) if each.name != LOCK or each.stat().st_size]
    if taken or installation.ROOT.is_relative_to(folder):
        what = _listed(taken) or "this project itself"
        raise ServerError(
            f"{folder} holds {what}, which was not created here: set SERVER_DIR to an empty "
            "folder, or to a new one"
        )


def claim(folder: Path) -> None:
    """Mark a folder as ours before anything is created in it; raise ServerError as `check` does."""
    check(folder)
    if not (folder / MARK).exists():
        accounts.remember(folder / MARK, checkout=str(installation.ROOT))


def remove(folder: Path) -> list[str]:
    """Delete everything of ours in a folder, and the folder if it is then empty; return sentences
    about what was left.

    Raises ServerError if something could not be deleted.
    """
    if not is_ours(folder):
        return [f"{folder} holds nothing that was created here: left as it is."]
    made = [path for path in _of_our_names(folder) if _made_here(path)]
    for path in sorted(made, key=lambda path: path.name in IDENTIFYING or path.name == MARK):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    if left := [path for path in made if path.exists()]:
        raise ServerError(
            f"{_listed(left)} in {folder} could not be deleted completely: delete the rest"
        )
    others = sorted(folder.iterdir())
    if not others and not folder.is_symlink():
        folder.rmdir()
    return (
        [f"Left in {folder}, since it was not created here: {_listed(others)}."] if others else []
    )


def running_elsewhere(folder: Path) -> list[Path]:
    """Return the other folders in which a private server of this checkout runs."""
    found = {
        Path(argument.removeprefix(DEFAULTS)).parent for argument in with_beginning(DEFAULTS)
    } - {folder}
    own = str(installation.ROOT)
    return sorted(each for each in found if _facts(each / MARK).get("checkout") == own)


def _of_our_names(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (each for each in folder.iterdir() if each.name.removesuffix(".part") in NAMES)


def _made_here(path: Path) -> bool:
    """Return whether something with one of our names is ours: a user may have created it later."""
    if path.name == "data":
        return "flavour" in _facts(path.with_name("server.json"))
    if path.name == "root":
        return any((path / "usr/sbin" / name).exists() for name in PROGRAMS)
    return True


def _facts(path: Path) -> dict[str, object]:
    try:
        found: object = accounts.remembered(path)
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _listed(paths: list[Path]) -> str:
    names = [path.name for path in paths]
    more = f" and {len(names) - MANY} more" if len(names) > MANY else ""
    return ", ".join(names[:MANY]) + more
