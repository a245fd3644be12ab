"""Summarizes statistics that a test stored by hand, as a trainer does when it closes an epoch."""

import re
from collections.abc import Iterable
from importlib import import_module

import numpy as np
from sqlalchemy import Connection, delete, text

from vanishing_gradients.sql.catalogue import epoch_layers
from vanishing_gradients.sql.connection import brand_of

VERSIONS = "vanishing_gradients.migrations.versions"
MIGRATION = import_module(f"{VERSIONS}.0020_epoch_layers")
OTHER_NORMS = import_module(f"{VERSIONS}.0027_other_norms")
WITHOUT_DEVIATION = text(
    re.sub(
        r"CASE\s+WHEN MAX\(gradient_norm\).*? AS std",
        "NULL AS std",
        str(MIGRATION.FILL),
        flags=re.S,
    )
)
NORMS = text("SELECT layer, epoch, gradient_norm FROM step_statistics WHERE run_id = :run_id")
DEVIATION = text(
    "UPDATE epoch_layers SET std = :std "
    "WHERE run_id = :run_id AND layer = :layer AND epoch = :epoch"
)


def sum_up(connection: Connection, run_ids: Iterable[int] | None = None) -> None:
    """Fill `epoch_layers` of some runs, or all, from the current statistics."""
    if run_ids is None:
        connection.exec_driver_sql("DELETE FROM epoch_layers")
        runs = connection.exec_driver_sql("SELECT DISTINCT run_id FROM step_statistics")
        run_ids = runs.scalars().all()
    oceanbase = brand_of(connection).flavour == "oceanbase"
    for run_id in run_ids:
        connection.execute(delete(epoch_layers).where(epoch_layers.c.run_id == run_id))
        fill = WITHOUT_DEVIATION if oceanbase else MIGRATION.FILL
        connection.execute(fill, {"run_id": run_id, "epoch": 0})
        if oceanbase:
            _deviate(connection, run_id)
        connection.execute(OTHER_NORMS.FILL, {"run_id": run_id})


def _deviate(connection: Connection, run_id: int) -> None:
    """Store the deviations, for which OceanBase calculates in decimals that hold few doubles."""
    found: dict[tuple[int, int], list[float]] = {}
    for layer, epoch, norm in connection.execute(NORMS, {"run_id": run_id}):
        if norm is not None:
            found.setdefault((layer, epoch), []).append(norm)
    for (layer, epoch), norms in found.items():
        if len(norms) > 1:
            scale = max(norms) or 1.0
            std = float(np.std(np.array(norms) / scale, ddof=1) * scale)
            place = {"run_id": run_id, "layer": layer, "epoch": epoch}
            connection.execute(DEVIATION, place | {"std": std})
