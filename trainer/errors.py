"""What a user of the trainer can get wrong, each with a sentence that names the cure."""

from vanishing_gradients.errors import UserError


class TrainerError(UserError):
    """Base of the trainer's own errors."""


class ExperimentError(TrainerError):
    """An experiment does not exist, cannot be read, or asks for the impossible."""


class DatasetError(TrainerError):
    """A data set is missing, corrupted, or cannot be downloaded."""


class SweepError(TrainerError):
    """A run of a sweep has failed."""
