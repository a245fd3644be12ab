"""What a run was made with: the commit, and the versions of what computes and stores."""

import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("numpy", "polars", "pymysql", "sqlalchemy", "alembic")


def package_versions() -> dict[str, str]:
    """Return the version of Python and of each package that a run's numbers pass through."""
    return {"python": platform.python_version()} | {name: version(name) for name in PACKAGES}


def git_commit() -> str | None:
    """Return the commit of this checkout, None where there is no git or no checkout."""
    try:
        answer = subprocess.run(
            ["git", "rev-parse", "HEAD"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() if answer.returncode == 0 else None
