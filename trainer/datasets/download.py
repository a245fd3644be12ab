"""Downloading: each file from the first mirror that gives it whole, resumed where it was cut."""

import os
from collections.abc import Callable, Sequence
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import BinaryIO
from urllib.error import HTTPError

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from vanishing_gradients.trainer.datasets.catalogue import PublishedFile
from vanishing_gradients.trainer.datasets.idx import read_idx
from vanishing_gradients.trainer.datasets.mirrors import host, opened, told
from vanishing_gradients.trainer.datasets.partial import made_folder, partial_file
from vanishing_gradients.trainer.errors import DatasetError

_ATTEMPTS = 5
_CHUNK = 2**16
_SLACK = 2**20  # gzip never makes one of these files longer by more than this


class TransferError(Exception):
    """Why a file cannot be had, in words that fit into a sentence."""


def download(
    files: Sequence[PublishedFile],
    mirrors: Sequence[str],
    folder: Path,
    announce: Callable[[str], None],
) -> None:
    """Download `files` into `folder`, which is made if missing, with progress on a terminal.

    Raises TransferError where no mirror gives a file with the published SHA-256, and OSError where
    the folder cannot be written. What arrived before a cut stays as <name>.gz.part for the next
    time; nothing that failed its check stays.
    """
    with made_folder(folder), _progress() as progress:
        for file in files:
            with partial_file(folder / f"{file.name}.gz", announce) as part:
                if part is not None:
                    _fetch(file, mirrors, part, progress)


def _progress() -> Progress:
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    )


def _fetch(file: PublishedFile, mirrors: Sequence[str], part: BinaryIO, progress: Progress) -> None:
    """Fill `part` with the file from the first mirror that has it as published."""
    task = progress.add_task(file.name, total=None)
    reasons = []
    for mirror in mirrors:
        try:
            _fetch_from(f"{mirror}{file.name}.gz", file, part, progress, task)
            return
        except TransferError as error:
            reasons.append(f"{host(mirror)} {error}")
    raise TransferError(f"{file.name}.gz: {'; '.join(reasons)}")


def _fetch_from(
    url: str, file: PublishedFile, part: BinaryIO, progress: Progress, task: TaskID
) -> None:
    """Fill `part` from one address, going on where a connection was cut, and check it."""
    cut = None
    for _ in range(_ATTEMPTS):
        start = part.seek(0, os.SEEK_END)
        cut = _append(url, file, part, progress, task)
        if cut is None:
            if _is_published(file, part):
                return
            _empty(part)
            if start == 0:
                raise TransferError("sends something else than the published file")
            # What an earlier attempt left may be of another mirror's archive: from the start, then.
        elif part.seek(0, os.SEEK_END) <= start:
            break
    raise TransferError(f"breaks off ({cut})")


def _append(
    url: str, file: PublishedFile, part: BinaryIO, progress: Progress, task: TaskID
) -> str | None:
    """Append what is missing from `part`; None when the mirror sent all it has, else why not."""
    start = part.tell()
    try:
        answer = opened(url, start=start)
    except HTTPError as refusal:
        refusal.close()
        if start and refusal.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return None
        raise TransferError(told(refusal)) from refusal
    except (OSError, HTTPException) as error:
        return told(error)
    with answer:
        if not _continues(answer, start):
            _empty(part)
            start = 0
        expected = None if answer.length is None else start + answer.length
        progress.update(task, total=expected, completed=start)
        while True:
            try:
                chunk = answer.read(_CHUNK)
            except (OSError, HTTPException) as error:
                return told(error)
            if not chunk:
                break
            part.write(chunk)
            progress.update(task, advance=len(chunk))
            if part.tell() > file.size + _SLACK:
                _empty(part)
                raise TransferError("sends more than the published file")
    if expected is not None and part.tell() < expected:
        return f"after {part.tell()} of {expected} bytes"
    return None


def _empty(part: BinaryIO) -> None:
    part.seek(0)
    part.truncate()


def _continues(answer: HTTPResponse, start: int) -> bool:
    span = answer.headers.get("Content-Range", "")
    return answer.status == HTTPStatus.PARTIAL_CONTENT and span.startswith(f"bytes {start}-")


def _is_published(file: PublishedFile, part: BinaryIO) -> bool:
    part.flush()
    try:
        return read_idx(Path(part.name), file.dimensions).sha256 == file.sha256
    except DatasetError:
        return False
