-- View:  {experiment}_layer_{layer}_gradient_norm_avg
-- What:  mean gradient norm of one layer, the paper's Equation 3.
-- Grain: one row a (Run, Epoch).
-- norm:  mean over the epoch's steps of the L2 norm of the layer's whole gradient at that step; rows without a norm
--        are left out; NULL where no row has one.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW {view} (Run, Epoch, norm) AS
SELECT
    Run,
    Epoch,
    AVG(step_norm)
FROM (
    SELECT
        Run,
        Epoch,
        Step,
        SQRT(SUM(Norm * Norm)) AS step_norm
    FROM {table} FORCE INDEX (norm_and_mean)
    GROUP BY Run, Epoch, Step
) AS steps
GROUP BY Run, Epoch
