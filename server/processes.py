"""Processes that outlive the command that starts them: each in its own session, tracked by process
id."""

import contextlib
import fcntl
import os
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from vanishing_gradients.server.apt import surroundings
from vanishing_gradients.words import Say

_holding = threading.local()
"""The folders whose locks a thread holds; it may lock the same folder again."""


@contextlib.contextmanager
def one_at_a_time(folder: Path, say: Say = lambda line: None) -> Iterator[None]:
    """Hold the lock of `folder`, which is created if missing; it ends with the process.

    `say` gets a line if another process holds the lock, which is then waited for.
    """
    held = vars(_holding).setdefault("folders", set())
    if folder in held:
        yield
        return
    with _locked(folder, say):
        held.add(folder)
        try:
            yield
        finally:
            held.remove(folder)


def _locked(folder: Path, say: Say) -> TextIO:
    while True:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = (folder / "lock").open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another command is starting or stopping the server: waiting for it ...")
            fcntl.flock(file, fcntl.LOCK_EX)
        try:
            if os.path.samestat(os.fstat(file.fileno()), (folder / "lock").stat()):
                return file
        except FileNotFoundError:
            pass
        file.close()  # the previous holder deleted the folder


def append(path: Path, text: str) -> None:
    """Append to a file; errors name the file, which the system's do only on opening."""
    try:
        with path.open("a") as file:
            file.write(text)
    except OSError as error:
        error.filename = str(path)
        raise


def answer(command: Sequence[str], **options: Any) -> "subprocess.CompletedProcess[str]":
    """Run a command without input; return its status and output.

    The default for `env` is `surroundings()`.
    """
    options.setdefault("env", surroundings())
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, **options
    )


def spawn(command: list[str], environment: dict[str, str], log: Path) -> int:
    """Start `command` detached from this process and its terminal; return its process id.

    The shell in between ends at once, so the process belongs to init and never becomes our zombie.
    """
    with log.open("a") as output:
        shell = subprocess.run(
            ["/bin/sh", "-c", '"$@" </dev/null >&2 & echo $!', "sh", *command],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=output,
            start_new_session=True,
            text=True,
            check=True,
        )
    return int(shell.stdout)


def is_alive(pid: int) -> bool:
    """Return whether process `pid` runs; a zombie does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    status = Path(f"/proc/{pid}/stat")
    try:
        return status.read_text().rpartition(")")[2].split()[0] != "Z"
    except ProcessLookupError:  # it has just ended
        return False
    except FileNotFoundError:
        return not status.parent.parent.joinpath("self").exists()  # no /proc: trust the signal


def has_argument(pid: int, argument: str) -> bool:
    """Return whether process `pid` runs with `argument` on its command line."""
    if not is_alive(pid):
        return False
    if Path("/proc/self").exists():
        try:
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
        return os.fsencode(argument) in arguments
    return argument in answer(["ps", "-o", "command=", "-p", str(pid)]).stdout


def with_argument(argument: str) -> list[int]:
    """Return the processes with `argument` on their command lines; none without /proc."""
    numbers = (int(path.name) for path in Path("/proc").glob("[0-9]*"))
    return [pid for pid in numbers if has_argument(pid, argument)]


def with_beginning(beginning: str) -> set[str]:
    """Return all processes' arguments that start with `beginning`; none without /proc."""
    wanted, found = os.fsencode(beginning), set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it has ended
            found |= {each for each in path.read_bytes().split(b"\0") if each.startswith(wanted)}
    return {os.fsdecode(each) for each in found}


def works_in(pid: int, folder: Path) -> bool:
    """Return whether `folder` is the working directory of process `pid`, even if it was renamed."""
    try:
        return Path(f"/proc/{pid}/cwd").samefile(folder)
    except OSError:
        return False


def wait_for_end(pid: int, limit: float) -> bool:
    """Wait up to `limit` seconds for process `pid` to end; return whether it has."""
    deadline = time.monotonic() + limit
    while is_alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
