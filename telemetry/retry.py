"""Retries while a server is away, full or busy: with growing pauses, up to a limit."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    sleep_using_event,
    stop_after_delay,
    stop_when_event_set,
    wait_exponential_jitter,
)

from vanishing_gradients.sql.server_errors import passing
from vanishing_gradients.telemetry.errors import OutageError
from vanishing_gradients.words import Say

FIRST_PAUSE, LONGEST_PAUSE = 0.25, 15.0  # seconds
PAUSES = wait_exponential_jitter(multiplier=FIRST_PAUSE, max=LONGEST_PAUSE, jitter=FIRST_PAUSE)
A_DAY = 86_400.0
SECONDS = 600.0
"""How long one operation is retried before the run gives up."""

T = TypeVar("T")


class Retry:
    """Shared by all threads of a run: how long to retry, and whether to stop.

    `say` is called once when an outage starts and once when it ends, whichever thread notices; not
    for a connection that was cut if the next one works.
    """

    def __init__(self, seconds: float = SECONDS, say: Say = lambda sentence: None) -> None:
        self.seconds = seconds
        self._say = say
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._waiting: set[RetryCallState] = set()
        self._since = 0.0

    def call(self, action: Callable[[bool], T]) -> T:
        """Return the result of `action`, which is retried while its errors may pass.

        Its argument says whether this is a retry: the previous attempt may have succeeded. Raises
        OutageError after `seconds`, and the error itself if it does not pass or `stop` was called.
        """
        attempts = Retrying(
            retry=retry_if_exception(passing),
            wait=lambda state: min(
                PAUSES(state), max(0.0, self.seconds - (state.seconds_since_start or 0.0))
            ),
            stop=stop_after_delay(self.seconds) | stop_when_event_set(self._over),
            sleep=sleep_using_event(self._over),
            before_sleep=self._note,
            reraise=True,
        )
        state, back = None, False
        try:
            for attempt in attempts:
                state = attempt.retry_state
                with attempt:
                    result = action(state.attempt_number > 1)
                    back = True
        except Exception as error:
            if self._over.is_set() or not passing(error):
                raise
            raise OutageError(
                f"Gave up after {self.seconds:g} s without the server ({_reason(error)}): when it "
                "is back, RESUME=1 resumes after the last completed epoch; PATIENCE says how many "
                "seconds to wait."
            ) from error
        finally:
            self._leave(state, back)
        return result

    def stop(self) -> None:
        """Stop all retries: each thread then raises its last error."""
        self._over.set()

    def outage(self) -> float | None:
        """Return for how many seconds the server has been away; None if it is not."""
        with self._lock:
            return time.monotonic() - self._since if self._waiting else None

    def _note(self, state: RetryCallState) -> None:
        if state.attempt_number == 1:
            return
        with self._lock:
            begins = not self._waiting
            self._waiting.add(state)
            if begins:
                self._since = time.monotonic()
        limit = f" for up to {self.seconds:g} s" if self.seconds < A_DAY else ""
        if begins and state.outcome:
            self._say(
                f"The server does not accept gradients ({_reason(state.outcome.exception())}): "
                f"trying again{limit}."
            )

    def _leave(self, state: RetryCallState | None, back: bool) -> None:
        with self._lock:
            waited = state in self._waiting
            self._waiting -= {state}
            ends = back and waited and not self._waiting
            seconds = time.monotonic() - self._since
        if ends:
            self._say(f"The server accepts gradients again, after {seconds:.0f} s.")


def _reason(error: BaseException | None) -> str:
    text = str(error.args[-1] if error and error.args else error) or type(error).__name__
    return text.rstrip(".")
