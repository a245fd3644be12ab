"""Errors between this project and a server, each with a sentence that says how to fix it."""

from vanishing_gradients.errors import UserError


class DatabaseError(UserError):
    """Base class of errors whose text is for the user; commands print it and exit with status 2."""


class ServerError(DatabaseError):
    """There is no usable server: it is down, too old, read-only, or its port is taken."""


class AccessError(DatabaseError):
    """The server refuses this account or its password, or a privilege is missing."""


class ObjectError(DatabaseError):
    """A table, view or version is missing, or a name is invalid."""
