"""Downloading: which mirrors answer, and each file from the first that gives it as published.

A file arrives under another name, locked, and takes its own when it is whole and checked: whoever
sees it sees a complete one, and of two processes the second waits for the first.
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
"""A connection that is silent for so long counts as cut."""

_ATTEMPTS = 3
_CHUNK = 2**16
_SLACK = 2**20  # gzip never makes one of these files longer by more than this


class TransferError(Exception):
    """Why a file cannot be had, in words that fit into a sentence."""


class _CutError(TransferError):
    """The connection broke; another attempt may succeed."""


def download(
    files: Sequence[PublishedFile], mirrors: Sequence[str], folder: Path, announce: Say
) -> None:
    """Download `files` into `folder`, which is made if missing, with progress on a terminal.

    Raises TransferError where no mirror gives a file with the published SHA-256, and OSError where
    the folder cannot be written. Nothing that is not whole and checked stays.
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

    Looking up a host's name knows no time limit, so each mirror is asked by a thread of its own
    that is left alone when it takes too long. Any answer will do: what it says about the file is
    seen when the file is fetched.
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
    """Return the host of a mirror's address, to name it in a sentence."""
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
                raise TransferError("sends something else than the published file")
            except TransferError as error:
                if attempt == _ATTEMPTS or not isinstance(error, _CutError):
                    reasons.append(f"{host(mirror)} {error}")
                    break
    raise TransferError(f"{file.name}.gz: {'; '.join(reasons)}")


def _chunks(url: str) -> Iterator[tuple[bytes, int | None]]:
    """Yield what an address sends, each piece with the number of bytes that all will be."""
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
    """Return the answer of a mirror.

    Raises HTTPError for an answer that is none, OSError or HTTPException where there is no answer.
    """
    request = Request(url, method=method)  # noqa: S310, the catalogue's addresses are http(s)
    request.add_header("User-Agent", "vanishing-gradients")
    return urlopen(request, timeout=STALL_SECONDS)  # noqa: S310


def _told(error: Exception) -> str:
    """Return in a few words why a mirror did not give a file."""
    if isinstance(error, HTTPError):
        return f"answers {error.code} {error.reason}"
    if isinstance(error, URLError):
        error = error.reason if isinstance(error.reason, Exception) else error
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


@contextmanager
def _made_folder(folder: Path) -> Iterator[None]:
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
def _partial_file(target: Path, announce: Say) -> Iterator[BinaryIO | None]:
    """Open `<target>.part`, locked; None if `target` has been completed meanwhile.

    Leaving without an error gives the part the target's name; otherwise it is removed.
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
        # Whoever held the lock may have renamed or removed the file: then this is no longer it.
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(part.fileno()), path.stat()):
                return part
        part.close()
