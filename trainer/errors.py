"""What a user of the trainer can get wrong, each with a sentence that names the cure.

TrainerError
 ├── ExperimentError  an experiment that does not exist, cannot be read, or asks for the impossible
 ├── DatasetError     a data set that is missing, corrupted, or cannot be downloaded
 ├── TelemetryError   gradients that did not arrive in the server as they were sent
 ├── RoomError        a run for which there is no room where the server keeps its data
 ├── OutageError      a server that stayed away, full or busy for longer than the user has patience
 ├── RunBusyError     a run that another process trains or removes
 ├── ResumeError      a run that cannot go on where it stopped
 └── RemovalError     a run that cannot be removed
"""


class TrainerError(Exception):
    """Base of the errors whose text is for the user; commands print it and exit with status 2."""


class ExperimentError(TrainerError):
    """An experiment does not exist, cannot be read, or asks for the impossible."""


class DatasetError(TrainerError):
    """A data set is missing, corrupted, or cannot be downloaded."""


class TelemetryError(TrainerError):
    """Gradients did not arrive in the server as they were sent."""


class OutageError(TrainerError):
    """The server stayed away, full or busy for too long; commands exit with status 3."""


class RunBusyError(TrainerError):
    """Another process trains or removes the run."""


class ResumeError(TrainerError):
    """A run cannot go on where it stopped, or there is nothing left of it to do."""


class RoomError(TrainerError):
    """A run does not fit where the server keeps its data."""


class RemovalError(TrainerError):
    """A run cannot be removed: there is none of that number, or nobody has said yes."""


class SweepError(TrainerError):
    """A run of a sweep has failed."""
