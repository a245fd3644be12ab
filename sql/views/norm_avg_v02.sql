-- View:    {experiment}_layer_{layer}_norm_avg
-- What:    mean row norm of one layer, what the paper's Figure 8 computes. It is not the paper's Equation 3: that is
--          {experiment}_layer_{layer}_gradient_norm_avg.
-- Grain:   one row per (run_id, Epoch).
-- Order:   Epoch
-- Columns:
--   run_id  INT          the run
--   Epoch   INT          the epoch, from 1
--   norm    DOUBLE NULL  mean over the epoch's rows of Norm, the L2 norm of the row; rows without a norm are left out;
--                        NULL where no row has one
CREATE OR REPLACE /*!80000 SQL SECURITY INVOKER */ /*M!100000 SQL SECURITY INVOKER */ VIEW {view} AS
SELECT
    run_id,
    Epoch,
    AVG(Norm) AS norm
FROM {table} FORCE INDEX (norm_and_mean)
GROUP BY run_id, Epoch
