-- What:  fraction of one layer's gradient values whose magnitude is below 1e-3 and 1e-5.
-- Grain: one row an epoch of one run.
-- NULL:  no row of the layer was finite.
SELECT
    Run AS run_id,
    Epoch AS epoch,
    below_1e3,
    below_1e5
FROM {view}
WHERE Run = :run_id
ORDER BY Epoch
