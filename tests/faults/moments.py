"""Moments of a run at which something may happen: between any two messages to the server."""

import random
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, event

from vanishing_gradients.telemetry.connection import BufferConnection
from vanishing_gradients.telemetry.loader import Loader
from vanishing_gradients.trainer.run import TrainingListener

CHUNKS = 137
"""Chunks of the small run."""
OF_A_CHUNK = ("load", "loaded", "noted", "committed")
"""Before its load, and after each of the three statements that store it."""
WITHIN_A_RUN = range(20, 4 * CHUNKS - 20)
"""Numbers of writers' moments that every run reaches."""


class Hearing(TrainingListener):
    """Records a run's messages."""

    def __init__(self) -> None:
        self.run_id, self.said, self.traffic = 0, [], None
        self.away: list[str] = []
        self.back: list[str] = []

    def registered(self, run_id, description, traffic, completed_epoch) -> None:
        self.run_id, self.traffic = run_id, traffic

    def warn(self, sentence: str) -> None:
        print(sentence)
        self.said.append(sentence)
        if "does not accept gradients" in sentence:
            self.away.append(sentence)
        if "accepts gradients again" in sentence:
            self.back.append(sentence)


class Moments:
    """Counts the moments of all writers, and of the thread that closes epochs, from 1, while
    something is planned.

    A planned action happens in the thread that reaches its moment, one at a time.
    """

    def __init__(self) -> None:
        self.plans: list[tuple[Callable[[str, int], bool], Callable[[], None]]] = []
        self.happened: list[str] = []
        self.counts: dict[str, int] = {}
        self._lock, self._acting = threading.Lock(), threading.Lock()

    def at(self, number: int, action: Callable[[], None]) -> None:
        """Run `action` at a writers' moment, number `number` of all kinds."""
        self.plans.append((lambda kind, count: kind in OF_A_CHUNK and count == number, action))

    def when(self, kind: str, number: int, action: Callable[[], None]) -> None:
        """Run `action` at moment number `number` of one kind."""
        self.plans.append((lambda found, _: found == kind and self.counts[kind] == number, action))

    def scatter(self, chance: random.Random, actions: Iterable[Callable[[], None]]) -> None:
        """Run actions at random moments of writers."""
        actions = list(actions)
        numbers = sorted(chance.sample(WITHIN_A_RUN, len(actions)))
        print(f"at moments {numbers}")
        for number, action in zip(numbers, actions, strict=True):
            self.at(number, action)

    def reach(self, kind: str) -> None:
        """Reach a moment, and do what is planned for it."""
        with self._lock:
            if not self.plans:
                return
            self.counts[kind] = self.counts.get(kind, 0) + 1
            of_writers = sum(self.counts.get(each, 0) for each in OF_A_CHUNK)
            due = [plan for plan in self.plans if plan[0](kind, of_writers)]
            self.plans = [plan for plan in self.plans if plan not in due]
        for _, action in due:
            with self._acting:
                self.happened.append(f"{kind} {of_writers}")
                action()


@contextmanager
def watched_moments(monkeypatch: pytest.MonkeyPatch) -> Iterator[Moments]:
    """Make the trainer of this process report its moments.

    Those of a chunk are in OF_A_CHUNK; those of an epoch's end are `close`, each statement of it,
    and `closing`, just before its commit.
    """
    moments = Moments()
    send, note, commit = Loader._send, Loader._mark, BufferConnection.commit

    def told_send(self, chunk, dtype):
        moments.reach("load")
        send(self, chunk, dtype)
        moments.reach("loaded")

    def told_note(self, chunk):
        note(self, chunk)
        moments.reach("noted")

    def told_commit(self):
        commit(self)
        moments.reach("committed")

    def before_statement(connection, cursor, statement, *_):
        if _closing():
            moments.reach("close")

    def before_commit(connection):
        if _closing():
            moments.reach("closing")

    monkeypatch.setattr(Loader, "_send", told_send)
    monkeypatch.setattr(Loader, "_mark", told_note)
    monkeypatch.setattr(BufferConnection, "commit", told_commit)
    event.listen(Engine, "before_cursor_execute", before_statement)
    event.listen(Engine, "commit", before_commit)
    try:
        yield moments
    finally:
        event.remove(Engine, "before_cursor_execute", before_statement)
        event.remove(Engine, "commit", before_commit)


def _closing() -> bool:
    return threading.current_thread().name.startswith("closer")
