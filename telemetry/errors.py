"""Errors that keep gradients from reaching their tables, each with a sentence on how to fix it."""

from vanishing_gradients.errors import UserError


class RecordingError(UserError):
    """Base class of the errors of recording and of recorded runs."""


class TelemetryError(RecordingError):
    """Gradients did not arrive at the server as they were sent."""


class OutageError(RecordingError):
    """The server was away, full or busy for longer than PATIENCE."""

    exit_code = 3


class WatchError(RecordingError):
    """A model cannot be watched, or not in this way."""


class StoppedEarlyError(Exception):
    """A listener ends a run on purpose: it is recorded as interrupted, and this is raised again."""


class RunBusyError(RecordingError):
    """Another process is training or removing the run."""


class ResumeError(RecordingError):
    """A run cannot be resumed, or is already finished."""


class RunFinishedError(ResumeError):
    """A run is finished: nothing is left to do."""


class RoomError(RecordingError):
    """A run does not fit on the server's disk."""


class RemovalError(RecordingError):
    """A run cannot be removed: there is no such run, or the removal was not confirmed."""
