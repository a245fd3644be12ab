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
--                                either norm is NULL
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
        LEAD(norms.norm) OVER (PARTITION BY norms.run_id, norms.epoch ORDER BY norms.layer)
        / NULLIF(norms.norm, 0) AS ratio,
        LEAD(norms.gradient_norm) OVER (PARTITION BY norms.run_id, norms.epoch ORDER BY norms.layer)
        AS next_gradient_norm
    FROM gradient_norms AS norms
    INNER JOIN layers ON layers.run_id = norms.run_id AND layers.layer = norms.layer
    WHERE layers.kind = 'dense'
)

SELECT
    pairs.run_id AS run_id,
    pairs.experiment AS experiment,
    pairs.epoch AS epoch,
    pairs.layer AS layer,
    pairs.next_layer AS next_layer,
    pairs.ratio AS ratio,
    pairs.next_gradient_norm / NULLIF(pairs.gradient_norm, 0) AS gradient_ratio,
    CASE
        WHEN pairs.ratio IS NULL THEN 'undefined'
        WHEN pairs.ratio <= ratio_thresholds.vanishing THEN 'vanishing'
        WHEN pairs.ratio > ratio_thresholds.exploding THEN 'exploding'
        ELSE 'stable'
    END AS class,
    pairs.next_norm AS numerator,
    pairs.norm AS denominator
FROM pairs
CROSS JOIN ratio_thresholds
WHERE pairs.next_layer IS NOT NULL
