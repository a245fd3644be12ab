-- View:    gradient_norm_ratios
-- Needs:   gradient_norms, ratio_thresholds
-- What:    ratio of the mean row norms of neighbouring layers, for every run of all experiments.
-- Grain:   one row per (run_id, epoch, layer), for every layer but the last; layers without a gradient in an epoch,
--          such as frozen ones of a watched model, are passed over.
-- Order:   epoch, layer
-- Columns:
--   run_id         INT          the run
--   experiment     TEXT         the experiment's name
--   epoch          INT          the epoch, from 1
--   layer          INT          the layer, from 1
--   next_layer     INT          the layer after it: layer + 1, unless that has no gradient
--   ratio          DOUBLE NULL  norm of next_layer over norm of layer; NULL where the denominator is 0 or either norm
--                               is NULL; 1e300 stands for all that is larger
--   inverse_ratio  DOUBLE NULL  norm of layer over norm of next_layer, as the paper's Equation 4 has it; NULL where the
--                               denominator is 0 or either norm is NULL; 1e300 stands for all that is larger
--   class          TEXT         vanishing, stable or exploding by the lines of ratio_thresholds; undefined where the
--                               ratio is NULL
--   class_table_6  TEXT         the same by the exploding line of the paper's Table 6
--   numerator      DOUBLE NULL  norm of next_layer, which tells x / 0 from 0 / 0; NULL where no row of it is finite
--   denominator    DOUBLE NULL  norm of layer; NULL where no row of it is finite
CREATE OR REPLACE /*!80000 SQL SECURITY INVOKER */ /*M!100000 SQL SECURITY INVOKER */ VIEW {view} AS
WITH pairs AS (
    SELECT
        run_id,
        experiment,
        epoch,
        layer,
        norm,
        LEAD(norm) OVER (PARTITION BY run_id, epoch ORDER BY layer) AS next_norm,
        LEAD(layer) OVER (PARTITION BY run_id, epoch ORDER BY layer) AS next_layer
    FROM gradient_norms
),

ratios AS (
    SELECT
        run_id,
        experiment,
        epoch,
        layer,
        next_layer,
        norm,
        next_norm,
        CASE WHEN norm > 0 THEN next_norm / GREATEST(norm, next_norm / CAST('1e300' AS DOUBLE)) END AS ratio,
        CASE WHEN next_norm > 0 THEN norm / GREATEST(next_norm, norm / CAST('1e300' AS DOUBLE)) END AS inverse_ratio
    FROM pairs
    WHERE next_layer IS NOT NULL
)

SELECT
    ratios.run_id AS run_id,
    ratios.experiment AS experiment,
    ratios.epoch AS epoch,
    ratios.layer AS layer,
    ratios.next_layer AS next_layer,
    ratios.ratio AS ratio,
    ratios.inverse_ratio AS inverse_ratio,
    CASE
        WHEN ratios.ratio IS NULL THEN 'undefined'
        WHEN ratios.ratio <= ratio_thresholds.vanishing THEN 'vanishing'
        WHEN ratios.ratio > ratio_thresholds.exploding THEN 'exploding'
        ELSE 'stable'
    END AS class,
    CASE
        WHEN ratios.ratio IS NULL THEN 'undefined'
        WHEN ratios.ratio <= ratio_thresholds.vanishing THEN 'vanishing'
        WHEN ratios.ratio > ratio_thresholds.exploding_table_6 THEN 'exploding'
        ELSE 'stable'
    END AS class_table_6,
    ratios.next_norm AS numerator,
    ratios.norm AS denominator
FROM ratios
CROSS JOIN ratio_thresholds
