"""Create `.venv-lowest`: the lowest version of each package that pyproject.toml allows.

Packages required only by these come in their newest version. Does nothing if the environment was
made from the same list.
"""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
VENV = HERE / ".venv-lowest"
LIST = VENV / "lowest.txt"


def main() -> int:
    """Create the environment; return the exit status."""
    wanted = lowest()
    if LIST.exists() and LIST.read_text().split() == wanted:
        return 0
    print(f"Making {VENV.name} (a minute or two) ...", file=sys.stderr, flush=True)
    shutil.rmtree(VENV, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "--python", VENV, "install", "--quiet", "--no-input"]
    for command in (
        [sys.executable, "-m", "venv", "--without-pip", VENV],
        [*pip, *wanted],
        [*pip, "--no-deps", "--no-build-isolation", "--editable", HERE],
    ):
        if status := subprocess.run(command, check=False).returncode:
            return status
    LIST.write_text("\n".join(wanted))
    return 0


def lowest() -> list[str]:
    """Return the requirements of the project and its tests, each in the lowest allowed version."""
    project = tomllib.loads((HERE / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    return [each.replace(">=", "==") for each in wanted]


if __name__ == "__main__":
    sys.exit(main())
