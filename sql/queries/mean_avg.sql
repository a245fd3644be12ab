-- What:  mean gradient of one layer.
-- Grain: one row an epoch of one run.
-- NULL:  no row of the layer was finite.
SELECT
    Run AS run_id,
    Epoch AS epoch,
    mean
FROM {view}
WHERE Run = :run_id
ORDER BY Epoch
