-- View:    {experiment}_gradient_norms
-- What:    norms and means of all layers of one experiment, from its gradient tables.
-- Grain:   one row per (run_id, Epoch, Layer).
-- Order:   Epoch, Layer
-- Columns:
--   run_id         INT          the run
--   Epoch          INT          the epoch, from 1
--   Layer          INT          the layer, from 1
--   norm           DOUBLE NULL  mean row norm, as in the norm_avg views; NULL, as the others, where no row of the epoch
--                               is finite
--   gradient_norm  DOUBLE NULL  mean over the steps of the L2 norm of the layer's whole gradient, as in the
--                               gradient_norm_avg views
--   mean           DOUBLE NULL  mean gradient, as in the mean_avg views
-- Why:     a norm below 1e-140 has a square that a double does not hold, or holds with few digits. Steps that have such
--          norms alone are summed up again, 1e200 times as large.
CREATE OR REPLACE /*!80000 SQL SECURITY INVOKER */ /*M!100000 SQL SECURITY INVOKER */ VIEW {view} AS
-- each layer
SELECT
    run_id,
    Epoch,
    {layer} AS Layer,
    SUM(norm_sum) / NULLIF(SUM(norms), 0) AS norm,
    AVG(
        CASE
            WHEN square_sum < CAST('1e-280' AS DOUBLE)
                THEN (
                    SELECT
                        SQRT(SUM(small.Norm * CAST('1e200' AS DOUBLE) * (small.Norm * CAST('1e200' AS DOUBLE))))
                        / CAST('1e200' AS DOUBLE)
                    FROM {table} AS small FORCE INDEX (norm_and_mean)
                    WHERE small.run_id = steps.run_id AND small.Epoch = steps.Epoch AND small.Step = steps.Step
                )
            ELSE SQRT(square_sum)
        END
    ) AS gradient_norm,
    SUM(mean_sum) / NULLIF(SUM(norms), 0) AS mean
FROM (
    SELECT
        run_id,
        Epoch,
        Step,
        SUM(Norm) AS norm_sum,
        COUNT(Norm) AS norms,
        SUM(Norm * Norm) AS square_sum,
        SUM(Mean) AS mean_sum
    FROM {table} FORCE INDEX (norm_and_mean)
    GROUP BY run_id, Epoch, Step
) AS steps
GROUP BY run_id, Epoch
-- end
