"""The run of a watched model: from what is looked up before training to how it ended.

Training is somebody else's: what goes wrong here is said, and ends the recording alone.
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
from vanishing_gradients.telemetry.recording import EpochMetrics, RecordedLayer, RecordedUpdate
from vanishing_gradients.telemetry.retry import Retry
from vanishing_gradients.telemetry.roads import AUTO
from vanishing_gradients.telemetry.runs import TRAINER, RunDescription, Status
from vanishing_gradients.telemetry.session import RecordingSession, RunListener, RunOptions
from vanishing_gradients.words import Say

FOR_EVER = 30 * 86_400.0
"""Seconds that writers try again: training does not wait for them so long."""
BACKLOG = 8
"""Epochs that may wait for the server before steps are left out."""
UNLIMITED = 1 << 30


@dataclass(frozen=True)
class Manners:
    """How recording behaves towards training.

    A server that is away, or behind, is waited for up to `patience` seconds at a time, or not at
    all where steps are to be left out at once (`thin`). `lenient` has what goes wrong said, where
    else it is raised.
    """

    patience: float = 60.0
    thin: bool = False
    lenient: bool = True
    road: str = AUTO


class WatchedRun:
    """Records a run of a watched model in the database at `url`; `say` hears what is to be known.

    `resumed` is the number of a run that goes on, with the epoch `first_epoch` or after the last
    that it has completed.
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
    def recording(self) -> bool:
        """Whether steps are recorded: nothing has gone wrong for good."""
        return self._failure is None

    @property
    def run_id(self) -> int:
        """The run's number."""
        assert self._session is not None, "no run has begun"
        return self._session.run.run_id

    def require_ready(self) -> int:
        """Look up all that can be known before training; return the first epoch there will be.

        Raises DatabaseError where the database cannot be used, ResumeError where there is no run to
        go on with.
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
                "goes on with it."
            )
        after = int(found.completed_epoch) + 1
        if self._first_epoch is not None and not 1 <= self._first_epoch <= after:
            raise ResumeError(
                f"Run {self._resumed} has {after - 1} epochs, so it can go on with epoch {after} "
                f"or an earlier one, and not with {self._first_epoch}."
            )
        return self._first_epoch or after

    def begin(self, description: RunDescription) -> None:
        """Register the run, or take the one up that goes on."""

        def enter(again: bool) -> RecordingSession:
            listener = _Listener(self.say)
            # `record` waits for room: a step of which there was some has it, layer by layer.
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
        """Take what the step did that was recorded last."""
        if self._session and self.recording:
            recorder = self._session.recorder
            self.guarded(lambda: recorder.record_updates(updates))

    def close_epoch(self, metrics: EpochMetrics) -> None:
        """Take an epoch's end; it is stored meanwhile."""
        if self._session and self.recording:
            recorder = self._session.recorder
            self.guarded(lambda: recorder.close_epoch(metrics, lambda: None))

    def end(self, error: BaseException | None) -> Status | None:
        """Store what is left, and write down how the run ended; return it.

        `error` is what has ended training, None where it has come to its end. A server that is away
        is waited for as long as there is patience.
        """
        session = self._session
        if session is None:
            return None
        own = None
        if error is None and self.recording:
            try:
                self._finish(session)
            except Exception as met:  # said, or raised, once the session is over
                own = met
        failure = error or self._failure or own
        try:
            trace = failure.__traceback__ if failure else None
            session.__exit__(type(failure) if failure else None, failure, trace)
        except Exception as met:
            own = own or (met if met is not failure else None)
        if self.missing:
            self.say(
                f"Run {session.run.run_id}: {self.missing:,} steps that were to be recorded are "
                "missing."
            )
        if own and error is None:
            self._meet(own)
        return session.status

    def _finish(self, session: RecordingSession) -> None:
        if not session.finish(self._manners.patience):
            raise OutageError(
                "what is left could not be stored within "
                f"{self._manners.patience:g} s: watch(..., run={session.run.run_id}) goes on after "
                "the last epoch that is"
            )

    def _has_room(self) -> bool:
        """Wait for the server as long as there is patience, once until it is back."""
        assert self._session is not None
        session = self._session
        patience = 0.0 if self._manners.thin or self._behind else self._manners.patience
        end = time.monotonic() + patience
        room = session.sink.wait_for_room(patience)
        while room and session.recorder.unclosed > BACKLOG:
            room = time.monotonic() < end and session.recorder.wait(end - time.monotonic())
        if room and self._behind:
            self.say(f"The server is back; {self.missing:,} steps are missing so far.")
        if not room and not self._behind:
            self.say(
                "The server does not keep up: steps are left out until it does, and training goes "
                "on."
            )
        self._behind = not room
        return room

    def guarded(self, action: Callable[[], object]) -> object:
        """Do something of which no error ends training, unless it is asked for."""
        try:
            return action()
        except Exception as error:  # whatever it is, it is ours, and training is not
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
                f"Recording has ended, and training goes on without it: {told.rstrip('.')}. "
                'on_error="raise" would end training, too.'
            )


class _Listener(RunListener):
    """Says what a session says."""

    def __init__(self, say: Say) -> None:
        self._say = say

    def note(self, sentence: str) -> None:
        self._say(sentence)

    def warn(self, sentence: str) -> None:
        self._say(sentence)
