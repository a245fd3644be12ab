-- View:    epoch_means
-- What:    the statistics of every step, drawn together by epoch, for comparisons of many runs.
-- Grain:   one row per (run_id, layer, epoch).
-- Order:   epoch, layer
-- Columns:
--   run_id         INT          the run
--   experiment     TEXT         the experiment's name
--   layer          INT          the layer, from 1
--   layer_name     TEXT         the layer's name, such as layer_2_sigmoid
--   epoch          INT          the epoch, from 1
--   norm           DOUBLE NULL  mean row norm; a row with a cell that is not finite is left out of this column and all
--                               others but non_finite, which are NULL where no row is left
--   gradient_norm  DOUBLE NULL  mean over the steps of the L2 norm of the layer's whole gradient
--   mean           DOUBLE NULL  mean gradient
--   mean_abs       DOUBLE NULL  mean magnitude of the gradient
--   zeros          DOUBLE NULL  fraction of values that are 0
--   below_1em3     DOUBLE NULL  fraction of values whose magnitude is below 1e-3
--   below_1em5     DOUBLE NULL  fraction of values whose magnitude is below 1e-5
--   non_finite     INT          cells that were not finite
CREATE OR REPLACE /*!80000 SQL SECURITY INVOKER */ /*M!100000 SQL SECURITY INVOKER */ VIEW {view} AS
SELECT
    summed.run_id AS run_id,
    runs.experiment AS experiment,
    summed.layer AS layer,
    layers.layer_name AS layer_name,
    summed.epoch AS epoch,
    summed.norm AS norm,
    summed.gradient_norm AS gradient_norm,
    summed.mean AS mean,
    summed.mean_abs AS mean_abs,
    summed.zeros AS zeros,
    summed.below_1em3 AS below_1em3,
    summed.below_1em5 AS below_1em5,
    summed.non_finite AS non_finite
FROM epoch_layers AS summed
INNER JOIN runs ON runs.run_id = summed.run_id
INNER JOIN layers ON layers.run_id = summed.run_id AND layers.layer = summed.layer
