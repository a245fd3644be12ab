"""Where the numbers of a run come from: the commit of the code, and versions of libraries."""

import platform
import subprocess
from importlib.metadata import version

from vanishing_gradients import installation

PACKAGES = ("numpy", "polars", "pymysql", "sqlalchemy", "alembic")


def package_versions() -> dict[str, str]:
    """Return the versions of Python and of each package that affects a run's numbers."""
    return {"python": platform.python_version()} | {name: version(name) for name in PACKAGES}


def git_commit() -> str | None:
    """Return the commit of this checkout; None without git or a checkout.

    A wheel's .venv may lie in another project's repository, which does not count.
    """
    if not installation.IS_CHECKOUT:
        return None
    command = ["git", "-C", str(installation.ROOT), "rev-parse", "HEAD"]
    try:
        return subprocess.check_output(
            command, stderr=subprocess.DEVNULL, text=True, timeout=10
        ).strip()
    except (FileNotFoundError, subprocess.SubprocessError):
        return None
