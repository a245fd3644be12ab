-- What:  of which layers and epochs one run has statistics, whether it is to have them or not.
-- Grain: one row a (layer, epoch).
-- Columns:
--   layer  INT  the layer
--   epoch  INT  the epoch
--   steps  INT  steps that have statistics
--   norms  INT  steps that have norms of weights, which older versions did not record
SELECT
    layer,
    epoch,
    COUNT(step) AS steps,
    COUNT(weight_norm) AS norms
FROM step_statistics
WHERE run_id = :run_id
GROUP BY layer, epoch
ORDER BY layer, epoch
