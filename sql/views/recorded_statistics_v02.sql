-- View:  recorded_statistics
-- What:  the table step_statistics as it is: what the trainer computed of each gradient before it was stored.
-- Grain: one row a (run_id, layer, epoch, step).
-- finite_rows: rows whose cells are all finite; the others are left out of all but `rows` and non_finite, which counts
--        cells. row_norm_sum: sum of the rows' L2 norms. gradient_norm: L2 norm of the whole gradient. zeros,
--        below_1e3, below_1e5: fractions of the values. NULL where no row is finite.
-- clipped_norm: L2 norm of the weights' gradient after clipping. weight_norm: of the weights before the step.
--        update_norm: of their change by it. saturated: fraction of the cells, those of rows that are not finite among
--        them, where the slope of the activation was below 1 % of its largest. NULL for a layer that has no such thing,
--        and for runs that older versions recorded.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW recorded_statistics (
    run_id, layer, epoch, step, `rows`, finite_rows, row_norm_sum, mean, median, mean_abs, gradient_norm, zeros,
    below_1e3, below_1e5, non_finite, `min`, `max`, clipped_norm, weight_norm, update_norm, saturated
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
    `max`,
    clipped_norm,
    weight_norm,
    update_norm,
    saturated
FROM step_statistics
