"""Errors of a trainer's user, each with a sentence that says how to fix it."""

from vanishing_gradients.errors import UserError


class TrainerError(UserError):
    """Base class of the trainer's errors."""


class ExperimentError(TrainerError):
    """An experiment does not exist, cannot be read, or asks for something impossible."""


class DatasetError(TrainerError):
    """A data set is missing, corrupted, or cannot be downloaded."""


class ClusterError(TrainerError):
    """A Dask cluster cannot be used."""


class SweepError(TrainerError):
    """A run of a sweep has failed."""
