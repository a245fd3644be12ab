"""Statements that remove rows of one run from a gradient table, a bounded number at a time."""

from vanishing_gradients.sql.names import quoted
from vanishing_gradients.sql.objects import ExperimentSchema, Layer

AT_ONCE = 20_000
"""Rows that one transaction removes: what a server must keep to take it back stays small."""


def delete_rows_after(shape: ExperimentSchema, layer: Layer) -> str:
    """Return the statement that removes up to AT_ONCE rows of :run_id after :epoch.

    To be repeated, each time in a transaction of its own, until it removes none.
    """
    table = quoted(shape.table(layer))
    return f"DELETE FROM {table} WHERE run_id = :run_id AND Epoch > :epoch LIMIT {AT_ONCE}"  # noqa: S608
