"""Write docs/licences.md: the licence of every package in requirements.lock, by its own metadata.

    .venv/bin/python tools/licences.py

Packages that the lock has only for other platforms are left out. Run it after the lock changes.
"""

import re
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCK, PAGE = ROOT / "requirements.lock", ROOT / "docs" / "licences.md"
LOCKED = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", re.M)
APPROVED = "License :: OSI Approved :: "
HEAD = """\
# Licences

The project is under the MIT licence. These are the packages in requirements.lock, needed to use the
project or to develop it, with the licences that their own metadata name (`tools/licences.py`). None
of them is part of the project's wheel.

| package | version | licence |
|---|---|---|
"""


def locked() -> dict[str, str]:
    """Return the versions in the lock, by package."""
    return dict(LOCKED.findall(LOCK.read_text(encoding="utf-8")))


def licence(package: str) -> str | None:
    """Return a package's own statement of its licence; None if it is not installed."""
    try:
        told = metadata(package)
    except PackageNotFoundError:
        return None
    if expression := told.get("License-Expression"):
        return expression
    named = [
        each.removeprefix(APPROVED)
        for each in told.get_all("Classifier") or ()
        if each.startswith(APPROVED)
    ]
    if named:
        return ", ".join(named)
    lines = (told.get("License") or "").strip().splitlines()
    return lines[0] if lines and len(lines[0]) <= 60 else "see its files"


def page() -> str:
    """Return the page."""
    found = [(name, version, licence(name)) for name, version in locked().items()]
    rows = [f"| {name} | {version} | {terms} |\n" for name, version, terms in found if terms]
    return HEAD + "".join(rows)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
