"""Make `.venv-lowest`: the lowest version of each package that pyproject.toml allows.

Packages that only these need come in their newest version. Does nothing where the environment is
made of the same list already.
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
    """Make the environment; return the exit status."""
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
    """Return what the project and its tests need, each in the lowest version that is allowed."""
    project = tomllib.loads((HERE / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    return [each.replace(">=", "==") for each in wanted]


if __name__ == "__main__":
    sys.exit(main())
