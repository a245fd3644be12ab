"""Summarizes statistics that a test stored by hand, as a trainer does when it closes an epoch."""

import re
from collections.abc import Iterable
from importlib import import_module

from sqlalchemy import Connection, delete, text

from vanishing_gradients.sql.catalogue import epoch_layers

VERSIONS = "vanishing_gradients.migrations.versions"
MIGRATION = import_module(f"{VERSIONS}.0020_epoch_layers")
OTHER_NORMS = import_module(f"{VERSIONS}.0027_other_norms")
# OceanBase takes a text that is compared with a sum for a decimal, which holds no such numbers. It
# has no database of before that revision.
FILL = text(re.sub(r"(?<!CAST\()('1e-?\d+')", r"CAST(\1 AS DOUBLE)", str(MIGRATION.FILL)))


def sum_up(connection: Connection, run_ids: Iterable[int] | None = None) -> None:
    """Fill `epoch_layers` of some runs, or all, from the current statistics."""
    if run_ids is None:
        connection.exec_driver_sql("DELETE FROM epoch_layers")
        runs = connection.exec_driver_sql("SELECT DISTINCT run_id FROM step_statistics")
        run_ids = runs.scalars().all()
    for run_id in run_ids:
        connection.execute(delete(epoch_layers).where(epoch_layers.c.run_id == run_id))
        connection.execute(FILL, {"run_id": run_id, "epoch": 0})
        connection.execute(OTHER_NORMS.FILL, {"run_id": run_id})
