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
-- Why a union and not a join: both servers carry conditions into it, and a join leaves step_statistics without them,
--        which costs a reading of every run for each one that is asked for.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW gradient_norms (
    run_id, experiment, epoch, layer, layer_name, norm, gradient_norm, mean, median, below_1e3, below_1e5, non_finite
) AS
SELECT
    found.run_id,
    runs.experiment,
    found.epoch,
    found.layer,
    layers.layer_name,
    CASE runs.telemetry WHEN 'statistics' THEN found.norm ELSE found.table_norm END,
    CASE runs.telemetry WHEN 'statistics' THEN found.gradient_norm ELSE found.table_gradient_norm END,
    CASE runs.telemetry WHEN 'statistics' THEN found.mean ELSE found.table_mean END,
    found.median,
    found.below_1e3,
    found.below_1e5,
    found.non_finite
FROM (
    SELECT
        run_id,
        layer,
        epoch,
        MAX(norm) AS norm,
        MAX(gradient_norm) AS gradient_norm,
        MAX(mean) AS mean,
        MAX(median) AS median,
        MAX(below_1e3) AS below_1e3,
        MAX(below_1e5) AS below_1e5,
        MAX(non_finite) AS non_finite,
        MAX(from_table) AS from_table,
        MAX(table_norm) AS table_norm,
        MAX(table_gradient_norm) AS table_gradient_norm,
        MAX(table_mean) AS table_mean
    FROM (
        SELECT
            run_id,
            layer,
            epoch,
            norm,
            gradient_norm,
            mean,
            median,
            below_1e3,
            below_1e5,
            non_finite,
            0 AS from_table,
            CAST(NULL AS DOUBLE) AS table_norm,
            CAST(NULL AS DOUBLE) AS table_gradient_norm,
            CAST(NULL AS DOUBLE) AS table_mean
        FROM epoch_statistics
        -- each experiment
        UNION ALL
        SELECT
            Run,
            Layer,
            Epoch,
            NULL,
            NULL,
            NULL,
            NULL,
            NULL,
            NULL,
            NULL,
            1,
            norm,
            gradient_norm,
            mean
        FROM {experiment_norms}
        -- end
    ) AS parts
    GROUP BY run_id, layer, epoch
) AS found
INNER JOIN runs ON runs.run_id = found.run_id
INNER JOIN layers ON layers.run_id = found.run_id AND layers.layer = found.layer
WHERE runs.telemetry = 'statistics' OR found.from_table = 1
