"""Downloads: finds mirrors that answer, and gets each file from the first that has it as published.

A file is written under a temporary name, locked, and renamed when it is complete and checked. So
nobody sees an incomplete file, and a second process waits for the first.
"""

import fcntl
import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import BinaryIO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from rich.progress import DownloadColumn, Progress, TransferSpeedColumn

from vanishing_gradients import console
from vanishing_gradients.trainer.datasets.catalogue import PublishedFile
from vanishing_gradients.trainer.datasets.idx import read_idx
from vanishing_gradients.trainer.errors import DatasetError
from vanishing_gradients.words import Say

STALL_SECONDS = 20.0
"""Seconds of silence after which a connection counts as cut."""

_ATTEMPTS = 3
_CHUNK = 2**16
_SLACK = 2**20  # more than gzip can add to the size of one of these files


class TransferError(Exception):
    """A file is not available; the text says why and fits into a sentence."""


class _CutError(TransferError):
    """The connection broke; a retry may succeed."""


def download(
    files: Sequence[PublishedFile], mirrors: Sequence[str], folder: Path, announce: Say
) -> None:
    """Download `files` into `folder`, created if missing, with progress on a terminal.

    Raises TransferError if no mirror has a file with the published SHA-256, and OSError if the
    folder cannot be written. Nothing incomplete or unchecked stays.
    """
    columns = (*Progress.get_default_columns(), DownloadColumn(), TransferSpeedColumn())
    screen = console.progress()
    shown = Progress(*columns, console=screen, disable=not screen.is_terminal)
    with _made_folder(folder), shown as progress:
        for file in files:
            with _partial_file(folder / f"{file.name}.gz", announce) as part:
                if part is not None:
                    _fetch(file, mirrors, part, progress)


def answering(
    mirrors: Sequence[str], file: str, patience: float
) -> tuple[list[str], dict[str, str]]:
    """Return the mirrors that answer within `patience` seconds, and why each of the others fails.

    Name lookups have no timeout, so each mirror is asked in its own thread, which is abandoned if
    it takes too long. Any answer will do: its content matters only when the file is fetched.
    """
    found: dict[str, str | None] = {}
    asking = [
        threading.Thread(target=_ask, args=(mirror, file, found), daemon=True) for mirror in mirrors
    ]
    deadline = time.monotonic() + patience
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join(max(0.0, deadline - time.monotonic()))
    silent = f"no answer within {patience:g} seconds"
    reasons = {each: why for each in mirrors if (why := found.get(each, silent)) is not None}
    return [mirror for mirror in mirrors if mirror not in reasons], reasons


def host(mirror: str) -> str:
    """Return the host of a mirror's address, for messages."""
    return urlsplit(mirror).netloc


def _ask(mirror: str, file: str, found: dict[str, str | None]) -> None:
    reason = None
    try:
        _opened(mirror + file, method="HEAD").close()
    except HTTPError as answer:
        answer.close()
    except (OSError, HTTPException) as error:
        reason = _told(error)
    found[mirror] = reason


def _fetch(file: PublishedFile, mirrors: Sequence[str], part: BinaryIO, progress: Progress) -> None:
    """Fill `part` with the file from the first mirror that has it as published."""
    task = progress.add_task(file.name, total=None)
    reasons = []
    for mirror in mirrors:
        for attempt in range(1, _ATTEMPTS + 1):
            part.seek(0)
            part.truncate()
            try:
                for chunk, total in _chunks(f"{mirror}{file.name}.gz"):
                    part.write(chunk)
                    progress.update(task, completed=part.tell(), total=total)
                    if part.tell() > file.size + _SLACK:
                        raise TransferError("sends more than the published file")
                part.flush()
                with suppress(DatasetError):
                    if read_idx(Path(part.name), file.dimensions).sha256 == file.sha256:
                        return
                raise TransferError("sends a file other than the published one")
            except TransferError as error:
                if attempt == _ATTEMPTS or not isinstance(error, _CutError):
                    reasons.append(f"{host(mirror)} {error}")
                    break
    raise TransferError(f"{file.name}.gz: {'; '.join(reasons)}")


def _chunks(url: str) -> Iterator[tuple[bytes, int | None]]:
    """Yield an address's data in pieces, each with the total number of bytes expected."""
    arrived = 0
    try:
        with _opened(url) as answer:
            expected = answer.length
            while chunk := answer.read(_CHUNK):
                arrived += len(chunk)
                yield chunk, expected
    except HTTPError as refusal:
        refusal.close()
        raise TransferError(_told(refusal)) from refusal
    except (OSError, HTTPException) as error:
        raise _CutError(f"breaks off ({_told(error)})") from error
    if expected is not None and arrived < expected:
        raise _CutError(f"breaks off (after {arrived} of {expected} bytes)")


def _opened(url: str, method: str = "GET") -> HTTPResponse:
    """Return the response of a mirror.

    Raises HTTPError for an error status, OSError or HTTPException without a response.
    """
    request = Request(url, method=method)  # noqa: S310, the catalogue's addresses are http(s)
    request.add_header("User-Agent", "vanishing-gradients")
    return urlopen(request, timeout=STALL_SECONDS)  # noqa: S310


def _told(error: Exception) -> str:
    """Return in a few words why a mirror failed to deliver a file."""
    if isinstance(error, HTTPError):
        return f"answers {error.code} {error.reason}"
    if isinstance(error, URLError):
        error = error.reason if isinstance(error.reason, Exception) else error
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


@contextmanager
def _made_folder(folder: Path) -> Iterator[None]:
    """Create the folder and its parents; on an error, remove those that stayed empty."""
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        for path in made:
            with suppress(OSError):  # not empty: a useful file arrived
                path.rmdir()
        raise


@contextmanager
def _partial_file(target: Path, announce: Say) -> Iterator[BinaryIO | None]:
    """Open `<target>.part`, locked; None if `target` has been completed meanwhile.

    Leaving without an error renames the part to the target; otherwise it is removed.
    """
    path = target.with_name(f"{target.name}.part")
    with _locked(path, announce) as part:
        try:
            if target.exists():
                yield None
            else:
                yield part
                part.flush()
                os.fsync(part.fileno())
                path.rename(target)
        finally:
            path.unlink(missing_ok=True)


def _locked(path: Path, announce: Say) -> BinaryIO:
    while True:
        part = path.open("ab")
        try:
            fcntl.flock(part, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            announce(f"Waiting for another process that downloads {path.stem}.")
            fcntl.flock(part, fcntl.LOCK_EX)
        # The previous holder of the lock may have renamed or removed this file.
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(part.fileno()), path.stat()):
                return part
        part.close()
