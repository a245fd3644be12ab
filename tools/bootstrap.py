"""Complete `.venv`: every dependency as pinned in requirements.lock, and the project itself.

Run by make as `python3 tools/bootstrap.py`; does nothing if .venv already agrees with the lock.
Standard library only. Debian and Ubuntu package pip separately from Python; if it is missing, the
distribution's own pip is fetched, unpacked into a temporary folder and used to install pip into
.venv: no system package, no root.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

OLDEST = (3, 11)
HERE = Path(__file__).resolve().parents[1]
VENV = HERE / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK = HERE / "requirements.lock"
STAMP = VENV / "requirements.sha256"
SYSTEM_WHEELS = Path("/usr/share/python-wheels")


class BootstrapError(Exception):
    """The environment cannot be created; the text is one sentence for the user."""


def main() -> int:
    """Create or complete .venv; return the exit status."""
    if sys.version_info < OLDEST:
        found, wanted = (".".join(map(str, each[:2])) for each in (sys.version_info, OLDEST))
        return fail(
            f"this is Python {found}, and {wanted} or newer is needed: name one, "
            f"as in `make PYTHON=python{wanted}`"
        )
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with Path(__file__).open() as own:
        fcntl.flock(own, fcntl.LOCK_EX)  # of two makes at once, the second finds the work done
        try:
            complete()
        except BootstrapError as error:
            return fail(str(error))
        except KeyboardInterrupt:
            return fail("stopped; run make again to continue", 130)
    return 0


def complete() -> None:
    """Bring .venv to the state of the lock: in place if it works, otherwise from scratch."""
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    usable = runs_here()
    if usable and STAMP.exists() and STAMP.read_text().strip() == wanted:
        STAMP.touch()  # make compares times
        return
    STAMP.unlink(missing_ok=True)
    try:
        if not usable:
            say(f"Making {VENV.name} with Python {'.'.join(map(str, sys.version_info[:3]))} ...")
            make()
        say("Installing the packages that requirements.lock pins (a minute or two) ...")
        pip("install", "--require-hashes", "--requirement", str(LOCK))
        pip("install", "--no-deps", "--no-build-isolation", "--editable", str(HERE))
    except BaseException:
        if not usable:  # half an environment is worse than none
            shutil.rmtree(VENV, ignore_errors=True)
        raise
    STAMP.write_text(f"{wanted}\n")


def runs_here() -> bool:
    """Return whether .venv has this Python's version and pip: not after an upgrade or a kill."""
    program = "import sys, pip; print(sys.version_info[:2])"
    try:
        done = subprocess.run([PYTHON, "-c", program], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return done.stdout.strip() == str(sys.version_info[:2])


def make() -> None:
    """Create .venv with pip in it.

    Raises BootstrapError if neither Python nor the distribution has pip.
    """
    shutil.rmtree(VENV, ignore_errors=True)
    venv = [sys.executable, "-m", "venv"]
    if subprocess.run([*venv, VENV], capture_output=True, check=False).returncode == 0:
        return
    shutil.rmtree(VENV, ignore_errors=True)
    bare = [*venv, "--without-pip", VENV]
    done = subprocess.run(bare, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise BootstrapError(f"Python cannot make a virtual environment ({''.join(reason)})")
    with tempfile.TemporaryDirectory(prefix="pip-") as folder:
        wheel = distribution_pip(Path(folder))
        say(f"This Python comes without pip: using {wheel.name} of the distribution.")
        install = [PYTHON, wheel / "pip", "install", "-q", "--no-index", "pip"]
        failure = "the distribution's pip does not run on this Python"
        run([*install, f"--find-links={wheel.parent}"], failure)


def distribution_pip(folder: Path) -> Path:
    """Return the distribution's pip wheel, installed or unpacked into `folder`.

    Raises BootstrapError if there is none.
    """
    apt = distribution_packages()
    unpacked = folder / "root"
    if not list(SYSTEM_WHEELS.glob("pip-*.whl")):
        try:
            apt.Apt(folder / "apt").unpack(["python3-pip-whl"], unpacked)
        except apt.AptError as error:
            raise BootstrapError(
                f"this Python has no pip, and {error}, or install python3-venv"
            ) from None
    for wheels in (SYSTEM_WHEELS, unpacked / SYSTEM_WHEELS.relative_to("/")):
        if found := sorted(wheels.glob("pip-*.whl")):
            return found[-1]
    raise BootstrapError("this Python has no pip: install python3-venv, or a Python with pip")


def distribution_packages() -> ModuleType:
    """Import the module server/apt.py by its path: the package itself is not installed yet."""
    spec = spec_from_file_location("apt", HERE / "server" / "apt.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pip(*arguments: str) -> None:
    """Run .venv's pip."""
    run(
        [PYTHON, "-m", "pip", *arguments, "-q", "--no-input", "--disable-pip-version-check"],
        "the packages could not be installed for the reason above: "
        "check the network and the free disk space, and run make again",
    )


def run(command: list[str | Path], failure: str) -> None:
    """Run a command; raise BootstrapError with `failure` if it fails, having said why."""
    # Drop the caller's settings that would redirect an installation away from .venv.
    stray = ("PIP_TARGET", "PIP_PREFIX", "PIP_USER", "PIP_REQUIRE_VIRTUALENV", "PYTHONHOME")
    environment = {name: value for name, value in os.environ.items() if name not in stray}
    if subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False).returncode:
        raise BootstrapError(failure)


def say(line: str) -> None:
    """Print a line on standard error; losing it does not matter."""
    with suppress(OSError):
        os.write(2, f"{line}\n".encode())  # a buffer would fail again at exit


def fail(sentence: str, status: int = 2) -> int:
    """Print an error like every command of this project; return the exit status."""
    say(f"Error: {sentence[:1].upper()}{sentence[1:]}")
    return status


if __name__ == "__main__":
    sys.exit(main())
