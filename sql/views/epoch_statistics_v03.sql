-- View:    epoch_statistics
-- What:    the statistics of every step, drawn together by epoch.
-- Grain:   one row per (run_id, layer, epoch).
-- Order:   epoch, layer
-- Columns:
--   run_id         INT          the run
--   layer          INT          the layer, from 1
--   epoch          INT          the epoch, from 1
--   norm           DOUBLE NULL  mean row norm; a row with a cell that is not finite is left out of this column and all
--                               others but non_finite, which are NULL where no row is left
--   gradient_norm  DOUBLE NULL  mean over the steps of the L2 norm of the layer's whole gradient
--   mean           DOUBLE NULL  mean gradient
--   median         DOUBLE NULL  median over the steps of the step's median gradient
--   below_1em3     DOUBLE NULL  fraction of values whose magnitude is below 1e-3
--   below_1em5     DOUBLE NULL  fraction of values whose magnitude is below 1e-5
--   non_finite     INT          cells that were not finite
CREATE OR REPLACE /*!80000 SQL SECURITY INVOKER */ /*M!100000 SQL SECURITY INVOKER */ VIEW {view} AS
WITH steps AS (
    SELECT
        run_id,
        layer,
        epoch,
        finite_rows,
        row_norm_sum,
        gradient_norm,
        mean,
        median,
        below_1em3,
        below_1em5,
        non_finite,
        -- NULL sorts first on every server: ranking from the top leaves NULL after the last real median.
        ROW_NUMBER() OVER (PARTITION BY run_id, layer, epoch ORDER BY median DESC, step) AS median_rank,
        COUNT(median) OVER (PARTITION BY run_id, layer, epoch) AS medians
    FROM step_statistics
)

SELECT
    run_id,
    layer,
    epoch,
    SUM(row_norm_sum) / NULLIF(SUM(finite_rows), 0) AS norm,
    AVG(gradient_norm) AS gradient_norm,
    SUM(mean * finite_rows) / NULLIF(SUM(finite_rows), 0) AS mean,
    AVG(CASE WHEN median_rank IN ((medians + 1) DIV 2, (medians + 2) DIV 2) THEN median END) AS median,
    SUM(below_1em3 * finite_rows) / NULLIF(SUM(finite_rows), 0) AS below_1em3,
    SUM(below_1em5 * finite_rows) / NULLIF(SUM(finite_rows), 0) AS below_1em5,
    SUM(non_finite) AS non_finite
FROM steps
GROUP BY run_id, layer, epoch
