-- What:  the statistics of the first recorded step of an epoch, of each layer of one run; with :finite 1, of the first
--        step whose gradient was finite, where there is one.
-- Grain: one row a layer.
-- Columns:
--   layer          INT          the layer
--   gradient_norm  DOUBLE NULL  L2 norm of the whole gradient; NULL: no row is finite
--   weight_norm    DOUBLE NULL  L2 norm of the weights before the step; NULL in a layer without weights
--   update_norm    DOUBLE NULL  L2 norm of their change; NULL likewise
WITH firsts AS (
    SELECT
        layer,
        COALESCE(MIN(CASE WHEN :finite = 0 OR gradient_norm IS NOT NULL THEN step END), MIN(step)) AS step
    FROM step_statistics
    WHERE run_id = :run_id AND epoch = :epoch
    GROUP BY layer
)

SELECT
    steps.layer,
    steps.gradient_norm,
    steps.weight_norm,
    steps.update_norm
FROM firsts
INNER JOIN step_statistics AS steps ON steps.layer = firsts.layer AND steps.step = firsts.step
WHERE steps.run_id = :run_id AND steps.epoch = :epoch
ORDER BY steps.layer
