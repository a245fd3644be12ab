"""The bootstrap: complete or absent, never half an environment."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools import bootstrap

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with a lock that nothing satisfies."""
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "bootstrap.py", tmp_path / "tools")
    lock = f"no-such-package==1.0 --hash=sha256:{'0' * 64}\n"
    (tmp_path / "requirements.lock").write_text(lock)
    return tmp_path


def run(checkout: Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "tools/bootstrap.py"],
        cwd=checkout,
        env=os.environ | {"PIP_NO_INDEX": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_packages_that_cannot_be_had_leave_no_environment_behind(checkout: Path):
    done = run(checkout)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("Error: The packages could not be installed")
    assert not (checkout / ".venv").exists()


def test_an_old_python_is_told_in_one_sentence(monkeypatch: pytest.MonkeyPatch, capfd):
    monkeypatch.setattr(sys, "version_info", (3, 10, 12, "final", 0))
    assert bootstrap.main() == 2
    told = capfd.readouterr().err
    assert told.startswith("Error: This is Python 3.10, and 3.11 or newer is needed")
    assert told.count("\n") == 1


def test_the_bootstrap_needs_nothing_but_the_standard_library():
    # -S: no site-packages, and the package is not installed.
    program = "from tools.bootstrap import distribution_packages as packages; packages().Apt"
    done = subprocess.run([sys.executable, "-S", "-c", program], cwd=ROOT, check=False)
    assert done.returncode == 0
