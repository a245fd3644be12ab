"""The reports' SELECTs, one a file: they read views only, bind every value, and name every column.

Unlike tables and views these files have no version: nothing in the database depends on them.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from vanishing_gradients.sql.names import quoted

HERE = Path(__file__).parent
PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


def query(name: str, **identifiers: str | Sequence[str]) -> str:
    """Return the SELECT in `{name}.sql` without its comment header.

    Each placeholder such as {view} becomes the identifier of that name, or the list of identifiers,
    quoted. Raises ObjectError for what cannot be an identifier.
    """
    lines = (HERE / f"{name}.sql").read_text(encoding="utf-8").splitlines()
    body = "\n".join(line for line in lines if not line.startswith("--"))
    return PLACEHOLDER.sub(lambda match: _listed(identifiers[match[1]]), body)


def _listed(names: str | Sequence[str]) -> str:
    return ", ".join(quoted(name) for name in ([names] if isinstance(names, str) else names))
