-- View:    dense_norm_ratios
-- Needs:   gradient_norms, ratio_thresholds
-- What:    ratio of the norms of neighbouring dense layers, 3 over 1, 5 over 3 and so on: of gradients of weights
--          alone, where gradient_norm_ratios sets weights against activations.
-- Grain:   one row per (run_id, epoch, layer), for every dense layer but the last.
-- Order:   epoch, layer
-- Columns:
--   run_id          INT          the run
--   experiment      TEXT         the experiment's name
--   epoch           INT          the epoch, from 1
--   layer           INT          the dense layer, from 1
--   next_layer      INT          the dense layer after it
--   ratio           DOUBLE NULL  mean row norm of next_layer over that of layer; NULL where the denominator is 0 or
--                                either norm is NULL; 1e300 stands for all that is larger
--   gradient_ratio  DOUBLE NULL  the same of gradient_norm
--   class           TEXT         vanishing, stable or exploding, by ratio and the lines of ratio_thresholds; undefined
--                                where ratio is NULL
--   numerator       DOUBLE NULL  mean row norm of next_layer, which tells x / 0 from 0 / 0; NULL where no row of it is
--                                finite
--   denominator     DOUBLE NULL  mean row norm of layer; NULL where no row of it is finite
CREATE OR REPLACE /*!80000 SQL SECURITY INVOKER */ /*M!100000 SQL SECURITY INVOKER */ VIEW {view} AS
WITH pairs AS (
    SELECT
        norms.run_id,
        norms.experiment,
        norms.epoch,
        norms.layer,
        norms.norm,
        norms.gradient_norm,
        LEAD(norms.layer) OVER (PARTITION BY norms.run_id, norms.epoch ORDER BY norms.layer) AS next_layer,
        LEAD(norms.norm) OVER (PARTITION BY norms.run_id, norms.epoch ORDER BY norms.layer) AS next_norm,
        LEAD(norms.gradient_norm) OVER (PARTITION BY norms.run_id, norms.epoch ORDER BY norms.layer)
        AS next_gradient_norm
    FROM gradient_norms AS norms
    INNER JOIN layers ON layers.run_id = norms.run_id AND layers.layer = norms.layer
    WHERE layers.kind = 'dense'
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
        CASE
            WHEN gradient_norm > 0
                THEN next_gradient_norm / GREATEST(gradient_norm, next_gradient_norm / CAST('1e300' AS DOUBLE))
        END AS gradient_ratio
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
    ratios.gradient_ratio AS gradient_ratio,
    CASE
        WHEN ratios.ratio IS NULL THEN 'undefined'
        WHEN ratios.ratio <= ratio_thresholds.vanishing THEN 'vanishing'
        WHEN ratios.ratio > ratio_thresholds.exploding THEN 'exploding'
        ELSE 'stable'
    END AS class,
    ratios.next_norm AS numerator,
    ratios.norm AS denominator
FROM ratios
CROSS JOIN ratio_thresholds
