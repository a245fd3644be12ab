"""Names as SQL sees them: the one place where a name becomes part of a statement."""

import re

from sql.errors import ObjectError

EXPERIMENT_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
LAYER_NAME = re.compile(r"layer_[1-9][0-9]{0,3}_[a-z][a-z0-9_]{0,20}")
LONGEST_IDENTIFIER = 64


def quoted(name: str) -> str:
    """Quote an identifier for MySQL and MariaDB: backticks around it, backticks within doubled.

    Raises ObjectError for what neither server can hold: an empty name, one of over 64 characters,
    a NUL or a character beyond the basic multilingual plane, a trailing space.
    """
    if not name or len(name) > LONGEST_IDENTIFIER or name.endswith(" "):
        raise ObjectError(f"{name!r} cannot name a table or view: use 1 to 64 characters.")
    if "\0" in name or any(ord(character) > 0xFFFF for character in name):
        raise ObjectError(f"{name!r} holds a character that no table or view name may hold.")
    return "`" + name.replace("`", "``") + "`"


def checked_experiment(name: str) -> str:
    """Return an experiment's name if it is fit to begin table names, else raise ObjectError."""
    if not EXPERIMENT_NAME.fullmatch(name):
        raise ObjectError(
            f"{name!r} cannot name an experiment: use a lower-case letter, then up to 31 "
            "lower-case letters, digits or underscores."
        )
    return name


def checked_layer(name: str) -> str:
    """Return a layer's name that is fit to become part of a table name, or raise ObjectError."""
    if not LAYER_NAME.fullmatch(name):
        raise ObjectError(f"{name!r} cannot name a layer: names look like layer_10_sigmoid.")
    return name
