"""SQL names: the only place where a name becomes part of a statement."""

import re

from vanishing_gradients.sql.errors import ObjectError

LONGEST_EXPERIMENT = 32
EXPERIMENT_NAME = re.compile(rf"[a-z][a-z0-9_]{{0,{LONGEST_EXPERIMENT - 1}}}")
LAYER_NAME = re.compile(r"layer_[1-9][0-9]{0,2}_[a-z][a-z0-9_]{0,20}")
LONGEST_IDENTIFIER = 64
LONGEST_FILE_NAME = 251
"""Bytes that a file system leaves for a table's name before `.ibd` or `.frm`."""


def quoted(name: str) -> str:
    """Quote an identifier for MySQL and MariaDB: in backticks, with inner backticks doubled.

    Raises ObjectError for a name that neither server accepts: empty, over 64 characters, too long
    for its file's name, with trailing white space, a NUL, a surrogate, or a character beyond the
    basic multilingual plane.
    """
    if not name or len(name) > LONGEST_IDENTIFIER or name != name.rstrip():
        raise ObjectError(
            f"{name!r} cannot name a table or view: use 1 to 64 characters, no space at the end."
        )
    if re.search("[\0\ud800-\udfff\U00010000-\U0010ffff]", name):
        raise ObjectError(f"{name!r} holds a character that no table or view name may hold.")
    # In the file's name such characters become @ and four digits.
    others = len(re.findall("[^A-Za-z0-9_]", name))
    if len(name) + 4 * others > LONGEST_FILE_NAME:
        raise ObjectError(f"{name!r} is too long for a name that is not of letters and digits.")
    return backticked(name)


def backticked(text: str) -> str:
    """Put backticks around `text` and double inner ones: a name, or a GRANT's pattern, which may be
    longer."""
    return "`" + text.replace("`", "``") + "`"


def checked_experiment(name: str) -> str:
    """Return an experiment's name if table names can start with it, else raise ObjectError."""
    if not EXPERIMENT_NAME.fullmatch(name):
        raise ObjectError(
            f"{name!r} cannot name an experiment: use a lower-case letter, then up to 31 "
            "lower-case letters, digits or underscores."
        )
    return name


def checked_layer(name: str) -> str:
    """Return a layer's name if it can be part of a table name, else raise ObjectError."""
    if not LAYER_NAME.fullmatch(name):
        raise ObjectError(f"{name!r} cannot name a layer: names look like layer_10_sigmoid.")
    return name
