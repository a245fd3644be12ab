"""A private server in its own folder: started on loopback, left running when the command ends,
stopped by `make down`.

The folder holds everything: the unpacked programs, the data, the passwords, the log. Nothing
outside it is touched.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pymysql
from pymysql.converters import escape_string
from sqlalchemy import URL

from vanishing_gradients.server import own_folder, processes, programs, settings
from vanishing_gradients.server.apt import AptError
from vanishing_gradients.server.loopback import HOST, account_url, free_port, is_free
from vanishing_gradients.server.programs import Program
from vanishing_gradients.sql import accounts, brands
from vanishing_gradients.sql.connection import Session
from vanishing_gradients.sql.errors import ServerError
from vanishing_gradients.words import Say

START_LIMIT = 600.0  # seconds: after a crash the server first replays up to 2 GiB of redo log
SYSTEM_TABLES = 200_000_000  # bytes of a new server's data besides its redo log
STOP_LIMIT = 300.0  # seconds: a clean stop writes out the buffer pool


class PrivateServer:
    """The server in `folder`; unpacked programs are kept in `packages` (default: in `folder`)."""

    def __init__(
        self,
        folder: Path,
        *,
        packages: Path | None = None,
        size: settings.Size | None = None,
        say: Say = lambda line: None,
    ) -> None:
        self.folder = folder.absolute()
        self.packages = (packages or folder).absolute()
        self.size = size
        self.say = say
        self.data = self.folder / "data"
        self.log = self.folder / "server.log"
        self.option_file = self.folder / "my.cnf"
        self.passwords = self.folder / "accounts.json"
        self._state = self.folder / "server.json"
        self._pid_file = self.folder / "server.pid"
        self._account_file = self.folder / "accounts.sql"

    @property
    def revival(self) -> str:
        """How to start this server again."""
        return f"it is a private one, which `make up` starts again; its log is {self.log}"

    def pid(self) -> int | None:
        """Return the process id of the running server; None if it is not running."""
        # After a crash the number may belong to any process. After the folder was moved, the
        # server's command line has the old path, but its working directory is where its data are.
        try:
            pid = int(self._pid_file.read_text())
        except (FileNotFoundError, ValueError):
            pid = 0
        if pid and processes.is_alive(pid):
            ours = processes.has_argument(pid, self._defaults())
            if ours or processes.works_in(pid, self.data):
                return pid
        found = processes.with_argument(self._defaults())
        return next((each for each in found if processes.works_in(each, self.data)), None)

    def url(self, role: str, database: str = accounts.DATABASE) -> URL:
        """Return the address of `database` for an account: owner, reader or root."""
        return account_url(self.passwords, role, self._kept()["port"], database)

    def start(self) -> None:
        """Start the server unless it runs, creating whatever is missing; return when it answers.

        Raises ServerError if there is no program to run or it does not come up, and leaves nothing
        half-made.
        """
        with processes.one_at_a_time(self.folder, self.say):
            if self._end(self._strays()):
                self.say("A private server whose data are gone was still running: stopped it.")
            pid = self.pid()
            if pid and not processes.has_argument(pid, self._defaults()):
                self.say(
                    "The private server was started before its folder was moved: restarting it."
                )
                self._end({pid})  # the paths it knows no longer exist
                pid = None
            if pid is not None and self._wait(pid):
                return
            program = self._program()
            accounts.keep_passwords(self.passwords)
            if not self.data.exists():
                program = self._initialise(program)
            self._launch(program)

    def stop(self) -> bool:
        """Stop the server cleanly; return whether it was running.

        Raises ServerError if it does not stop in time; it is never killed, because that may lose
        data.
        """
        strays = self._strays()
        if not (self.folder.exists() and own_folder.is_ours(self.folder)):
            return self._end(strays)
        with processes.one_at_a_time(self.folder, self.say):
            pid = self.pid()
            stopped = self._end(strays if pid is None else {*strays, pid})
            self._pid_file.unlink(missing_ok=True)
            return stopped

    def _strays(self) -> set[int]:
        """Return the servers that were started here and whose data have been deleted."""
        return {*processes.with_argument(self._defaults())} - {self.pid()}

    def _end(self, pids: Collection[int]) -> bool:
        """Stop servers cleanly; return whether there were any."""
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        for pid in pids:
            if not processes.wait_for_end(pid, STOP_LIMIT):
                raise ServerError(
                    f"the server (process {pid}) is still writing out its data after "
                    f"{STOP_LIMIT:.0f} s: wait and try again, or see {self.log}"
                )
        return bool(pids)

    def _program(self) -> Program:
        """Return the program to run: the one that created the data, else one of the same flavour.

        Without data, the first recent enough: this machine's own, else an unpacked one. Raises
        ServerError if there is none and none can be fetched.
        """
        kept = self._kept() if self.data.exists() else {}
        found = [*programs.installed(), *programs.unpacked(self.packages / "root")]
        found.sort(key=lambda program: str(program.path) != kept.get("program"))
        for program in found:
            if kept.get("flavour", program.flavour) != program.flavour:
                continue
            if program.is_recent_enough:
                return program
            self.say(
                f"{program.path} is {program.name}, too old (at least MySQL 8.4 or MariaDB "
                "10.11): skipped."
            )
        program = self._fetch()
        flavour = kept.get("flavour", program.flavour)
        if flavour != program.flavour:
            maker = brands.of_flavour(flavour).name
            raise ServerError(
                f"the data in {self.data} were made by {maker}, and only {program.name} "
                "is available here: install that server again, or start over "
                "with `make clean ALL=1`"
            )
        return program

    def _fetch(self) -> Program:
        root = self.packages / "root"
        try:
            # Servers in other folders may take their program from here, too.
            with processes.one_at_a_time(self.packages, self.say):
                own_folder.claim(self.packages)
                found = [each for each in programs.unpacked(root) if each.is_recent_enough]
                return found[0] if found else programs.fetch(root, self.packages / "apt", self.say)
        except AptError as error:
            raise ServerError(
                f"there is no server to start, and {error}; or set DATABASE_URL to a server of "
                "yours, start Docker, or install MySQL (8.4 or newer) or MariaDB (10.11 or newer)"
            ) from None

    def _initialise(self, program: Program) -> Program:
        """Create the data folder under another name and rename it when complete; return the
        program used.

        Raises ServerError if there is no space for the redo log, which is allocated in full.
        """
        need = (self.size or settings.machine_size()).redo_log + SYSTEM_TABLES
        free = shutil.disk_usage(self.folder).free
        if free < need:
            raise ServerError(
                f"a private server needs about {need / 1e9:.1f} GB to start with, and "
                f"{free / 1e9:.1f} GB are free in {self.folder}: make room there, or set "
                "SERVER_DIR to a folder elsewhere"
            )
        self.say(f"Setting up {program.name} in {self.folder} ...")
        half = self.data.with_name("data.part")
        shutil.rmtree(half, ignore_errors=True)
        (self.folder / "tmp").mkdir(exist_ok=True)
        self._configure(program, half, port=0)
        if program.flavour == "mariadb":
            half.mkdir()
        command, statements = program.initialisation(self.option_file)
        done = subprocess.run(
            command,
            input=statements,
            env=program.environment(),
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            processes.append(self.log, done.stdout)
            shutil.rmtree(half, ignore_errors=True)
            if program.unpacked is None:
                # An installed server may be confined (by AppArmor) to its own folders.
                self.say(f"{program.path} could not make its data here (see {self.log}): skipped.")
                return self._initialise(self._fetch())
            raise ServerError(f"{program.name} could not set up its data: see {self.log}")
        self._keep(flavour=program.flavour, program=str(program.path))
        half.rename(self.data)
        return program

    def _launch(self, program: Program) -> None:
        (self.folder / "tmp").mkdir(exist_ok=True)
        for folder in (self.folder, self.data):
            # After a crash MySQL refuses its own lock while any process has the old number.
            (folder / "server.sock.lock").unlink(missing_ok=True)
        for _ in range(3):  # another process may take the port before the server does
            port = self._kept().get("port")
            if port is None or not is_free(port):
                port = free_port()
                self._keep(port=port)
            self._configure(program, self.data, port)
            self._write_account_file()
            pid = processes.spawn(
                [str(program.path), self._defaults(), f"--init-file={self._account_file}"],
                program.environment(),
                self.log,
            )
            self._pid_file.write_text(f"{pid}\n")
            try:
                if self._wait(pid):
                    return
            except BaseException:  # Ctrl-C too: do not leave a server behind
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)
                processes.wait_for_end(pid, STOP_LIMIT)
                raise
            finally:
                self._account_file.unlink(missing_ok=True)
            if is_free(port):
                break
        self._pid_file.unlink(missing_ok=True)
        raise ServerError(f"{program.name} did not start: the reason is at the end of {self.log}")

    def _wait(self, pid: int) -> bool:
        """Wait until the server answers (True) or its process has ended (False)."""
        began, told = time.monotonic(), False
        while processes.is_alive(pid):
            if self._answers():
                return True
            waited = time.monotonic() - began
            if waited > START_LIMIT:
                raise ServerError(
                    f"the server does not answer after {waited:.0f} s: see {self.log}"
                )
            if waited > 10 and not told:
                self.say("Waiting for the server: after a crash it first recovers its data ...")
                told = True
            time.sleep(0.05)
        return False

    def _answers(self) -> bool:
        passwords, port = accounts.load_passwords(self.passwords), self._kept().get("port")
        if accounts.OWNER not in passwords or port is None:
            return False
        try:
            Session(
                host=HOST,
                port=port,
                user=accounts.OWNER,
                password=passwords[accounts.OWNER],
                connect_timeout=5,
                ssl_disabled=True,
            ).close()
        except pymysql.err.OperationalError:
            return False
        return True

    def _configure(self, program: Program, data: Path, port: int) -> None:
        size = self.size or settings.machine_size()
        self.option_file.write_text(settings.render(program, self.folder, data, port, size))

    def _write_account_file(self) -> None:
        """Write the statements that the server runs before it accepts connections: they create the
        accounts.

        root comes first: a fresh MySQL or MariaDB has a root without a password.
        """
        passwords = accounts.load_passwords(self.passwords)
        password = escape_string(passwords[accounts.ROOT])
        root = f"ALTER USER 'root'@'localhost' IDENTIFIED BY '{password}'"
        statements = [root, *accounts.setup(passwords)]
        accounts.write_private(self._account_file, "".join(f"{line};\n" for line in statements))

    def _defaults(self) -> str:
        return f"--defaults-file={self.option_file}"

    def _kept(self) -> dict[str, Any]:
        return accounts.remembered(self._state)

    def _keep(self, **facts: object) -> None:
        accounts.remember(self._state, **facts)
