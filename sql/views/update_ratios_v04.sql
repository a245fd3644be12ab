-- View:    update_ratios
-- What:    how far the steps of an epoch moved the weights of a layer, beside how large these are, of all experiments.
-- Grain:   one row per (run_id, epoch, layer), for every layer with weights. Runs that older versions recorded have
--          none.
-- Order:   epoch, layer
-- Columns:
--   run_id         INT          the run
--   experiment     TEXT         the experiment's name
--   epoch          INT          the epoch, from 1
--   layer          INT          the layer, from 1
--   layer_name     TEXT         the layer's name, such as layer_1_input
--   weight_norm    DOUBLE NULL  mean over the steps of the L2 norm of the weights before the step; NULL, as the others,
--                               where none was recorded or finite
--   update_norm    DOUBLE NULL  mean over the steps of the L2 norm of the weights' change by the step
--   ratio          DOUBLE NULL  mean over the steps of update_norm over weight_norm; NULL where no step has weights
--                               other than 0, and 1e300 stands for all that is larger; about 1e-3 is usual
--                               (Karpathy, CS231n, https://cs231n.github.io/neural-networks-3/#ratio)
--   gradient_norm  DOUBLE NULL  mean over the steps of the L2 norm of the layer's whole gradient before clipping
--   clipped_norm   DOUBLE NULL  the same after clipping
--   clipped        DOUBLE NULL  fraction of the steps whose gradient was made smaller
-- Why:     0.9999, since the two norms are summed up in another order and, in single precision, with its rounding; a
--          norm counts as smaller where it is so by more than a ten thousandth.
CREATE OR REPLACE /*!80000 SQL SECURITY INVOKER */ /*M!100000 SQL SECURITY INVOKER */ VIEW {view} AS
SELECT
    summed.run_id AS run_id,
    runs.experiment AS experiment,
    summed.epoch AS epoch,
    summed.layer AS layer,
    layers.layer_name AS layer_name,
    summed.weight_norm AS weight_norm,
    summed.update_norm AS update_norm,
    summed.ratio AS ratio,
    summed.gradient_norm AS gradient_norm,
    summed.clipped_norm AS clipped_norm,
    summed.clipped AS clipped
FROM epoch_layers AS summed
INNER JOIN runs ON runs.run_id = summed.run_id
INNER JOIN layers ON layers.run_id = summed.run_id AND layers.layer = summed.layer
WHERE COALESCE(summed.weight_norm, summed.update_norm, summed.clipped_norm) IS NOT NULL
