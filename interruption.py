"""Ctrl-C where it does no harm: what must not stop halfway postpones it."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


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
    changed = []
    for each in SIGNALS:
        if signal.getsignal(each) is signal.SIG_DFL:
            signal.signal(each, signal.default_int_handler)
            changed.append(each)
    try:
        yield
    finally:
        for each in changed:
            signal.signal(each, signal.SIG_DFL)
