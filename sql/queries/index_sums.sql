-- What:  Norm and Mean of one epoch of one layer of one run, summed up from their index.
-- Grain: one row a step.
-- NULL:  no row of the step has one.
SELECT
    Step AS step,
    row_count,
    norms,
    norm_sum,
    square_sum,
    means,
    mean_sum
FROM {view}
WHERE Run = :run_id AND Epoch = :epoch
ORDER BY Step
