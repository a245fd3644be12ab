"""Answers that are kept for a while: a closed epoch never changes, so none is computed twice."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TypeVar

MOST = 256
SECONDS = 600.0
"""How long an answer is kept. `make drop KEEP=statistics` and `make summarize` change what there is
of an old run, without a new epoch."""

T = TypeVar("T")


class Kept:
    """At most MOST answers, those used last; of two that ask for one at once, one waits."""

    def __init__(self, most: int = MOST, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = most, clock
        self._guard = threading.Lock()
        self._answers: OrderedDict[Hashable, tuple[float, object]] = OrderedDict()
        self._under_way: dict[Hashable, threading.Lock] = {}

    def get(self, key: Hashable, compute: Callable[[], T]) -> T:
        """Return the answer kept under `key`, or compute it; errors are not kept."""
        with self._guard:
            own = self._under_way.setdefault(key, threading.Lock())
        with own:
            try:
                found = self._found(key)
                if found is None:
                    found = (compute(),)
                    self._keep(key, found[0])
                return found[0]
            finally:
                with self._guard:
                    self._under_way.pop(key, None)

    def peek(self, key: Hashable) -> object | None:
        """Return the answer kept under `key`; None if there is none."""
        found = self._found(key)
        return found[0] if found else None

    def _found(self, key: Hashable) -> tuple | None:
        with self._guard:
            if key not in self._answers:
                return None
            at, answer = self._answers[key]
            if self._clock() - at > SECONDS:
                del self._answers[key]
                return None
            self._answers.move_to_end(key)
            return (answer,)

    def _keep(self, key: Hashable, answer: object) -> None:
        with self._guard:
            self._answers[key] = (self._clock(), answer)
            while len(self._answers) > self._most:
                self._answers.popitem(last=False)
