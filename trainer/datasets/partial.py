"""A partial file grows under a lock beside the file that it will become.

Whoever sees the file sees a complete one, and of two processes the second waits for the first.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


@contextmanager
def made_folder(folder: Path) -> Iterator[None]:
    """Make the folder and its parents; on an error, remove those of them that stayed empty."""
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        for path in made:
            with suppress(OSError):  # not empty: something worth keeping arrived
                path.rmdir()
        raise


@contextmanager
def partial_file(target: Path, announce: Callable[[str], None]) -> Iterator[BinaryIO | None]:
    """Open `<target>.part` for appending, locked; None if `target` has been completed meanwhile.

    Leaving without an error gives the part the target's name. After an error it stays, to be
    continued, unless it is empty.
    """
    path = target.with_name(f"{target.name}.part")
    with _locked(path, announce) as part:
        if target.exists():
            path.unlink()
            yield None
            return
        try:
            yield part
            part.flush()
            os.fsync(part.fileno())
        except BaseException:
            if part.seek(0, os.SEEK_END) == 0:
                path.unlink()
            raise
        path.rename(target)


def _locked(path: Path, announce: Callable[[str], None]) -> BinaryIO:
    while True:
        part = path.open("ab")
        try:
            fcntl.flock(part, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            announce(f"Waiting for another process that downloads {path.stem}.")
            fcntl.flock(part, fcntl.LOCK_EX)
        # Whoever held the lock may have renamed or removed the file: then this is no longer it.
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(part.fileno()), path.stat()):
                return part
        part.close()
