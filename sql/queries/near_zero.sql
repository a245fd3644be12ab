-- What:  fraction of one layer's gradient values whose magnitude is below 1e-3 and 1e-5.
-- Grain: one row an epoch of one run.
-- NULL:  no row of the layer was finite.
SELECT
    run_id,
    Epoch AS epoch,
    below_1em3,
    below_1em5
FROM {view}
WHERE run_id = :run_id
ORDER BY Epoch
