-- View:  epoch_statistics
-- What:  the statistics of every step, drawn together by epoch.
-- Grain: one row a (run_id, layer, epoch).
-- norm:  mean row norm. gradient_norm: mean over the steps of the L2 norm of the layer's whole gradient. mean: mean
--        gradient. median: median over the steps of the step's median gradient. below_1e3, below_1e5: fraction of
--        values whose magnitude is below 1e-3 and 1e-5. non_finite: cells that were not finite; a row that holds one
--        is left out of all the others, which are NULL where no row is left.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW epoch_statistics (
    run_id, layer, epoch, norm, gradient_norm, mean, median, below_1e3, below_1e5, non_finite
) AS
SELECT
    run_id,
    layer,
    epoch,
    SUM(row_norm_sum) / NULLIF(SUM(finite_rows), 0),
    AVG(gradient_norm),
    SUM(mean * finite_rows) / NULLIF(SUM(finite_rows), 0),
    AVG(CASE WHEN median_rank IN (FLOOR((medians + 1) / 2), FLOOR((medians + 2) / 2)) THEN median END),
    SUM(below_1e3 * finite_rows) / NULLIF(SUM(finite_rows), 0),
    SUM(below_1e5 * finite_rows) / NULLIF(SUM(finite_rows), 0),
    SUM(non_finite)
FROM (
    SELECT
        run_id,
        layer,
        epoch,
        finite_rows,
        row_norm_sum,
        gradient_norm,
        mean,
        median,
        below_1e3,
        below_1e5,
        non_finite,
        -- NULL sorts first on both servers: ranking from the top leaves NULL behind the last real median.
        ROW_NUMBER() OVER (PARTITION BY run_id, layer, epoch ORDER BY median DESC) AS median_rank,
        COUNT(median) OVER (PARTITION BY run_id, layer, epoch) AS medians
    FROM step_statistics
) AS steps
GROUP BY run_id, layer, epoch
