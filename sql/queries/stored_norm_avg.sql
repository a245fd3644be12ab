-- What:  mean row norm of one layer as a lossy storage would have it.
-- Grain: one row an epoch of one run.
-- NULL:  no row of the epoch has a norm.
SELECT
    run_id,
    Epoch AS epoch,
    norm
FROM {view}
WHERE
    run_id = :run_id
    AND Epoch BETWEEN :first_epoch AND :last_epoch
    AND Decimals = :decimals
    AND Filler = :filler
ORDER BY Epoch
