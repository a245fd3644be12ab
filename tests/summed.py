"""Summarizes statistics that a test stored by hand, as a trainer does when it closes an epoch."""

from importlib import import_module

from sqlalchemy import Connection

VERSIONS = "vanishing_gradients.migrations.versions"
MIGRATION = import_module(f"{VERSIONS}.0020_epoch_layers")
OTHER_NORMS = import_module(f"{VERSIONS}.0027_other_norms")


def sum_up(connection: Connection) -> None:
    """Fill `epoch_layers` from the current `step_statistics` and `neuron_statistics`."""
    connection.exec_driver_sql("DELETE FROM epoch_layers")
    runs = connection.exec_driver_sql("SELECT DISTINCT run_id FROM step_statistics")
    for run_id in runs.scalars().all():
        connection.execute(MIGRATION.FILL, {"run_id": run_id, "epoch": 0})
        connection.execute(OTHER_NORMS.FILL, {"run_id": run_id})
