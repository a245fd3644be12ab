-- View:  epoch_means
-- What:  the statistics of every step that need no sorting, drawn together by epoch, for comparisons of many runs.
-- Grain: one row a (run_id, layer, epoch).
-- norm:  mean row norm. gradient_norm: mean over the steps of the L2 norm of the layer's whole gradient. mean,
--        mean_abs: mean of the gradient and of its magnitude. zeros, below_1e3, below_1e5: fraction of values that are
--        0, and whose magnitude is below 1e-3 and 1e-5. non_finite: cells that were not finite; a row that holds one
--        is left out of all the others, which are NULL where no row is left.
-- Why not epoch_statistics: its median sorts every step, which takes ten times as long.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW epoch_means (
    run_id, experiment, layer, layer_name, epoch, norm, gradient_norm, mean, mean_abs, zeros, below_1e3, below_1e5,
    non_finite
) AS
SELECT
    sums.run_id,
    runs.experiment,
    sums.layer,
    layers.layer_name,
    sums.epoch,
    sums.row_norms / NULLIF(sums.finite_rows, 0),
    sums.gradient_norm,
    sums.mean / NULLIF(sums.finite_rows, 0),
    sums.mean_abs / NULLIF(sums.finite_rows, 0),
    sums.zeros / NULLIF(sums.finite_rows, 0),
    sums.below_1e3 / NULLIF(sums.finite_rows, 0),
    sums.below_1e5 / NULLIF(sums.finite_rows, 0),
    sums.non_finite
FROM (
    SELECT
        run_id,
        layer,
        epoch,
        SUM(finite_rows) AS finite_rows,
        SUM(row_norm_sum) AS row_norms,
        AVG(gradient_norm) AS gradient_norm,
        SUM(mean * finite_rows) AS mean,
        SUM(mean_abs * finite_rows) AS mean_abs,
        SUM(zeros * finite_rows) AS zeros,
        SUM(below_1e3 * finite_rows) AS below_1e3,
        SUM(below_1e5 * finite_rows) AS below_1e5,
        SUM(non_finite) AS non_finite
    FROM step_statistics
    GROUP BY run_id, layer, epoch
) AS sums
INNER JOIN runs ON runs.run_id = sums.run_id
INNER JOIN layers ON layers.run_id = sums.run_id AND layers.layer = sums.layer
