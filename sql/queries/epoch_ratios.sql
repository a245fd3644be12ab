-- What:  norm of layer + 1 (numerator) over norm of layer (denominator), in several runs, from epoch_means.
-- Grain: one row a (run_id, epoch, layer), for every layer but the last.
-- Columns:
--   run_id         INT          the run
--   epoch          INT          the epoch
--   layer          INT          the lower layer
--   ratio          DOUBLE NULL  norm of layer + 1 over norm of layer; NULL: the denominator is 0, or a norm is NULL
--   class          TEXT         vanishing, stable, exploding or undefined
--   class_table_6  TEXT         the same with the lines of the paper's Table 6
--   numerator      DOUBLE NULL  norm of layer + 1; NULL: no row of it was finite
--   denominator    DOUBLE NULL  norm of layer; NULL likewise
SELECT
    pairs.run_id,
    pairs.epoch,
    pairs.layer,
    pairs.numerator / NULLIF(pairs.denominator, 0) AS ratio,
    CASE
        WHEN pairs.numerator / NULLIF(pairs.denominator, 0) IS NULL THEN 'undefined'
        WHEN pairs.numerator / pairs.denominator <= ratio_thresholds.vanishing THEN 'vanishing'
        WHEN pairs.numerator / pairs.denominator > ratio_thresholds.exploding THEN 'exploding'
        ELSE 'stable'
    END AS class,
    CASE
        WHEN pairs.numerator / NULLIF(pairs.denominator, 0) IS NULL THEN 'undefined'
        WHEN pairs.numerator / pairs.denominator <= ratio_thresholds.vanishing THEN 'vanishing'
        WHEN pairs.numerator / pairs.denominator > ratio_thresholds.exploding_table_6 THEN 'exploding'
        ELSE 'stable'
    END AS class_table_6,
    pairs.numerator,
    pairs.denominator
FROM (
    SELECT
        run_id,
        epoch,
        layer,
        norm AS denominator,
        LEAD(norm) OVER (PARTITION BY run_id, epoch ORDER BY layer) AS numerator,
        LEAD(layer) OVER (PARTITION BY run_id, epoch ORDER BY layer) AS next_layer
    FROM epoch_means
    WHERE run_id IN :run_id
) AS pairs
CROSS JOIN ratio_thresholds
WHERE pairs.next_layer IS NOT NULL
ORDER BY pairs.run_id, pairs.epoch, pairs.layer
