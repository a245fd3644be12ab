"""A run as hashes, one per table, for comparing two runs cell by cell."""

import hashlib

from sqlalchemy import URL

from vanishing_gradients.sql.connection import Session, connect_arguments
from vanishing_gradients.sql.names import quoted

CATALOGUE = {
    "runs": "status, completed_epoch, finished_at IS NULL",
    "epoch_metrics": ("epoch, loss, accuracy, test_loss, test_accuracy, learning_rate"),
    "step_statistics": (
        "epoch, step, layer, row_count, finite_rows, row_norm_sum, mean, median, mean_abs, "
        "gradient_norm, zeros, below_1em3, below_1em5, non_finite, min, max, clipped_norm, "
        "weight_norm, update_norm, saturated"
    ),
    "neuron_statistics": (
        "epoch, layer, neuron, cells, zeros, non_finite, magnitude_sum, saturated"
    ),
    "epoch_layers": (
        "epoch, layer, norm, gradient_norm, mean, median, mean_abs, zeros, below_1em3, below_1em5, "
        "non_finite, steps, mean_norm, std, min, max, weight_norm, update_norm, ratio, "
        "clipped_norm, clipped, width, dead, fraction, saturated, saturated_neurons, mean_square, "
        "square_of_mean, noise_scale"
    ),
    "layer_histograms": "epoch, layer, step, exponent, cells",
    "telemetry_progress": "epoch, layer, first_step, last_step, row_count",
    "checkpoints": "epoch, part, HEX(state)",
    "run_pulse": "epoch, step",
    "pulse_layers": "layer, epoch, step",
}
"""Columns of a run that do not depend on when it was carried out."""


def digest(url: URL, run_id: int) -> dict[str, str]:
    """Hash every row of a run, in order, except run number and times: one hash per table."""
    session = Session(**connect_arguments(url))
    session.decoders = {}  # no conversion: cells are compared as the server formats them
    try:
        with session.cursor() as cursor:

            def rows(query: str) -> tuple[tuple, ...]:
                cursor.execute(query)
                return cursor.fetchall()

            found = {}
            for table, columns in CATALOGUE.items():
                order = ", ".join(columns.split(", ")[:4])
                found[table] = _hash(
                    rows(f"SELECT {columns} FROM {table} WHERE run_id = {run_id} ORDER BY {order}")
                )
            for table, columns in _gradient_tables(rows, run_id):
                found[table] = _hash(
                    rows(
                        f"SELECT {columns} FROM {quoted(table)} WHERE run_id = {run_id} "
                        "ORDER BY Epoch, Step, RowIndex"
                    )
                )
            return found
    finally:
        session.close()


def _gradient_tables(rows, run_id: int) -> list[tuple[str, str]]:
    """The run's gradient tables, each with its columns except run_id.

    A FLOAT is shown with six digits; as an operand of + it has all of them.
    """
    tables = rows(
        "SELECT CONCAT(experiment, '_', layer_name) FROM runs JOIN layers USING (run_id) "
        f"WHERE run_id = {run_id} AND telemetry = 'full' AND kept = 'full' ORDER BY layer"
    )
    found = []
    for (table,) in tables:
        names = rows(
            "SELECT column_name FROM information_schema.columns "
            f"WHERE table_schema = DATABASE() AND table_name = '{table}' "
            "AND column_name <> 'run_id' ORDER BY ordinal_position"
        )
        found.append((table, ", ".join(f"{name} + 0e0" for (name,) in names)))
    return found


def _hash(rows: tuple[tuple, ...]) -> str:
    return f"{len(rows)} rows {hashlib.sha256(repr(rows).encode()).hexdigest()[:16]}"
