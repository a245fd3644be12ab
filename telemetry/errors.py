"""What can keep gradients from reaching their tables, each with a sentence that names the cure."""

from vanishing_gradients.errors import UserError


class RecordingError(UserError):
    """Base of the errors of recording and of what is recorded."""


class TelemetryError(RecordingError):
    """Gradients did not arrive in the server as they were sent."""


class OutageError(RecordingError):
    """The server stayed away, full or busy for longer than the user has patience."""

    exit_code = 3


class WatchError(RecordingError):
    """A model cannot be watched, or not in this way."""


class RunBusyError(RecordingError):
    """Another process trains or removes the run."""


class ResumeError(RecordingError):
    """A run cannot go on where it stopped, or there is nothing left of it to do."""


class RoomError(RecordingError):
    """A run does not fit where the server keeps its data."""


class RemovalError(RecordingError):
    """A run cannot be removed: there is none of that number, or nobody has said yes."""
