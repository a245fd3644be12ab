-- What:  mean over the steps of the L2 norm of one layer's whole gradient, the paper's Equation 3.
-- Grain: one row an epoch of one run.
-- NULL:  no row of the layer was finite.
SELECT
    run_id,
    Epoch AS epoch,
    norm
FROM {view}
WHERE run_id = :run_id
ORDER BY Epoch
