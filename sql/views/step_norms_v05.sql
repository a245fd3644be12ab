-- View:    step_norms
-- What:    norms of a layer's whole gradient over the steps of an epoch, of all experiments: mean_norm, std, min and max
--          of the L2 norm, norm_1 and norm_max of others.
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
--   norm_1      DOUBLE NULL  mean of the L1 norms (the paper's Equation 1 for p = 1): sums of magnitudes
--   norm_max    DOUBLE NULL  mean of the maximum norms (p = infinity): largest magnitudes
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
    summed.max AS max,
    summed.norm_1 AS norm_1,
    summed.norm_max AS norm_max
FROM epoch_layers AS summed
INNER JOIN runs ON runs.run_id = summed.run_id
INNER JOIN layers ON layers.run_id = summed.run_id AND layers.layer = summed.layer
