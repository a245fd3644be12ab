"""The console: what a command says, and what it prints, whatever becomes of the place it goes to.

Once `take_over` is called, no write to standard output or standard error raises: not of a pipe that
nobody reads any more, a terminal that is gone, a full disk, a closed descriptor, an encoding that
lacks a character. So nothing that shows progress, a library's thread included, can end the work.
What could not be written is remembered, and `show`, by which a command prints the result that it is
there for, ends the command then.
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
"""Columns of a table that goes into a file or a pipe."""
PATIENCE = 5.0
"""Seconds that a reader of standard error may take to make room; training waits no longer."""
PAUSE = 0.01  # seconds
GAP = "(Lines are missing here: {}.)\n"
NAME = re.compile(r"\S*[/._=(]")
"""How a sentence begins that begins with a path or with another name: as it is, not capitalised."""
CLOSED_PIPE = 141
"""The status of a command whose reader, such as `head`, has enough: 128 + SIGPIPE, as of others."""


class PrintingError(UserError):
    """The result of a command cannot be written to standard output."""


class Outlet(io.RawIOBase):
    """A file descriptor of which no write fails: what it does not take is lost, and `lost` why.

    A reader that makes no room is waited for `patience` seconds, or for ever; after that, what
    comes is lost at once until there is room again. Where lines were lost, the next one that gets
    through comes after a line that says so.
    """

    def __init__(self, descriptor: int, patience: float | None = None) -> None:
        self._descriptor, self._patience = descriptor, patience
        self._gap: OSError | None = None
        self.lost: OSError | None = None

    def write(self, data: "ReadableBuffer") -> int:
        """Write all of `data`, or lose it."""
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
            except BlockingIOError as error:  # too little room, or another process has taken it
                if left == 0:
                    raise TimeoutError(errno.ETIMEDOUT, "nobody read on") from error
                time.sleep(PAUSE)

    @cached_property
    def _target(self) -> int:
        """Where to write: a terminal opened anew, so that not to wait for it is our choice alone.

        What a pipe has room for it takes at once.
        """
        if self._patience is not None and self.isatty():
            with suppress(OSError):  # another user's
                way = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY
                return os.open(f"/dev/fd/{self._descriptor}", way)
        return self._descriptor

    def writable(self) -> bool:
        """Say that this is written to."""
        return True

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._descriptor

    def isatty(self) -> bool:
        """Say whether a terminal is there."""
        return os.isatty(self._descriptor)


class Ending(Outlet):
    """An outlet that ends the command at the first write that is lost, as `check` would: for a
    program of others, of which we do not know what it prints when."""

    _ended = False

    def write(self, data: "ReadableBuffer") -> int:
        """Write all of `data`, or end."""
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
    """Let all that this process writes go through the outlets, whoever writes it.

    A standard descriptor that was closed at the start is filled first: a connection or a file would
    get its number, and then what others write there. Streams that somebody put in place of the
    process's own are left alone.
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
    """Return a console on standard error, for a bar and for the lines above it."""
    from rich.console import Console

    return Console(stderr=True)


def say(line: str, console: "Console | None" = None) -> None:
    """Say what happens on standard error, in one line however long, above the bar of `console`."""
    if console is None:
        print(as_typed(line), file=sys.stderr, flush=True)
    else:
        console.print(as_typed(line), highlight=False, soft_wrap=True, markup=False, emoji=False)


def mention(line: str) -> None:
    """Print a line about files that a command writes; whether it gets through does not matter."""
    print(as_typed(line), flush=True)
    OUTPUT.lost = None


def show(result: "str | RenderableType", width: int = WIDE) -> None:
    """Print a result of a command, which there is no use in going on without.

    A table that goes elsewhere than to a terminal is `width` columns wide. Ends the command with
    status CLOSED_PIPE, and without a word, where the reader has enough; raises PrintingError where
    the result cannot be written.
    """
    if isinstance(result, str):
        print(as_typed(result), flush=True)
    else:
        from rich.console import Console

        Console(width=None if sys.stdout.isatty() else width).print(result)
    check()


def fail(sentence: str, status: int) -> NoReturn:
    """Say what a user can put right, and end the command."""
    if not NAME.match(sentence):
        sentence = sentence[:1].upper() + sentence[1:]
    say(f"Error: {sentence}")
    raise SystemExit(status)


def check(output: Outlet = OUTPUT) -> None:
    """End the command, as `show` does, where something on standard output was lost."""
    lost, output.lost = output.lost, None
    if isinstance(lost, BrokenPipeError):
        raise SystemExit(CLOSED_PIPE)
    if lost:
        raise PrintingError(
            f"the result cannot be written to standard output ({lost.strerror}): let it go to a "
            "terminal, or to a file where there is room"
        )
