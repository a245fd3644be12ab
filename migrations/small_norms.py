"""Adds norms that gradient tables of version 1 could not compute.

These tables have no column for the norm of a row whose cells are all below 1e-140, and whose
squares no double holds: `Norm` is 0 there, or has few digits. So are the norms in the statistics of
such steps, as older versions computed them.
"""

from sqlalchemy import Connection, Engine, text

from vanishing_gradients.migrations.steps import require_no_training
from vanishing_gradients.sql.cells import over_cells
from vanishing_gradients.sql.names import quoted
from vanishing_gradients.sql.objects import ExperimentSchema, Layer, norm_definition
from vanishing_gradients.sql.registration import registration_lock
from vanishing_gradients.sql.registry import (
    layers_without_small_norm,
    registered_shapes,
    require_migrated,
)
from vanishing_gradients.words import Say

FIRST_VERSIONS = text("SELECT table_name AS name FROM gradient_tables WHERE version < 2")
BYTES = text(
    "SELECT data_length + index_length AS size FROM information_schema.tables "
    "WHERE table_schema = DATABASE() AND table_name = :name"
)
EPOCHS = "SELECT DISTINCT run_id, Epoch FROM {table} FORCE INDEX (norm_and_mean) ORDER BY 1, 2"
FILL_ROWS = (
    "UPDATE {table} SET SmallNorm = SQRT({cells_enlarged_square}) / 1e200 "
    "WHERE run_id = :run_id AND Epoch = :epoch AND Norm < 1e-140 AND {cells_magnitude} > 0"
)
FILL_STEPS = (
    "UPDATE step_statistics AS steps INNER JOIN ("
    "SELECT Step, SUM(Norm) AS norm_sum, "
    "SQRT(SUM(LEAST(Norm, 1e-140) * 1e200 * (LEAST(Norm, 1e-140) * 1e200))) / 1e200 AS norm "
    "FROM {table} FORCE INDEX (norm_and_mean) WHERE run_id = :run_id AND Epoch = :epoch "
    "GROUP BY Step HAVING MAX(Norm) > 0 AND MAX(Norm) < 1e-140"
    ") AS small ON small.Step = steps.step "
    "SET steps.row_norm_sum = small.norm_sum, steps.gradient_norm = small.norm "
    "WHERE steps.run_id = :run_id AND steps.layer = :layer AND steps.epoch = :epoch"
)
WITHOUT_NORMS = text(
    "SELECT DISTINCT runs.run_id, runs.telemetry FROM step_statistics AS steps "
    "INNER JOIN runs ON runs.run_id = steps.run_id "
    "WHERE steps.gradient_norm IS NULL AND steps.finite_rows > 0 ORDER BY runs.run_id"
)
SECOND = 40e6
"""Bytes of a table that are copied and indexed per second: 128 columns on MariaDB 10.11."""
FILL_EPOCH = text(
    "UPDATE epoch_layers AS summed INNER JOIN ("
    "SELECT SUM(row_norm_sum) / NULLIF(SUM(finite_rows), 0) AS norm, "
    "AVG(gradient_norm) AS gradient_norm, COUNT(gradient_norm) AS steps, "
    "CASE WHEN MAX(gradient_norm) < 1e-140 "
    "THEN STDDEV_SAMP(LEAST(gradient_norm, 1e-140) * 1e200) / 1e200 "
    "ELSE STDDEV_SAMP(gradient_norm) END AS std, "
    "MIN(gradient_norm) AS least, MAX(gradient_norm) AS most FROM step_statistics "
    "WHERE run_id = :run_id AND layer = :layer AND epoch = :epoch) AS own "
    "SET summed.norm = own.norm, summed.gradient_norm = own.gradient_norm, "
    "summed.mean_norm = own.gradient_norm, summed.steps = own.steps, summed.std = own.std, "
    "summed.min = own.least, summed.max = own.most "
    "WHERE summed.run_id = :run_id AND summed.layer = :layer AND summed.epoch = :epoch"
)
DONE = text("UPDATE gradient_tables SET version = 2 WHERE table_name = :name")


def missing(engine: Engine) -> str | None:
    """Say for which runs norms are unknown, and what to do about it; None if there are none."""
    with engine.connect() as connection:
        runs = connection.execute(WITHOUT_NORMS).all()
    full = ", ".join(str(run_id) for run_id, telemetry in runs if telemetry == "full")
    others = ", ".join(str(run_id) for run_id, telemetry in runs if telemetry != "full")
    said = "Older versions could not add up the squares of some gradients, which are below 1e-140."
    if full:
        said += f" `make migrate NORMS=1` works the norms of run {full} out from its rows."
    if others:
        said += f" Those of run {others}, which kept statistics alone, are NULL: train it again."
    return said if runs else None


def work_out(engine: Engine, say: Say = lambda line: None) -> int:
    """Bring every gradient table of version 1 to version 2; return how many there were.

    First says how much space that takes. After a stop it can be repeated. Raises ObjectError if the
    database is not migrated or a run is training.
    """
    with engine.connect() as connection, registration_lock(connection):
        require_migrated(connection)
        first = set(connection.scalars(FIRST_VERSIONS))
        tables = [
            (shape, layer)
            for shape in registered_shapes(connection)
            for layer in shape.layers
            if shape.table(layer) in first
        ]
        if tables:
            require_no_training(connection)
            names = [shape.table(layer) for shape, layer in tables]
            sizes = [connection.scalar(BYTES, {"name": name}) for name in names]
            say(
                f"{len(tables)} gradient tables get a column, one after the other: the server may "
                f"copy each, the largest of {max(sizes) / 1e9:.1f} GB, in about "
                f"{max(1, round(sum(sizes) / SECOND))} s in all."
            )
        for shape, layer in tables:
            _bring_up(connection, shape, layer)
            say(f"{shape.table(layer)} is done.")
        return len(tables)


def _bring_up(connection: Connection, shape: ExperimentSchema, layer: Layer) -> None:
    name = shape.table(layer)
    names = {"table": quoted(name), **over_cells(layer.width)}
    if layer.number in layers_without_small_norm(connection, shape):
        connection.exec_driver_sql(
            f"ALTER TABLE {quoted(name)} DROP KEY norm_and_mean, DROP COLUMN Norm, "
            f"ADD COLUMN SmallNorm DOUBLE NULL AFTER Gradient{layer.width:d}, "
            f"ADD COLUMN {norm_definition(shape, layer)} AFTER SmallNorm, "
            "ADD KEY norm_and_mean (run_id, Epoch, Step, RowIndex, Norm, Mean)"
        )
    for run_id, epoch in connection.execute(text(EPOCHS.format_map(names))).all():
        place = {"run_id": run_id, "epoch": epoch, "layer": layer.number}
        connection.execute(text(FILL_ROWS.format_map(names)), place)
        connection.execute(text(FILL_STEPS.format_map(names)), place)
        connection.execute(FILL_EPOCH, place)
        connection.commit()
    connection.execute(DONE, {"name": name})
    connection.commit()
