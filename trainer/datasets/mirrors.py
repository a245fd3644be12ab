"""Mirrors: which of them answer, asked all at once and not for long."""

import queue
import threading
import time
from collections.abc import Sequence
from http.client import HTTPException, HTTPResponse
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

STALL_SECONDS = 20.0
"""A connection that is silent for so long counts as cut."""


def opened(url: str, method: str = "GET", start: int = 0) -> HTTPResponse:
    """Return the answer of a mirror, from byte `start` on if it can do that.

    Raises HTTPError for an answer that is none, OSError or HTTPException where there is no answer.
    """
    request = Request(url, method=method)  # noqa: S310, the catalogue's addresses are http(s)
    request.add_header("User-Agent", "vanishing-gradients")
    if start:
        request.add_header("Range", f"bytes={start}-")
    return urlopen(request, timeout=STALL_SECONDS)  # noqa: S310


def answering(
    mirrors: Sequence[str], file: str, patience: float
) -> tuple[list[str], dict[str, str]]:
    """Return the mirrors that answer within `patience` seconds, and why each of the others fails.

    Looking up a host's name knows no time limit, so each mirror is asked by a thread of its own
    that is left behind when it takes too long. Any answer will do: what it says about the file is
    seen when the file is fetched.
    """
    answers: queue.SimpleQueue[tuple[str, str | None]] = queue.SimpleQueue()
    for mirror in mirrors:
        threading.Thread(target=_ask, args=(mirror, file, answers), daemon=True).start()
    reasons = dict.fromkeys(mirrors, f"no answer within {patience:g} seconds")
    deadline = time.monotonic() + patience
    for _ in mirrors:
        try:
            mirror, reason = answers.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            break
        if reason is None:
            del reasons[mirror]
        else:
            reasons[mirror] = reason
    return [mirror for mirror in mirrors if mirror not in reasons], reasons


def _ask(mirror: str, file: str, answers: queue.SimpleQueue) -> None:
    try:
        opened(mirror + file, method="HEAD").close()
    except HTTPError as answer:
        answer.close()
    except (OSError, HTTPException) as error:
        answers.put((mirror, told(error)))
        return
    answers.put((mirror, None))


def told(error: Exception) -> str:
    """Return in a few words why a mirror did not give a file."""
    if isinstance(error, HTTPError):
        return f"answers {error.code} {error.reason}"
    if isinstance(error, URLError):
        error = error.reason if isinstance(error.reason, Exception) else error
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


def host(mirror: str) -> str:
    """Return the host of a mirror's address, to name it in a sentence."""
    return urlsplit(mirror).netloc
