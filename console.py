"""The console: messages and results of a command, robust against broken output streams.

After `take_over`, no write to standard output or standard error raises: not on a pipe that nobody
reads any more, a closed terminal, a full disk, a closed descriptor, or an encoding that lacks a
character. So progress output, including that of a library's thread, cannot end the work. Lost
output is remembered, and `show`, which prints a command's result, then ends the command.
"""

import errno
import io
import os
import re
import select
import sys
import time
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, NoReturn

from vanishing_gradients.errors import UserError
from vanishing_gradients.installation import as_typed

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer
    from rich.console import Console, RenderableType

WIDE = 200
"""Columns of a table that is written to a file or a pipe."""
PATIENCE = 5.0
"""Seconds to wait for a blocked reader of standard error; training waits no longer."""
PAUSE = 0.01  # seconds
GAP = "(Lines are missing here: {}.)\n"
NAME = re.compile(r"\S*[/._=(]")
"""The start of a sentence that begins with a path or another name and is not capitalised."""
CLOSED_PIPE = 141
"""The status of a command whose reader, such as `head`, closed the pipe: 128 + SIGPIPE."""


class PrintingError(UserError):
    """The result of a command cannot be written to standard output."""


class Outlet(io.RawIOBase):
    """A file descriptor on which no write fails: rejected data are dropped; `lost` holds the error.

    A blocked reader is waited for `patience` seconds, or forever. After that, data are dropped
    immediately until there is room again. The first line that gets through after a loss is
    preceded by a line that says so.
    """

    def __init__(self, descriptor: int, patience: float | None = None) -> None:
        self._descriptor, self._patience = descriptor, patience
        self._gap: OSError | None = None
        self.lost: OSError | None = None

    def write(self, data: "ReadableBuffer") -> int:
        """Write all of `data`, or drop it."""
        size = memoryview(data).nbytes
        gap = GAP.format(self._gap.strerror).encode() if self._gap else b""
        try:
            self._write(gap + bytes(data))
            self._gap = None
        except OSError as error:
            self._gap = self.lost = error
        return size

    def _write(self, rest: bytes) -> None:
        patience = 0.0 if isinstance(self._gap, TimeoutError) else self._patience
        end = None if patience is None else time.monotonic() + patience
        room = select.poll()
        room.register(self._target, select.POLLOUT)
        while rest:
            left = None if end is None else max(0.0, end - time.monotonic())
            if not room.poll(None if left is None else left * 1000):
                raise TimeoutError(errno.ETIMEDOUT, "nobody read on")
            try:
                rest = rest[os.write(self._target, rest[: select.PIPE_BUF]) :]
            except BlockingIOError as error:  # too little room, or another process used it
                if left == 0:
                    raise TimeoutError(errno.ETIMEDOUT, "nobody read on") from error
                time.sleep(PAUSE)

    @cached_property
    def _target(self) -> int:
        """Return the descriptor to write to.

        A terminal is reopened, so that non-blocking mode stays ours alone. A pipe takes at once
        whatever it has room for.
        """
        if self._patience is not None and self.isatty():
            with suppress(OSError):  # another user's
                way = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY
                return os.open(f"/dev/fd/{self._descriptor}", way)
        return self._descriptor

    def writable(self) -> bool:
        """Return True."""
        return True

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._descriptor

    def isatty(self) -> bool:
        """Return whether this is a terminal."""
        return os.isatty(self._descriptor)


class Ending(Outlet):
    """An outlet that ends the command at the first lost write, as `check` would: for third-party
    programs, whose output we cannot time."""

    _ended = False

    def write(self, data: "ReadableBuffer") -> int:
        """Write all of `data`, or end the command."""
        size = super().write(data)
        if self.lost and not self._ended:
            self._ended = True
            try:
                check(self)
            except PrintingError as error:
                fail(str(error), error.exit_code)
        return size


OUTPUT, ERRORS = Outlet(1), Outlet(2, PATIENCE)


def take_over(output: Outlet = OUTPUT) -> None:
    """Route everything that this process writes through the outlets.

    A standard descriptor that was closed at the start is filled first: otherwise a connection or a
    file would get its number, and then receive what others write there. Streams that have been
    replaced by somebody else are left alone.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:  # the lowest free number; opened for reading, so that a write still fails
            os.set_inheritable(os.open(os.devnull, os.O_RDONLY), True)
    if sys.stdin is None:
        sys.stdin = open(0, closefd=False)  # noqa: SIM115
    for name, outlet in (("stdout", output), ("stderr", ERRORS)):
        own = getattr(sys, f"__{name}__")
        if getattr(sys, name) is own:
            encoding = getattr(own, "encoding", None) or "utf-8"
            made = io.TextIOWrapper(
                io.BufferedWriter(outlet), encoding, "backslashreplace", line_buffering=True
            )
            setattr(sys, name, made)


def progress() -> "Console":
    """Return a console on standard error, for a bar and the lines above it."""
    from rich.console import Console

    return Console(stderr=True)


def say(line: str, console: "Console | None" = None) -> None:
    """Print a message on standard error, on one line however long, above the bar of `console`."""
    if console is None:
        print(as_typed(line), file=sys.stderr, flush=True)
    else:
        console.print(as_typed(line), highlight=False, soft_wrap=True, markup=False, emoji=False)


def mention(line: str) -> None:
    """Print a message about a file that a command writes; losing the message does not matter."""
    print(as_typed(line), flush=True)
    OUTPUT.lost = None


def show(result: "str | RenderableType", width: int = WIDE) -> None:
    """Print the result of a command.

    Outside a terminal a table is `width` columns wide. Ends the command silently with status
    CLOSED_PIPE if the reader closed the pipe; raises PrintingError if the result cannot be written.
    """
    if isinstance(result, str):
        print(as_typed(result), flush=True)
    else:
        from rich.console import Console

        Console(width=None if sys.stdout.isatty() else width).print(result)
    check()


def fail(sentence: str, status: int) -> NoReturn:
    """Print an error that a user can fix, and end the command."""
    if not NAME.match(sentence):
        sentence = sentence[:1].upper() + sentence[1:]
    say(f"Error: {sentence}")
    raise SystemExit(status)


def check(output: Outlet = OUTPUT) -> None:
    """End the command, as `show` does, if something on standard output was lost."""
    lost, output.lost = output.lost, None
    if isinstance(lost, BrokenPipeError):
        raise SystemExit(CLOSED_PIPE)
    if lost:
        raise PrintingError(
            f"the result cannot be written to standard output ({lost.strerror}): write it "
            "to a terminal, or to a file with enough space"
        )
