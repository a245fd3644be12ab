"""What can go wrong between this project and a server, each with a sentence that names the cure."""

from vanishing_gradients.errors import UserError


class DatabaseError(UserError):
    """Base of the errors whose text is for the user; commands print it and exit with status 2."""


class ServerError(DatabaseError):
    """There is no server, or one that cannot be used: down, too old, read-only, its port taken."""


class AccessError(DatabaseError):
    """The server refuses this account, its password, or what it lacks a privilege for."""


class ObjectError(DatabaseError):
    """A table, view or version is missing, or a name cannot be one."""
