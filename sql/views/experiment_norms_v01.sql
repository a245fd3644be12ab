-- View:  {experiment}_gradient_norms
-- What:  norms and means of all layers of one experiment, from its gradient tables.
-- Grain: one row a (Run, Epoch, Layer).
-- norm:  mean row norm, as in the norm_avg views. gradient_norm: mean over the steps of the L2 norm of the layer's
--        whole gradient, as in the gradient_norm_avg views. mean: mean gradient, as in the mean_avg views.
--        NULL where no row of the epoch is finite.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW {view} (Run, Epoch, Layer, norm, gradient_norm, mean) AS
-- each layer
SELECT
    Run,
    Epoch,
    {layer},
    SUM(norm_sum) / NULLIF(SUM(norms), 0),
    AVG(step_norm),
    SUM(mean_sum) / NULLIF(SUM(norms), 0)
FROM (
    SELECT
        Run,
        Epoch,
        Step,
        SUM(Norm) AS norm_sum,
        COUNT(Norm) AS norms,
        SQRT(SUM(Norm * Norm)) AS step_norm,
        SUM(Mean) AS mean_sum
    FROM {table} FORCE INDEX (norm_and_mean)
    GROUP BY Run, Epoch, Step
) AS steps
GROUP BY Run, Epoch
-- end
