-- View:    step_norms
-- What:    how much the norm of a layer's whole gradient varies from step to step of an epoch, of all experiments.
-- Grain:   one row per (run_id, epoch, layer).
-- Order:   epoch, layer
-- Columns:
--   run_id      INT          the run
--   experiment  TEXT         the experiment's name
--   epoch       INT          the epoch, from 1
--   layer       INT          the layer, from 1
--   layer_name  TEXT         the layer's name, such as layer_2_sigmoid
--   steps       INT          steps whose gradient has a norm; those none of whose rows is finite are left out
--   mean_norm   DOUBLE NULL  mean of the L2 norms of these steps; NULL, as the next, where no step has one
--   std         DOUBLE NULL  their sample standard deviation, which divides by steps - 1; NULL for less than two steps
--   min         DOUBLE NULL  the smallest of them
--   max         DOUBLE NULL  the largest of them
-- Why:     the square of a norm below 1e-140 is one that a double does not hold, or holds with few digits: the
--          deviation of such norms is worked out 1e200 times as large.
CREATE OR REPLACE /*!80000 SQL SECURITY INVOKER */ /*M!100000 SQL SECURITY INVOKER */ VIEW {view} AS
WITH norms AS (
    SELECT
        run_id,
        layer,
        epoch,
        COUNT(gradient_norm) AS steps,
        AVG(gradient_norm) AS mean_norm,
        CASE
            WHEN MAX(gradient_norm) < CAST('1e-140' AS DOUBLE)
                THEN
                    STDDEV_SAMP(LEAST(gradient_norm, CAST('1e-140' AS DOUBLE)) * CAST('1e200' AS DOUBLE))
                    / CAST('1e200' AS DOUBLE)
            ELSE STDDEV_SAMP(gradient_norm)
        END AS std,
        MIN(gradient_norm) AS min,
        MAX(gradient_norm) AS max
    FROM step_statistics
    GROUP BY run_id, layer, epoch
)

SELECT
    norms.run_id AS run_id,
    runs.experiment AS experiment,
    norms.epoch AS epoch,
    norms.layer AS layer,
    layers.layer_name AS layer_name,
    norms.steps AS steps,
    norms.mean_norm AS mean_norm,
    norms.std AS std,
    norms.min AS min,
    norms.max AS max
FROM norms
INNER JOIN runs ON runs.run_id = norms.run_id
INNER JOIN layers ON layers.run_id = norms.run_id AND layers.layer = norms.layer
