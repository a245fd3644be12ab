-- What:  norm of layer + 1 (numerator) over norm of layer (denominator), in several runs, from epoch_means.
-- Grain: one row a (run_id, epoch, layer), for every layer but the last.
-- Columns:
--   run_id         INT          the run
--   epoch          INT          the epoch
--   layer          INT          the lower layer
--   ratio          DOUBLE NULL  norm of layer + 1 over norm of layer; NULL: the denominator is 0, or a norm is NULL;
--                              1e300 stands for all that is larger
--   class          TEXT         vanishing, stable, exploding or undefined
--   class_table_6  TEXT         the same with the lines of the paper's Table 6
--   numerator      DOUBLE NULL  norm of layer + 1; NULL: no row of it was finite
--   denominator    DOUBLE NULL  norm of layer; NULL likewise
WITH pairs AS (
    SELECT
        run_id,
        epoch,
        layer,
        norm AS denominator,
        LEAD(norm) OVER (PARTITION BY run_id, epoch ORDER BY layer) AS numerator,
        LEAD(layer) OVER (PARTITION BY run_id, epoch ORDER BY layer) AS next_layer
    FROM epoch_means
    WHERE run_id IN :run_id
),

ratios AS (
    SELECT
        run_id,
        epoch,
        layer,
        CASE
            WHEN denominator > 0 THEN numerator / GREATEST(denominator, numerator / CAST('1e300' AS DOUBLE))
        END AS ratio,
        numerator,
        denominator
    FROM pairs
    WHERE next_layer IS NOT NULL
)

SELECT
    ratios.run_id,
    ratios.epoch,
    ratios.layer,
    ratios.ratio,
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
    ratios.numerator,
    ratios.denominator
FROM ratios
CROSS JOIN ratio_thresholds
ORDER BY ratios.run_id, ratios.epoch, ratios.layer
