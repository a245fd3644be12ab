-- What:  the statistics of one epoch of one layer of one run, as recorded.
-- Grain: one row a step.
-- NULL:  no row of the step was finite; the last four also where the layer has no such thing.
SELECT
    step,
    row_count,
    finite_rows,
    row_norm_sum,
    mean,
    median,
    mean_abs,
    gradient_norm,
    zeros,
    below_1em3,
    below_1em5,
    non_finite,
    min,
    max,
    clipped_norm,
    weight_norm,
    update_norm,
    saturated
FROM step_statistics
WHERE run_id = :run_id AND layer = :layer AND epoch = :epoch
ORDER BY step
