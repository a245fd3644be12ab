-- What:  of which layers and epochs one run has statistics, whether it is to have them or not.
-- Grain: one row a (layer, epoch).
-- NULL:  never.
SELECT
    layer,
    epoch,
    COUNT(step) AS steps,
    COUNT(weight_norm) AS norms
FROM step_statistics
WHERE run_id = :run_id
GROUP BY layer, epoch
ORDER BY layer, epoch
