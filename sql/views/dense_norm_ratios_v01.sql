-- View:  dense_norm_ratios
-- Needs: gradient_norms, ratio_thresholds
-- What:  ratio of the norms of neighbouring dense layers, 3 over 1, 5 over 3 and so on: of gradients of weights alone,
--        where gradient_norm_ratios sets weights against activations.
-- Grain: one row a (run_id, epoch, layer), for every dense layer but the last.
-- ratio: mean row norm of next_layer over that of layer. gradient_ratio: the same of gradient_norm. Each is NULL where
--        its denominator is 0 or either norm is NULL.
-- class: vanishing, stable or exploding, by ratio and the lines of ratio_thresholds; undefined where ratio is NULL.
-- numerator, denominator: the two mean row norms, which tell x / 0 from 0 / 0.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW dense_norm_ratios (
    run_id, experiment, epoch, layer, next_layer, ratio, gradient_ratio, class, numerator, denominator
) AS
SELECT
    pairs.run_id,
    pairs.experiment,
    pairs.epoch,
    pairs.layer,
    pairs.next_layer,
    pairs.ratio,
    pairs.next_gradient_norm / NULLIF(pairs.gradient_norm, 0),
    CASE
        WHEN pairs.ratio IS NULL THEN 'undefined'
        WHEN pairs.ratio <= ratio_thresholds.vanishing THEN 'vanishing'
        WHEN pairs.ratio > ratio_thresholds.exploding THEN 'exploding'
        ELSE 'stable'
    END,
    pairs.next_norm,
    pairs.norm
FROM (
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
) AS pairs
CROSS JOIN ratio_thresholds
WHERE pairs.next_layer IS NOT NULL
