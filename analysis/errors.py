"""What can go wrong in a report, each with a sentence that names the cure."""

from vanishing_gradients.errors import UserError


class AnalysisError(UserError):
    """Base of all errors whose text is for the user; commands print it and exit with status 2."""


class NoRowsError(AnalysisError):
    """A view that exists has no row of the run or experiment that was asked for."""


class WrongChoiceError(AnalysisError):
    """What was asked to be compared is no choice of runs, or one that says nothing."""


class OutputError(AnalysisError):
    """The output folder cannot be made or written."""


class ImageError(AnalysisError):
    """There is no browser to draw images with, or it does not draw."""


class LeftOutError(Exception):
    """A run has no rows for a figure, as is to be expected: of what, and why. Not for the user."""
