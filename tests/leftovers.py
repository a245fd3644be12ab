"""No test leaves a process behind, however the tests end, and none waits forever.

A watcher process next to each pytest process ends whatever that left running, once it has gone:
Ctrl-C in `make test` ends workers of pytest-xdist without their finalizers.
"""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MARK = "GRADIENTS_TESTS"
"""Marks the environment of every process that a test starts; for servers, which inherit little, a
folder of the tests on the command line is the mark."""
HEARS_SIGNALS = ("env", "--default-signal=HUP,INT,TERM")
"""Starts a command with signals restored that nohup, or a background shell, would ignore."""
SECONDS = 30
"""Seconds for a process to end before it is killed."""


class Watcher:
    """A process that outlives this one, and then ends what this one left running."""

    def __init__(self) -> None:
        token = os.environ[MARK] = secrets.token_hex(16)
        environment = {name: value for name, value in os.environ.items() if name != MARK}
        self._process = subprocess.Popen(
            [sys.executable, "-P", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
            env=environment,
        )
        self.note(f"{MARK}={token}")

    def note(self, mark: str) -> None:
        """Add a mark of processes: a variable of their environment, or a folder."""
        self._process.stdin.write(f"{mark}\n")
        self._process.stdin.flush()

    def close(self) -> None:
        """Let it do its work, and wait for it."""
        self._process.stdin.close()
        self._process.wait(2 * SECONDS)


def left(marks: list[str]) -> list[int]:
    """Return the processes that have one of the marks in their environment or command line."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            told = (folder / "environ").read_bytes() + (folder / "cmdline").read_bytes()
            if any(os.fsencode(mark) in told for mark in marks):
                found.append(int(folder.name))
    return [pid for pid in found if pid != os.getpid()]


def end(marks: list[str]) -> None:
    """End all of them, first politely, then by force."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in left(marks):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)
        deadline = time.monotonic() + SECONDS
        while left(marks) and time.monotonic() < deadline:
            time.sleep(0.1)


def removed(container) -> None:
    """Remove the container of the tests; report in one sentence if that fails.

    It may have been removed, or the engine stopped; errors of Docker and testcontainers have no
    common base class.
    """
    try:
        container.stop()
    except Exception as error:
        reason = " ".join(str(error).split()).rstrip(".")
        print(
            f"The container of the tests could not be removed ({reason}): it was gone before, or "
            "`docker ps --filter label=org.testcontainers` names it."
        )


@contextmanager
def limit(seconds: int) -> Iterator[None]:
    """Raise TimeoutError in the block after `seconds`, whatever it waits for."""

    def over(*_) -> None:
        raise TimeoutError(f"the test waits, after {seconds} s")

    before = signal.signal(signal.SIGALRM, over)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


if __name__ == "__main__":
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    end([line.rstrip("\n") for line in sys.stdin])
