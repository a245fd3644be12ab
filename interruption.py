"""Safe handling of Ctrl-C: code that must not stop halfway postpones it."""

import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
INTERRUPTED = 130
"""The exit status of a command that was asked to stop: 128 + SIGINT, as is usual."""

Handler = Callable[[int, FrameType | None], Any]


def _end(number: int, frame: FrameType | None) -> None:
    os._exit(INTERRUPTED)


@contextmanager
def _replaced(handlers: Mapping[signal.Signals, Any], other: Handler) -> Iterator[None]:
    """Install `other` as handler in the block, and restore the signals' `handlers` after it."""
    for each in handlers:
        signal.signal(each, other)
    try:
        yield
    finally:
        for each, handler in handlers.items():
            signal.signal(each, handler)


@contextmanager
def at_once() -> Iterator[None]:
    """Let a signal that asks to stop end the process silently, unless the block overrides this.

    For imports, where a signal's exception prints a traceback or gets lost. An ignored signal stays
    ignored.
    """
    usual = (signal.SIG_DFL, signal.default_int_handler)
    before = {each: handler for each in SIGNALS if (handler := signal.getsignal(each)) in usual}
    with _replaced(before, _end):
        yield


@contextmanager
def postponed() -> Iterator[None]:
    """Delay a signal that asks to stop until the end of the block; a second one acts at once.

    Only the main thread gets signals; in any other thread the block simply runs.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    arrived: list[int] = []
    before = {each: handler for each in SIGNALS if callable(handler := signal.getsignal(each))}

    def remember(number: int, frame: FrameType | None) -> None:
        arrived.append(number)
        if len(arrived) > 1:
            before[signal.Signals(number)](number, frame)

    with _replaced(before, remember):
        yield
    if arrived:
        signal.raise_signal(arrived[0])


@contextmanager
def as_keyboard_interrupt() -> Iterator[None]:
    """Let SIGTERM and SIGHUP (a closed terminal) stop the block just as Ctrl-C does.

    An ignored signal, as under nohup, stays ignored.
    """
    ending = (signal.SIG_DFL, _end)
    before = {each: handler for each in SIGNALS if (handler := signal.getsignal(each)) in ending}
    with _replaced(before, signal.default_int_handler):
        yield
