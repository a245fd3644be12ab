-- View:  gradient_norms
-- Needs: experiment_norms, epoch_statistics
-- What:  norms and means of every layer, epoch and run of all experiments.
-- Grain: one row a (run_id, epoch, layer).
-- norm:  mean row norm (the paper's Figure 8). gradient_norm: mean over the steps of the L2 norm of the layer's whole
--        gradient (the paper's Equation 3). mean: mean gradient. median: median over the steps of the step's median
--        gradient. below_1e3, below_1e5: fraction of values whose magnitude is below 1e-3 and 1e-5. non_finite: cells
--        that were not finite; a row that holds one is left out of all the others, which are NULL where none is left.
-- Reads: the gradient tables for norm, gradient_norm and mean, and step_statistics for the rest; for a run that kept
--        statistics alone, step_statistics for all.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW gradient_norms (
    run_id, experiment, epoch, layer, layer_name, norm, gradient_norm, mean, median, below_1e3, below_1e5, non_finite
) AS
SELECT
    norms.run_id,
    runs.experiment,
    norms.epoch,
    norms.layer,
    layers.layer_name,
    norms.norm,
    norms.gradient_norm,
    norms.mean,
    statistics.median,
    statistics.below_1e3,
    statistics.below_1e5,
    statistics.non_finite
FROM (
    SELECT
        sweep.run_id,
        sweep.epoch,
        sweep.layer,
        sweep.norm,
        sweep.gradient_norm,
        sweep.mean
    FROM epoch_statistics AS sweep
    INNER JOIN runs AS sweep_runs
        ON sweep_runs.run_id = sweep.run_id AND sweep_runs.telemetry = 'statistics'
    -- each experiment
    UNION ALL
    SELECT
        Run,
        Epoch,
        Layer,
        norm,
        gradient_norm,
        mean
    FROM {experiment_norms}
    -- end
) AS norms
INNER JOIN runs ON runs.run_id = norms.run_id
INNER JOIN layers ON layers.run_id = norms.run_id AND layers.layer = norms.layer
LEFT JOIN epoch_statistics AS statistics
    ON statistics.run_id = norms.run_id AND statistics.layer = norms.layer AND statistics.epoch = norms.epoch
