"""The server program of a private server: this machine's own mysqld or mariadbd, or the
distribution's, unpacked."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from vanishing_gradients.server.apt import Apt, AptError
from vanishing_gradients.server.processes import answer
from vanishing_gradients.sql import brands
from vanishing_gradients.sql.errors import ServerError
from vanishing_gradients.words import Say

NAMES = ("mysqld", "mariadbd")
# The rest of the environment stays out: it may hold another server's password.
INHERITED = ("PATH", "HOME", "TZ", "LD_LIBRARY_PATH", "LD_PRELOAD")
FOLDERS = ("/usr/sbin", "/usr/local/sbin", "/usr/libexec")  # PATH often lacks them
VERSION = re.compile(r"Ver (?P<number>\d+\.\d+\.\d+)(?P<rest>\S*)")

SYSTEM_TABLES = (
    "m*_system_tables", "m*_performance_tables", "m*_system_tables_data",
    "maria*_add_gis_sp_bootstrap", "m*_sys_schema",
)  # fmt: skip

MEGABYTES = 60
# In this order: the first one that the distribution has in a recent enough version.
PACKAGES = (
    ("mysql", ["mysql-server-core"]),
    ("mariadb", ["mariadb-server-core", "mariadb-client-core"]),
)


@dataclass(frozen=True)
class Program:
    """A server program: its path, its flavour (mysql or mariadb), and the folder that its package
    was unpacked into."""

    path: Path
    flavour: str
    version: tuple[int, ...]
    unpacked: Path | None = None

    @property
    def name(self) -> str:
        """Return brand and version, e.g. `MariaDB 10.11.6`."""
        return str(self._brand)

    @property
    def is_recent_enough(self) -> bool:
        """Return whether this project's SQL runs on the version."""
        return self._brand.recent

    @property
    def _brand(self) -> brands.Brand:
        return brands.of_flavour(self.flavour)(self.version)

    def environment(self) -> dict[str, str]:
        """Return the environment to run it in: an unpacked program needs the libraries unpacked
        with it."""
        return _environment(self.unpacked)

    def folders(self) -> dict[str, Path]:
        """Return the settings that tell an unpacked program where its files are."""
        if self.unpacked is None:
            return {}
        base = self.unpacked / "usr"
        return {
            "basedir": base,
            "plugin-dir": base / "lib/mysql/plugin",
            "lc-messages-dir": base / "share/mysql",
            "character-sets-dir": base / "share/mysql/charsets",
        }

    def initialisation(self, settings: Path) -> tuple[list[str], str]:
        """Return the command that fills the data folder of the `settings` file, and the SQL for its
        standard input.

        MariaDB's own script, mariadb-install-db, cannot handle a space in a path; it feeds these
        same files to the server. With this name, root has no password-less twins for 127.0.0.1 and
        the host's name. Raises ServerError if the program's package lacks those files.
        """
        if self.flavour == "mysql":
            return [str(self.path), f"--defaults-file={settings}", "--initialize-insecure"], ""
        base = self.folders().get("basedir", self.path.resolve().parent.parent)
        statements = ["CREATE DATABASE mysql;", "USE mysql;", "SET @auth_root_socket = 'root';"]
        for part in SYSTEM_TABLES:
            files = sorted(base.glob(f"share/m*/{part}.sql"))
            if not files:
                raise ServerError(
                    f"{self.path} cannot set up its data, because {base}/share has no {part}.sql: "
                    "install the package mariadb-server-core whole"
                )
            statements.append(files[0].read_text())
        command = [str(self.path), f"--defaults-file={settings}", "--bootstrap"]
        return [*command, "--enforce-storage-engine=", "--log-warnings=0"], "\n".join(statements)


def probe(path: Path, unpacked: Path | None = None) -> Program | None:
    """Ask the program at `path` for its flavour and version; None if it does not run."""
    try:
        command = [str(path), "--no-defaults", "--version"]
        done = answer(command, env=_environment(unpacked), timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = VERSION.search(done.stdout)
    if done.returncode or found is None:
        return None
    brand = brands.recognised(found["number"] + found["rest"])
    return Program(path, brand.flavour, brand.version, unpacked)


def installed() -> list[Program]:
    """Return the server programs installed on this machine, whatever their version."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep) + list(FOLDERS)
    paths: dict[Path, Path] = {}  # resolved path -> path: mysqld is often a link to mariadbd
    for folder in folders:
        for name in NAMES:
            path = Path(folder) / name
            # os.path, which ignores errors: PATH may name other users' folders.
            if os.path.isfile(path) and os.access(path, os.X_OK):
                paths.setdefault(path.resolve(), path)
    return [program for path in paths.values() if (program := probe(path))]


def unpacked(folder: Path) -> list[Program]:
    """Return the server program that `fetch` unpacked into `folder` earlier, if it runs."""
    paths = [folder / "usr/sbin" / name for name in reversed(NAMES)]
    found = (probe(path, folder) for path in paths if path.exists())
    return [program for program in found if program][:1]


def fetch(folder: Path, apt_folder: Path, say: Say) -> Program:
    """Download the distribution's server packages, unpack them and return the program.

    Raises AptError if there is no apt, no network or no suitable package.
    """
    apt = Apt(apt_folder)
    for flavour, names in PACKAGES:
        version = apt.candidate(names[0])
        if version is None or _numbers(version) < brands.of_flavour(flavour).oldest:
            continue
        say(f"Downloading {' and '.join(names)} ({MEGABYTES} MB unpacked) into {folder} ...")
        half = folder.with_name(folder.name + ".part")
        shutil.rmtree(half, ignore_errors=True)
        apt.unpack(names, half)
        shutil.rmtree(folder, ignore_errors=True)
        half.rename(folder)
        programs = unpacked(folder)
        if not programs:
            raise AptError(f"the server of the package {names[0]} does not run on this machine")
        shutil.rmtree(apt_folder)  # 20 MB of package lists, no longer needed
        return programs[0]
    raise AptError(
        "this system's package sources have neither MySQL 8.4 nor MariaDB 10.11 or newer"
    )


def _numbers(version: str) -> tuple[int, ...]:
    """Return the upstream numbers of a package version: `1:10.11.6-0+deb12u1` -> (10, 11, 6)."""
    return brands.numbers(version.rpartition(":")[2])


def _environment(unpacked: Path | None) -> dict[str, str]:
    environment = {name: os.environ[name] for name in INHERITED if name in os.environ}
    if unpacked is not None:
        libraries = {
            str(library.parent)
            for folder in ("usr/lib", "lib")
            for library in (unpacked / folder).rglob("*.so*")
            if library.parent.name != "plugin"
        }
        environment["LD_LIBRARY_PATH"] = os.pathsep.join(sorted(libraries))
    return environment
