"""The run of a watched model: from the checks before training to its recorded end.

We do not control training: an error here is reported, and ends only the recording.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import URL, select

from vanishing_gradients.errors import UserError
from vanishing_gradients.server.given_server import require_privileges
from vanishing_gradients.sql.catalogue import runs
from vanishing_gradients.sql.connection import connected, engine, explained
from vanishing_gradients.sql.registry import require_migrated
from vanishing_gradients.sql.requirements import require_able
from vanishing_gradients.telemetry.errors import OutageError, ResumeError
from vanishing_gradients.telemetry.pulse import Pulse
from vanishing_gradients.telemetry.recording import EpochMetrics, RecordedLayer, RecordedUpdate
from vanishing_gradients.telemetry.retry import Retry
from vanishing_gradients.telemetry.roads import AUTO
from vanishing_gradients.telemetry.runs import TRAINER, RunDescription, Status
from vanishing_gradients.telemetry.session import RecordingSession, RunListener, RunOptions
from vanishing_gradients.words import Say, counted, plural

FOR_EVER = 30 * 86_400.0
"""Seconds that writers retry: training does not wait that long for them."""
BACKLOG = 8
"""Epochs that may wait for the server before steps are dropped."""
UNLIMITED = 1 << 30


@dataclass(frozen=True)
class Manners:
    """How recording affects training.

    A server that is away, or too slow, is waited for up to `patience` seconds at a time, or not at
    all if steps are to be dropped immediately (`thin`). `lenient` reports errors, which are raised
    otherwise.
    """

    patience: float = 60.0
    thin: bool = False
    lenient: bool = True
    road: str = AUTO


class WatchedRun:
    """Records a run of a watched model in the database at `url`; `say` gets messages.

    `resumed` is the number of a run to continue, at `first_epoch` or after its last completed
    epoch.
    """

    def __init__(
        self,
        url: URL,
        manners: Manners,
        say: Say,
        resumed: int | None = None,
        first_epoch: int | None = None,
    ) -> None:
        self.url, self.say = url, say
        self._manners, self._resumed, self._first_epoch = manners, resumed, first_epoch
        self._session: RecordingSession | None = None
        self._failure: BaseException | None = None
        self._behind = False
        self.missing = 0

    @property
    def begun(self) -> bool:
        """Whether there is a run."""
        return self._session is not None

    @property
    def pulse(self) -> Pulse | None:
        """Takes the place that training has reached; None before the run is registered."""
        return self._session.pulse if self._session else None

    @property
    def recording(self) -> bool:
        """Whether steps are recorded: no permanent error has happened."""
        return self._failure is None

    @property
    def run_id(self) -> int:
        """The run's number."""
        assert self._session is not None, "no run has begun"
        return self._session.run.run_id

    def require_ready(self) -> int:
        """Check all that can be checked before training; return the first epoch.

        Raises DatabaseError if the database cannot be used, ResumeError if there is no such run to
        resume.
        """
        with explained(self.url), connected(self.url) as session:
            require_privileges(session, self.url)
            require_able(session, self.url)
        database = engine(self.url)
        try:
            with explained(self.url), database.connect() as connection:
                require_migrated(connection)
                if self._resumed is None:
                    return 1
                columns = (runs.c.completed_epoch, runs.c.source)
                found = connection.execute(
                    select(*columns).where(runs.c.run_id == self._resumed)
                ).one_or_none()
        finally:
            database.dispose()
        if found is None:
            raise ResumeError(
                f"There is no run {self._resumed}: `make runs` lists those there are."
            )
        if found.source == TRAINER:
            raise ResumeError(
                f"Run {self._resumed} is not of a watched model: `make train RUN={self._resumed}` "
                "resumes it."
            )
        after = int(found.completed_epoch) + 1
        if self._first_epoch is not None and not 1 <= self._first_epoch <= after:
            raise ResumeError(
                f"Run {self._resumed} has {after - 1} epochs, so it can continue with epoch "
                f"{after} or an earlier one, but not with {self._first_epoch}."
            )
        return self._first_epoch or after

    def begin(self, description: RunDescription) -> None:
        """Register the run, or resume it."""

        def enter(again: bool) -> RecordingSession:
            listener = _Listener(self.say)
            # `record` waits for room: a step that started with room has it for all layers.
            options = RunOptions(
                self._resumed, FOR_EVER, self._manners.road, UNLIMITED, 0.0, self._first_epoch
            )
            session = RecordingSession(self.url, description, listener, options)
            session.__enter__()
            return session

        retry = Retry(self._manners.patience, self.say)
        self.guarded(lambda: setattr(self, "_session", retry.call(enter)))

    def record(self, epoch: int, step: int, layers: Sequence[RecordedLayer | None]) -> bool:
        """Take copies of one step's gradients; False leaves the step out."""
        if self._session is None or not self.recording:
            self.missing += not self.recording
            return False
        if not self._has_room():
            self.missing += 1
            return False
        recorder = self._session.recorder
        return bool(self.guarded(lambda: recorder.record(epoch, step, layers)))

    def record_updates(self, updates: Sequence[RecordedUpdate | None]) -> None:
        """Take the updates of the last recorded step."""
        if self._session and self.recording:
            recorder = self._session.recorder
            self.guarded(lambda: recorder.record_updates(updates))

    def close_epoch(self, metrics: EpochMetrics) -> None:
        """End an epoch, which is stored in the background."""
        if self._session and self.recording:
            recorder = self._session.recorder
            self.guarded(lambda: recorder.close_epoch(metrics, lambda: None))

    def end(self, error: BaseException | None) -> Status | None:
        """Store the rest, and record how the run ended; return its status.

        `error` is what ended training, None if it completed. A server that is away is waited for up
        to `patience` seconds.
        """
        session = self._session
        if session is None:
            return None
        own = None
        if error is None and self.recording:
            try:
                self._finish(session)
            except Exception as met:  # reported or raised after the session
                own = met
        failure = error or self._failure or own
        try:
            trace = failure.__traceback__ if failure else None
            session.__exit__(type(failure) if failure else None, failure, trace)
        except Exception as met:
            own = own or (met if met is not failure else None)
        if self.missing:
            self.say(
                f"Run {session.run.run_id}: {counted(self.missing, 'step')} that should "
                f"have been recorded {plural(self.missing, 'is', 'are')} missing."
            )
        if own and error is None:
            self._meet(own)
        return session.status

    def _finish(self, session: RecordingSession) -> None:
        if not session.finish(self._manners.patience):
            raise OutageError(
                f"the rest could not be stored within {self._manners.patience:g} s: watch(..., "
                f"run={session.run.run_id}) continues after the last epoch that was stored"
            )

    def _has_room(self) -> bool:
        """Wait for the server up to `patience` seconds, once per outage."""
        assert self._session is not None
        session = self._session
        patience = 0.0 if self._manners.thin or self._behind else self._manners.patience
        end = time.monotonic() + patience
        room = session.sink.wait_for_room(patience)
        while room and session.recorder.unclosed > BACKLOG:
            room = time.monotonic() < end and session.recorder.wait(end - time.monotonic())
        if room and self._behind:
            self.say(
                f"The server is back; {counted(self.missing, 'step')} "
                f"{plural(self.missing, 'is', 'are')} missing so far."
            )
        if not room and not self._behind:
            self.say(
                "The server does not keep up: steps are dropped until it does, and "
                "training continues."
            )
        self._behind = not room
        return room

    def guarded(self, action: Callable[[], object]) -> object:
        """Run `action` so that no error ends training, unless that was asked for."""
        try:
            return action()
        except Exception as error:  # whatever it is, it is ours, not training's
            self._meet(error)
        return None

    def _meet(self, error: Exception) -> None:
        if not self._manners.lenient:
            raise error
        first = self._failure is None
        self._failure = self._failure or error
        if first:
            told = (
                str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
            )
            self.say(
                f"Recording has ended, and training continues without it: {told.rstrip('.')}. "
                'on_error="raise" would end training, too.'
            )


class _Listener(RunListener):
    """Prints a session's messages."""

    def __init__(self, say: Say) -> None:
        self._say = say

    def note(self, sentence: str) -> None:
        self._say(sentence)

    def warn(self, sentence: str) -> None:
        self._say(sentence)
