"""What can go wrong between this project and a server, each with a sentence that names the cure.

DatabaseError
 ├── ServerError      no server, or one that cannot be used: down, too old, read-only, port taken
 ├── AccessError      wrong password, missing privilege
 └── ObjectError      a table, view or version that is missing, or a name that cannot be one
"""

from vanishing_gradients.errors import UserError


class DatabaseError(UserError):
    """Base of the errors whose text is for the user; commands print it and exit with status 2."""


class ServerError(DatabaseError):
    """There is no server, or the one there cannot be used."""


class AccessError(DatabaseError):
    """The server refuses this account, or the account lacks a privilege."""


class ObjectError(DatabaseError):
    """A table, view or version is missing, or a name cannot be one."""
