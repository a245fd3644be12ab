-- View:  step_norms
-- What:  how much the norm of a layer's whole gradient varies from step to step of an epoch, of all experiments.
-- Grain: one row a (run_id, epoch, layer).
-- steps: steps whose gradient has a norm; those none of whose rows is finite are left out. mean_norm, least, largest:
--        mean, smallest and largest of the L2 norms of these steps. deviation: their sample standard deviation, which
--        divides by steps - 1; NULL for less than two steps. All but steps are NULL where no step has a norm.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW step_norms (
    run_id, experiment, epoch, layer, layer_name, steps, mean_norm, deviation, least, largest
) AS
SELECT
    norms.run_id,
    runs.experiment,
    norms.epoch,
    norms.layer,
    layers.layer_name,
    norms.steps,
    norms.mean_norm,
    norms.deviation,
    norms.least,
    norms.largest
FROM (
    SELECT
        run_id,
        layer,
        epoch,
        COUNT(gradient_norm) AS steps,
        AVG(gradient_norm) AS mean_norm,
        STDDEV_SAMP(gradient_norm) AS deviation,
        MIN(gradient_norm) AS least,
        MAX(gradient_norm) AS largest
    FROM step_statistics
    GROUP BY run_id, layer, epoch
) AS norms
INNER JOIN runs ON runs.run_id = norms.run_id
INNER JOIN layers ON layers.run_id = norms.run_id AND layers.layer = norms.layer
