-- View:    update_ratios
-- What:    how far the steps of an epoch moved the weights of a layer, beside how large these are, of all experiments.
-- Grain:   one row per (run_id, epoch, layer), for every layer with weights. Runs that older versions recorded have
--          none.
-- Order:   epoch, layer
-- Columns:
--   run_id         INT          the run
--   experiment     TEXT         the experiment's name
--   epoch          INT          the epoch, from 1
--   layer          INT          the layer, from 1
--   layer_name     TEXT         the layer's name, such as layer_1_input
--   weight_norm    DOUBLE NULL  mean over the steps of the L2 norm of the weights before the step; NULL, as the others,
--                               where none was recorded or finite
--   update_norm    DOUBLE NULL  mean over the steps of the L2 norm of the weights' change by the step
--   ratio          DOUBLE NULL  mean over the steps of update_norm over weight_norm; NULL where no step has weights
--                               other than 0, and 1e300 stands for all that is larger; about 1e-3 is usual
--                               (Karpathy, CS231n, https://cs231n.github.io/neural-networks-3/#ratio)
--   gradient_norm  DOUBLE NULL  mean over the steps of the L2 norm of the layer's whole gradient before clipping
--   clipped_norm   DOUBLE NULL  the same after clipping
--   clipped        DOUBLE NULL  fraction of the steps whose gradient was made smaller
-- Why:     0.9999, since the two norms are summed up in another order and, in single precision, with its rounding; a
--          norm counts as smaller where it is so by more than a ten thousandth.
CREATE OR REPLACE /*!80000 SQL SECURITY INVOKER */ /*M!100000 SQL SECURITY INVOKER */ VIEW {view} AS
WITH means AS (
    SELECT
        run_id,
        layer,
        epoch,
        AVG(weight_norm) AS weight_norm,
        AVG(update_norm) AS update_norm,
        AVG(
            CASE
                WHEN weight_norm > 0
                    THEN update_norm / GREATEST(weight_norm, update_norm / CAST('1e300' AS DOUBLE))
            END
        ) AS ratio,
        AVG(gradient_norm) AS gradient_norm,
        AVG(clipped_norm) AS clipped_norm,
        AVG(
            CASE
                WHEN clipped_norm < CAST(0.9999 AS DOUBLE) * gradient_norm THEN CAST(1 AS DOUBLE)
                WHEN clipped_norm IS NOT NULL THEN CAST(0 AS DOUBLE)
            END
        ) AS clipped
    FROM step_statistics
    GROUP BY run_id, layer, epoch
    HAVING COUNT(weight_norm) + COUNT(update_norm) + COUNT(clipped_norm) > 0
)

SELECT
    means.run_id AS run_id,
    runs.experiment AS experiment,
    means.epoch AS epoch,
    means.layer AS layer,
    layers.layer_name AS layer_name,
    means.weight_norm AS weight_norm,
    means.update_norm AS update_norm,
    means.ratio AS ratio,
    means.gradient_norm AS gradient_norm,
    means.clipped_norm AS clipped_norm,
    means.clipped AS clipped
FROM means
INNER JOIN runs ON runs.run_id = means.run_id
INNER JOIN layers ON layers.run_id = means.run_id AND layers.layer = means.layer
