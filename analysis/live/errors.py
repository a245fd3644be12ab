"""Errors of the live page: those of its command, and those that a request gets as an answer."""

from vanishing_gradients.analysis.errors import AnalysisError


class PortError(AnalysisError):
    """The address to serve at is taken, or is not one of this machine."""


class RequestError(Exception):
    """A request asks for something that does not exist, or in a wrong way.

    The text is one sentence for the page, `status` the HTTP status.
    """

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.status = status
