-- What:  norm of the following layer over norm of one layer, the paper's Figure 9.
-- Grain: one row an epoch of one run.
-- NULL:  the denominator is 0, or a norm is NULL.
SELECT
    run_id,
    Epoch AS epoch,
    {ratio} AS ratio
FROM {view}
WHERE run_id = :run_id
ORDER BY Epoch
