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
CREATE OR REPLACE /*!80000 SQL SECURITY INVOKER */ /*M!100000 SQL SECURITY INVOKER */ VIEW {view} AS
-- each layer
SELECT
    run_id,
    Epoch,
    {layer} AS Layer,
    SUM(norm_sum) / NULLIF(SUM(norms), 0) AS norm,
    AVG(step_norm) AS gradient_norm,
    SUM(mean_sum) / NULLIF(SUM(norms), 0) AS mean
FROM (
    SELECT
        run_id,
        Epoch,
        Step,
        SUM(Norm) AS norm_sum,
        COUNT(Norm) AS norms,
        SQRT(SUM(Norm * Norm)) AS step_norm,
        SUM(Mean) AS mean_sum
    FROM {table} FORCE INDEX (norm_and_mean)
    GROUP BY run_id, Epoch, Step
) AS steps
GROUP BY run_id, Epoch
-- end
