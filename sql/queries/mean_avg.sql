-- What:  mean gradient of one layer.
-- Grain: one row an epoch of one run.
-- NULL:  no row of the layer was finite.
SELECT
    run_id,
    Epoch AS epoch,
    mean
FROM {view}
WHERE run_id = :run_id
ORDER BY Epoch
