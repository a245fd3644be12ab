"""The project as a wheel, installed next to another project's modules."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
THEIRS = ("analysis", "bench", "cli", "errors", "migrations", "server", "statistics", "trainer")
"""Modules of another project; `statistics` is also a name in the standard library."""


@dataclass(frozen=True)
class Installation:
    """A wheel, the folder it is installed into, and the folder of another project."""

    wheel: Path
    packages: Path
    project: Path

    def run(self, *command: str | Path, **environment: str) -> subprocess.CompletedProcess:
        """Run a command in the project's folder, with the wheel installed."""
        names = ("DATABASE_URL", "READER_DATABASE_URL", "SERVER_DIR", "DATA_DIR", "XDG_DATA_HOME")
        inherited = {name: value for name, value in os.environ.items() if name not in names}
        own = {"PYTHONPATH": str(self.packages), "HOME": str(self.project / "home")}
        return subprocess.run(
            command,
            cwd=self.project,
            env=inherited | own | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def command(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        """Run the console command."""
        return self.run(self.packages / "bin" / "vanishing-gradients", *arguments, **environment)


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    folder = tmp_path_factory.mktemp("installation")
    source, packages, project = (folder / name for name in ("source", "packages", "project"))
    _copy_of_the_checkout(source)
    (source / "my_network.toml").write_text("left by somebody")
    options = ["--quiet", "--no-deps", "--no-index", "--disable-pip-version-check"]
    _pip("wheel", *options, "--no-build-isolation", "--wheel-dir", folder, source)
    (wheel,) = folder.glob("*.whl")
    _pip("install", *options, "--target", packages, wheel)
    (project / "sql").mkdir(parents=True)
    for module in (*THEIRS, "sql/__init__"):
        (project / f"{module}.py").write_text("WHOSE = 'theirs'\n")
    return Installation(wheel, packages, project)


def _copy_of_the_checkout(folder: Path) -> None:
    """Copy what git tracks, or would track if it were added."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)


def _pip(*arguments: str | Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
