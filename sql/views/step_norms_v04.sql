-- View:    step_norms
-- What:    how much the norm of a layer's whole gradient varies from step to step of an epoch, of all experiments.
-- Grain:   one row per (run_id, epoch, layer).
-- Order:   epoch, layer
-- Columns:
--   run_id      INT          the run
--   experiment  TEXT         the experiment's name
--   epoch       INT          the epoch, from 1
--   layer       INT          the layer, from 1
--   layer_name  TEXT         the layer's name, such as layer_2_sigmoid
--   steps       INT          steps whose gradient has a norm; those none of whose rows is finite are left out
--   mean_norm   DOUBLE NULL  mean of the L2 norms of these steps; NULL, as the next, where no step has one
--   std         DOUBLE NULL  their sample standard deviation, which divides by steps - 1; NULL for less than two steps
--   min         DOUBLE NULL  the smallest of them
--   max         DOUBLE NULL  the largest of them
CREATE OR REPLACE /*!80000 SQL SECURITY INVOKER */ /*M!100000 SQL SECURITY INVOKER */ VIEW {view} AS
SELECT
    summed.run_id AS run_id,
    runs.experiment AS experiment,
    summed.epoch AS epoch,
    summed.layer AS layer,
    layers.layer_name AS layer_name,
    summed.steps AS steps,
    summed.mean_norm AS mean_norm,
    summed.std AS std,
    summed.min AS min,
    summed.max AS max
FROM epoch_layers AS summed
INNER JOIN runs ON runs.run_id = summed.run_id
INNER JOIN layers ON layers.run_id = summed.run_id AND layers.layer = summed.layer
