"""Errors of the reports, each with a sentence that says how to fix it."""

from vanishing_gradients.errors import UserError


class AnalysisError(UserError):
    """Base class of errors whose text is for the user; commands print it and exit with status 2."""


class NoRowsError(AnalysisError):
    """An existing view has no row for the requested run or experiment."""


class WrongChoiceError(AnalysisError):
    """The runs to compare are not a valid choice, or too few."""


class OutputError(AnalysisError):
    """The output folder cannot be created or written."""


class ImageError(AnalysisError):
    """There is no browser to draw images with, or it fails."""


class LeftOutError(Exception):
    """A run is expected to lack the rows for a figure: what, and why. Not for the user."""
