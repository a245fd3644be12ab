"""Ctrl-C where it does no harm: what must not stop halfway postpones it."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
INTERRUPTED = 130
"""The exit status of a command that was asked to stop: 128 + SIGINT, as of others."""


def _end(number: int, frame: FrameType | None) -> None:
    os._exit(INTERRUPTED)


@contextmanager
def at_once() -> Iterator[None]:
    """Let a signal that asks to stop end the process, without a word, where the block does not say
    otherwise.

    For imports, out of which an exception comes with a traceback, or not at all. A signal that is
    ignored stays ignored.
    """
    usual = (signal.SIG_DFL, signal.default_int_handler)
    before = {each: handler for each in SIGNALS if (handler := signal.getsignal(each)) in usual}
    for each in before:
        signal.signal(each, _end)
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextmanager
def postponed() -> Iterator[None]:
    """Let a signal that asks to stop take effect at the end of the block, a second one at once.

    Only the main thread gets signals; in any other the block just runs.
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

    for each in before:
        signal.signal(each, remember)
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    if arrived:
        signal.raise_signal(arrived[0])


@contextmanager
def as_keyboard_interrupt() -> Iterator[None]:
    """Let SIGTERM, and a terminal that goes away, stop the block just as Ctrl-C does.

    A signal that is ignored, as under nohup, stays ignored.
    """
    ending = (signal.SIG_DFL, _end)
    before = {each: handler for each in SIGNALS if (handler := signal.getsignal(each)) in ending}
    for each in before:
        signal.signal(each, signal.default_int_handler)
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
