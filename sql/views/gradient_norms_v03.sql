-- View:    gradient_norms
-- Needs:   experiment_norms, epoch_statistics
-- What:    norms and means of every layer, epoch and run of all experiments.
-- Grain:   one row per (run_id, epoch, layer).
-- Order:   epoch, layer
-- Columns:
--   run_id         INT          the run
--   experiment     TEXT         the experiment's name
--   epoch          INT          the epoch, from 1
--   layer          INT          the layer, from 1
--   layer_name     TEXT         the layer's name, such as layer_2_sigmoid
--   norm           DOUBLE NULL  mean row norm (the paper's Figure 8); a row with a cell that is not finite is left out
--                               of this column and all others but non_finite, which are NULL where none is left
--   gradient_norm  DOUBLE NULL  mean over the steps of the L2 norm of the layer's whole gradient (the paper's Equation
--                               3)
--   mean           DOUBLE NULL  mean gradient
--   median         DOUBLE NULL  median over the steps of the step's median gradient
--   below_1em3     DOUBLE NULL  fraction of values whose magnitude is below 1e-3
--   below_1em5     DOUBLE NULL  fraction of values whose magnitude is below 1e-5
--   non_finite     INT NULL     cells that were not finite; NULL where no statistics of the epoch are recorded
-- Reads:   the gradient tables for norm, gradient_norm and mean, and step_statistics for the rest; for a run that kept
--          statistics alone, step_statistics for all.
-- Why:     a union and not a join, since servers carry conditions into a union, and a join leaves step_statistics
--          without them, which costs a reading of every run for each one that is asked for.
CREATE OR REPLACE /*!80000 SQL SECURITY INVOKER */ /*M!100000 SQL SECURITY INVOKER */ VIEW {view} AS
WITH parts AS (
    SELECT
        run_id,
        layer,
        epoch,
        norm,
        gradient_norm,
        mean,
        median,
        below_1em3,
        below_1em5,
        non_finite,
        0 AS from_table,
        CAST(NULL AS DOUBLE) AS table_norm,
        CAST(NULL AS DOUBLE) AS table_gradient_norm,
        CAST(NULL AS DOUBLE) AS table_mean
    FROM epoch_statistics
    -- each experiment
    UNION ALL
    SELECT
        run_id,
        Layer,
        Epoch,
        NULL,
        NULL,
        NULL,
        NULL,
        NULL,
        NULL,
        NULL,
        1,
        norm,
        gradient_norm,
        mean
    FROM {experiment_norms}
    -- end
),

found AS (
    SELECT
        run_id,
        layer,
        epoch,
        MAX(norm) AS norm,
        MAX(gradient_norm) AS gradient_norm,
        MAX(mean) AS mean,
        MAX(median) AS median,
        MAX(below_1em3) AS below_1em3,
        MAX(below_1em5) AS below_1em5,
        MAX(non_finite) AS non_finite,
        MAX(from_table) AS from_table,
        MAX(table_norm) AS table_norm,
        MAX(table_gradient_norm) AS table_gradient_norm,
        MAX(table_mean) AS table_mean
    FROM parts
    GROUP BY run_id, layer, epoch
)

SELECT
    found.run_id AS run_id,
    runs.experiment AS experiment,
    found.epoch AS epoch,
    found.layer AS layer,
    layers.layer_name AS layer_name,
    CASE runs.telemetry WHEN 'statistics' THEN found.norm ELSE found.table_norm END AS norm,
    CASE runs.telemetry WHEN 'statistics' THEN found.gradient_norm ELSE found.table_gradient_norm END AS gradient_norm,
    CASE runs.telemetry WHEN 'statistics' THEN found.mean ELSE found.table_mean END AS mean,
    found.median AS median,
    found.below_1em3 AS below_1em3,
    found.below_1em5 AS below_1em5,
    found.non_finite AS non_finite
FROM found
INNER JOIN runs ON runs.run_id = found.run_id
INNER JOIN layers ON layers.run_id = found.run_id AND layers.layer = found.layer
WHERE runs.telemetry = 'statistics' OR found.from_table = 1
