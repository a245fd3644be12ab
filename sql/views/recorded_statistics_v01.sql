-- View:  recorded_statistics
-- What:  the table step_statistics as it is: what the trainer computed of each gradient before it was stored.
-- Grain: one row a (run_id, layer, epoch, step).
-- finite_rows: rows whose cells are all finite; the others are left out of all but `rows` and non_finite, which counts
--        cells. row_norm_sum: sum of the rows' L2 norms. gradient_norm: L2 norm of the whole gradient. zeros,
--        below_1e3, below_1e5: fractions of the values. NULL where no row is finite.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW recorded_statistics (
    run_id, layer, epoch, step, `rows`, finite_rows, row_norm_sum, mean, median, mean_abs, gradient_norm, zeros,
    below_1e3, below_1e5, non_finite, `min`, `max`
) AS
SELECT
    run_id,
    layer,
    epoch,
    step,
    `rows`,
    finite_rows,
    row_norm_sum,
    mean,
    median,
    mean_abs,
    gradient_norm,
    zeros,
    below_1e3,
    below_1e5,
    non_finite,
    `min`,
    `max`
FROM step_statistics
