"""SELECTs that no view holds, one a file: they bind every value and name every column.

Unlike tables and views these files have no version: nothing in the database depends on them.
"""

import re
from pathlib import Path

from vanishing_gradients.sql.names import quoted
from vanishing_gradients.sql.objects import ExperimentSchema, Layer, select_of_layer

HERE = Path(__file__).parent
PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


def query(name: str, **identifiers: str) -> str:
    """Return the SELECT in `{name}.sql` without its comment header.

    Each placeholder such as {view} becomes the identifier of that name, quoted. Raises ObjectError
    for what cannot be an identifier.
    """
    body = "\n".join(line for line in _read(name).splitlines() if not line.startswith("--"))
    return PLACEHOLDER.sub(lambda match: quoted(identifiers[match[1]]), body)


def query_of_layer(name: str, experiment: str, layer: Layer) -> str:
    """Return the SELECT in `{name}.sql`, filled in for one layer's gradient table as a view is.

    Raises ObjectError for what cannot be the name of an experiment.
    """
    return select_of_layer(_read(name), ExperimentSchema(experiment, (layer,)), layer)


def _read(name: str) -> str:
    return (HERE / f"{name}.sql").read_text(encoding="utf-8")
