-- View:    {experiment}_layer_{layer}_gradient_norm_avg
-- What:    mean gradient norm of one layer, the paper's Equation 3.
-- Grain:   one row per (run_id, Epoch).
-- Order:   Epoch
-- Columns:
--   run_id  INT          the run
--   Epoch   INT          the epoch, from 1
--   norm    DOUBLE NULL  mean over the epoch's steps of the L2 norm of the layer's whole gradient at that step; rows
--                        without a norm are left out; NULL where no row has one
CREATE OR REPLACE /*!80000 SQL SECURITY INVOKER */ /*M!100000 SQL SECURITY INVOKER */ VIEW {view} AS
WITH steps AS (
    SELECT
        run_id,
        Epoch,
        Step,
        SQRT(SUM(Norm * Norm)) AS step_norm
    FROM {table} FORCE INDEX (norm_and_mean)
    GROUP BY run_id, Epoch, Step
)

SELECT
    run_id,
    Epoch,
    AVG(step_norm) AS norm
FROM steps
GROUP BY run_id, Epoch
