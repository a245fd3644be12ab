"""Sums up statistics that a test has stored by hand, as a trainer does when it closes an epoch."""

from importlib import import_module

from sqlalchemy import Connection

MIGRATION = import_module("vanishing_gradients.migrations.versions.0020_epoch_layers")


def sum_up(connection: Connection) -> None:
    """Put into `epoch_layers` what `step_statistics` and `neuron_statistics` come to now."""
    connection.exec_driver_sql("DELETE FROM epoch_layers")
    runs = connection.exec_driver_sql("SELECT DISTINCT run_id FROM step_statistics")
    for run_id in runs.scalars().all():
        connection.execute(MIGRATION.FILL, {"run_id": run_id, "epoch": 0})
