"""Who holds a lease: a name for each holder, and whether the process behind a name has ended.

A name has the machine, the process with its start time, and a random number. On the same machine
anyone can thus see that a holder was killed, without waiting until its lease runs out.
"""

import hashlib
import os
import secrets
from functools import cache
from pathlib import Path

PROC = Path("/proc")
UNKNOWN = "-"
"""Stands for a machine that cannot be told from others, and for an unknown start time."""
_active: set[str] = set()
"""The names under which this process holds something."""
ENDED = ("Z", "X")
"""States of a process that runs no more, although its parent has not asked how it ended."""


def new_owner() -> str:
    """Return the name of a new holder in this process, at most 64 characters long."""
    pid = os.getpid()
    _, started = _state(pid)
    owner = f"{_machine()}.{pid}.{started}.{secrets.token_hex(8)}"
    _active.add(owner)
    return owner


def retire(owner: str) -> None:
    """End a holder in this process, which may go on for long, even if nobody else hears of it."""
    _active.discard(owner)


def is_here(owner: str) -> bool:
    """Return whether a holder is a process of this machine, so that `has_ended` can tell."""
    return _machine() != UNKNOWN and owner.split(".")[0] == _machine()


def has_ended(owner: str) -> bool:
    """Return whether a holder, or its process, is known to have ended; False if that is unknown."""
    parts = owner.split(".")
    if not is_here(owner) or len(parts) != 4 or not parts[1].isdigit():
        return False
    pid, started = int(parts[1]), parts[2]
    if pid == os.getpid():
        return owner not in _active
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):  # another user's process
        pass
    state, now = _state(pid)
    return state in ENDED or (UNKNOWN not in (started, now) and now != started)


@cache
def _machine() -> str:
    """Name this machine since it was started, and the processes that see each other on it.

    Containers share a machine but not its processes. UNKNOWN without Linux's /proc.
    """
    try:
        boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
        namespace = (PROC / "self/ns/pid").stat().st_ino
    except OSError:
        return UNKNOWN
    known = f"{os.uname().nodename} {boot} {namespace}"
    return hashlib.sha256(known.encode()).hexdigest()[:16]


def _state(pid: int) -> tuple[str, str]:
    """Return a process's state, as one letter, and when it started, in ticks since the boot."""
    try:
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        return fields[0], fields[19]
    except (OSError, IndexError):
        return UNKNOWN, UNKNOWN
