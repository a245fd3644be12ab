-- What:  mean row norm of one layer, what the paper's Figure 8 computes.
-- Grain: one row an epoch of one run.
-- NULL:  no row of the layer was finite.
SELECT
    run_id,
    Epoch AS epoch,
    norm
FROM {view}
WHERE run_id = :run_id
ORDER BY Epoch
