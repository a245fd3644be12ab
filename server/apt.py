"""The distribution's packages without installing them: fetched with apt, unpacked with dpkg.

Works with or without root. The system's package lists, caches and database are left alone: apt gets
lists and caches of its own. Standard library only, because `tools/bootstrap.py` needs this before
anything is installed.
"""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LISTS_ARE_FRESH_FOR = 24 * 3600  # seconds
SECRET = frozenset(("DATABASE_URL", "READER_DATABASE_URL", "TEST_DATABASE_URL", "MYSQL_PWD"))
"""Variables that may hold a server's password; other programs do not inherit them."""

CONFIGURATION = """\
// The system's hooks refresh its own caches; nothing here may touch those.
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
Dir::State::lists "{folder}/lists";
Dir::State::extended_states "{folder}/extended_states";
Dir::Cache "{folder}/cache";
Dir::Cache::archives "{folder}/archives";
Dir::Log "{folder}/log";
Debug::NoLocking "true";
APT::Sandbox::User "root";
APT::Install-Recommends "false";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::IndexTargets::deb-src::Sources::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
"""

PLANNED = re.compile(r"^Inst (?P<name>\S+) .*?\((?P<version>\S+)", re.MULTILINE)
CANDIDATE = re.compile(r"^  Candidate: (?P<version>\S+)$", re.MULTILINE)


def surroundings(**more: str) -> dict[str, str]:
    """Return the environment for other programs: ours without passwords, plus `more`."""
    return {name: value for name, value in os.environ.items() if name not in SECRET} | more


class AptError(Exception):
    """A package is not available; the text is one sentence for the user."""


class Apt:
    """apt with its own package lists in `folder`, which is created on first use."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.log = self.folder / "apt.log"
        self.stamp = self.folder / "updated"

    def candidate(self, name: str) -> str | None:
        """Return the version of package `name` that would be installed; None if there is none.

        Raises AptError if this system has no apt or its package lists cannot be downloaded.
        """
        with self._written():
            self._update()
            found = CANDIDATE.search(self._run("apt-cache", "policy", name).stdout)
        return None if found is None or found["version"] == "(none)" else found["version"]

    def unpack(self, names: list[str], into: Path) -> None:
        """Unpack `names`, and those of their dependencies that this system lacks, into a folder.

        Raises AptError if a package does not exist or cannot be downloaded, or the disk is full.
        """
        with self._written():
            self._unpack(names, into)

    @contextmanager
    def _written(self) -> Iterator[None]:
        """Turn a failed write in the block into one sentence."""
        try:
            yield
        except OSError as error:
            raise AptError(
                f"{error.filename or self.folder} cannot be written ({error.strerror}): "
                "free some space there, or make it writable"
            ) from None

    def _unpack(self, names: list[str], into: Path) -> None:
        for name in names:
            if self.candidate(name) is None:
                raise AptError(f"this system's package sources have no package {name}")
        plan = self._run("apt-get", "--simulate", "install", *names)
        if plan.returncode:
            raise AptError(f"apt cannot install {' '.join(names)}{self._reason()}")
        wanted = {found["name"]: found["version"] for found in PLANNED.finditer(plan.stdout)}
        # A C library that does not match the system's loader crashes every program.
        wanted.pop("libc6", None)
        archives = self.folder / "archives"
        shutil.rmtree(archives, ignore_errors=True)
        archives.mkdir(parents=True)
        specifications = [f"{name}={version}" for name, version in wanted.items()]
        # The plan omits what is already installed, but it is needed here too.
        specifications += [name for name in names if name not in wanted]
        if self._run("apt-get", "download", *specifications, cwd=archives).returncode:
            self.stamp.unlink()  # the package sources may be newer than the lists
            raise AptError(
                f"apt could not download {' '.join(names)}{self._reason()}: check the network"
            )
        into.mkdir(parents=True, exist_ok=True)
        for archive in sorted(archives.glob("*.deb")):
            if self._run("dpkg", "--extract", str(archive), str(into)).returncode:
                raise AptError(f"{archive.name} could not be unpacked: check the free disk space")
        shutil.rmtree(archives)

    def _update(self) -> None:
        if self.stamp.exists() and time.time() - self.stamp.stat().st_mtime < LISTS_ARE_FRESH_FOR:
            return
        if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
            raise AptError("this system has no apt to fetch packages with")
        for name in ("lists/partial", "cache", "archives/partial", "log"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "apt.conf").write_text(CONFIGURATION.format(folder=self.folder))
        # apt's status also reports one failing source of several; what counts is that lists come.
        self._run("apt-get", "update")
        if not any((self.folder / "lists").glob("*Packages*")):
            raise AptError(
                f"apt could not download its package lists{self._reason()}: check the network"
            )
        self.stamp.touch()

    def _reason(self) -> str:
        """Return the last command's first complaint, in brackets; '' if it had none."""
        said = self.log.read_text(errors="replace").rpartition("\n$ ")[2]
        complaint = re.search(r"^[EW]: +(.+)$", said, re.MULTILINE)
        return f" ({complaint[1].rstrip('. ')})" if complaint else ""

    def _run(
        self, program: str, *arguments: str, cwd: Path | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Run apt or dpkg, appending the command and its output to the log."""
        options = [] if program == "dpkg" else ["-qq", f"-c={self.folder / 'apt.conf'}"]
        if program == "apt-cache":
            options = options[1:]
        command = [program, *options, *arguments]
        environment = surroundings(LC_ALL="C", DEBIAN_FRONTEND="noninteractive")
        with self.log.open("a") as log:
            log.write(f"$ {' '.join(command)}\n")
            log.flush()
            done = subprocess.run(
                command,
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                check=False,
            )
            log.write(done.stdout)
        return done
