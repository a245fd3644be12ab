-- What:  the statistics of one epoch of one layer of one run, as recorded.
-- Grain: one row a step.
-- Columns:
--   step           INT          the step
--   row_count      INT          rows of the gradient
--   finite_rows    INT          rows whose cells are all finite
--   row_norm_sum   DOUBLE NULL  sum of the rows' L2 norms; NULL, as in all that follow: no row is finite
--   mean           DOUBLE NULL  mean value
--   median         DOUBLE NULL  median
--   mean_abs       DOUBLE NULL  mean magnitude
--   gradient_norm  DOUBLE NULL  L2 norm of the whole gradient
--   zeros          DOUBLE NULL  fraction of values that are 0
--   below_1em3     DOUBLE NULL  fraction of magnitudes below 1e-3
--   below_1em5     DOUBLE NULL  fraction of magnitudes below 1e-5
--   non_finite     DOUBLE NULL  values that are not finite
--   min            DOUBLE NULL  smallest value
--   max            DOUBLE NULL  largest value
--   clipped_norm   DOUBLE NULL  L2 norm after clipping; NULL also in a layer without weights
--   weight_norm    DOUBLE NULL  L2 norm of the weights before the step; NULL likewise
--   update_norm    DOUBLE NULL  L2 norm of their change; NULL likewise
--   saturated      DOUBLE NULL  fraction of values that are saturated; NULL also where the layer cannot be
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
