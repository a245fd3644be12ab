-- View:    gradient_norm_ratios
-- Needs:   gradient_norms, ratio_thresholds
-- What:    ratio of the mean row norms of neighbouring layers, for every run of all experiments.
-- Grain:   one row per (run_id, epoch, layer), for every layer but the last.
-- Order:   epoch, layer
-- Columns:
--   run_id         INT          the run
--   experiment     TEXT         the experiment's name
--   epoch          INT          the epoch, from 1
--   layer          INT          the layer, from 1
--   ratio          DOUBLE NULL  norm of layer + 1 over norm of layer; NULL where the denominator is 0 or either norm is
--                               NULL
--   class          TEXT         vanishing, stable or exploding by the lines of ratio_thresholds; undefined where the
--                               ratio is NULL
--   class_table_6  TEXT         the same by the exploding line of the paper's Table 6
--   numerator      DOUBLE NULL  norm of layer + 1, which tells x / 0 from 0 / 0; NULL where no row of it is finite
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
        LEAD(norm) OVER (PARTITION BY run_id, epoch ORDER BY layer) / NULLIF(norm, 0) AS ratio,
        LEAD(layer) OVER (PARTITION BY run_id, epoch ORDER BY layer) AS next_layer
    FROM gradient_norms
)

SELECT
    pairs.run_id AS run_id,
    pairs.experiment AS experiment,
    pairs.epoch AS epoch,
    pairs.layer AS layer,
    pairs.ratio AS ratio,
    CASE
        WHEN pairs.ratio IS NULL THEN 'undefined'
        WHEN pairs.ratio <= ratio_thresholds.vanishing THEN 'vanishing'
        WHEN pairs.ratio > ratio_thresholds.exploding THEN 'exploding'
        ELSE 'stable'
    END AS class,
    CASE
        WHEN pairs.ratio IS NULL THEN 'undefined'
        WHEN pairs.ratio <= ratio_thresholds.vanishing THEN 'vanishing'
        WHEN pairs.ratio > ratio_thresholds.exploding_table_6 THEN 'exploding'
        ELSE 'stable'
    END AS class_table_6,
    pairs.next_norm AS numerator,
    pairs.norm AS denominator
FROM pairs
CROSS JOIN ratio_thresholds
WHERE pairs.next_layer IS NOT NULL
