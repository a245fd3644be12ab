-- View:  gradient_norm_ratios
-- Needs: gradient_norms, ratio_thresholds
-- What:  ratio of the mean row norms of neighbouring layers, for every run of all experiments.
-- Grain: one row a (run_id, epoch, layer), for every layer but the last.
-- ratio: norm of layer + 1 over norm of layer; NULL where the denominator is 0 or either norm is NULL.
-- class: vanishing, stable or exploding by the lines of ratio_thresholds; undefined where the ratio is NULL.
--        class_table_6: the same by the exploding line of the paper's Table 6.
-- numerator, denominator: the two norms, which tell x / 0 from 0 / 0.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW gradient_norm_ratios (
    run_id, experiment, epoch, layer, ratio, class, class_table_6, numerator, denominator
) AS
SELECT
    pairs.run_id,
    pairs.experiment,
    pairs.epoch,
    pairs.layer,
    pairs.ratio,
    CASE
        WHEN pairs.ratio IS NULL THEN 'undefined'
        WHEN pairs.ratio <= ratio_thresholds.vanishing THEN 'vanishing'
        WHEN pairs.ratio > ratio_thresholds.exploding THEN 'exploding'
        ELSE 'stable'
    END,
    CASE
        WHEN pairs.ratio IS NULL THEN 'undefined'
        WHEN pairs.ratio <= ratio_thresholds.vanishing THEN 'vanishing'
        WHEN pairs.ratio > ratio_thresholds.exploding_table_6 THEN 'exploding'
        ELSE 'stable'
    END,
    pairs.next_norm,
    pairs.norm
FROM (
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
) AS pairs
CROSS JOIN ratio_thresholds
WHERE pairs.next_layer IS NOT NULL
