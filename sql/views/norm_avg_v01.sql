-- View:  {experiment}_layer_{layer}_norm_avg
-- What:  mean row norm of one layer, what the paper's Figure 8 computes. It is not the paper's Equation 3: that is
--        {experiment}_layer_{layer}_gradient_norm_avg.
-- Grain: one row a (Run, Epoch).
-- norm:  mean over the epoch's rows of Norm, the L2 norm of the row; rows without a norm are left out; NULL where
--        no row has one.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW {view} (Run, Epoch, norm) AS
SELECT
    Run,
    Epoch,
    AVG(Norm)
FROM {table} FORCE INDEX (norm_and_mean)
GROUP BY Run, Epoch
