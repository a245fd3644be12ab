-- View:    {experiment}_layer_{layer}_gradient_norm_avg
-- What:    mean gradient norm of one layer, the paper's Equation 3.
-- Grain:   one row per (run_id, Epoch).
-- Order:   Epoch
-- Columns:
--   run_id  INT          the run
--   Epoch   INT          the epoch, from 1
--   norm    DOUBLE NULL  mean over the epoch's steps of the L2 norm of the layer's whole gradient at that step; rows
--                        without a norm are left out; NULL where no row has one
-- Why:     a norm below 1e-140 has a square that a double does not hold, or holds with few digits. Steps that have such
--          norms alone are summed up again, 1e200 times as large.
CREATE OR REPLACE /*!80000 SQL SECURITY INVOKER */ /*M!100000 SQL SECURITY INVOKER */ VIEW {view} AS
WITH steps AS (
    SELECT
        run_id,
        Epoch,
        Step,
        SUM(Norm * Norm) AS square_sum
    FROM {table} FORCE INDEX (norm_and_mean)
    GROUP BY run_id, Epoch, Step
)

SELECT
    run_id,
    Epoch,
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
    ) AS norm
FROM steps
GROUP BY run_id, Epoch
