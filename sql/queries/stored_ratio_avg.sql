-- What:  norm of the following layer over norm of one layer, both as a lossy storage would have them.
-- Grain: one row an epoch of one run.
-- NULL:  the denominator is 0, or a norm is NULL; numerator and denominator tell which.
SELECT
    run_id,
    Epoch AS epoch,
    {ratio} AS ratio,
    numerator,
    denominator
FROM {view}
WHERE
    run_id = :run_id
    AND Epoch BETWEEN :first_epoch AND :last_epoch
    AND Decimals = :decimals
    AND Filler = :filler
ORDER BY Epoch
