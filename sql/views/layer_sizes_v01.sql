-- View:  layer_sizes
-- What:  how large every layer's gradient is, and how many of its rows a run has computed and stored.
-- Grain: one row a (run_id, layer).
-- rows_per_step: rows of the gradient at a full batch. width: neurons, which are cells of a row. computed_rows: those
--        that the statistics of the recorded steps were taken from. stored_rows: those in the gradient table; 0 where
--        a run kept statistics alone.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW layer_sizes (
    run_id, experiment, layer, layer_name, kind, rows_per_step, width, computed_rows, stored_rows
) AS
SELECT
    layers.run_id,
    runs.experiment,
    layers.layer,
    layers.layer_name,
    layers.kind,
    layers.`rows`,
    layers.width,
    (
        SELECT COALESCE(SUM(steps.`rows`), 0)
        FROM step_statistics AS steps
        WHERE steps.run_id = layers.run_id AND steps.layer = layers.layer
    ),
    (
        SELECT COALESCE(SUM(progress.`rows`), 0)
        FROM telemetry_progress AS progress
        WHERE progress.run_id = layers.run_id AND progress.layer = layers.layer
    )
FROM layers
INNER JOIN runs ON runs.run_id = layers.run_id
