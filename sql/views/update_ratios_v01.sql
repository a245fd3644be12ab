-- View:  update_ratios
-- What:  how far the steps of an epoch moved the weights of a layer, beside how large these are, of all experiments.
-- Grain: one row a (run_id, epoch, layer), for every layer with weights. Runs that older versions recorded have none.
-- weight_norm, update_norm: mean over the steps of the L2 norms of the weights before the step and of their change by
--        it. ratio: mean over the steps of update_norm over weight_norm; NULL where no step has weights other than 0.
--        About 1e-3 is usual (Karpathy, CS231n, https://cs231n.github.io/neural-networks-3/#ratio).
-- gradient_norm, clipped_norm: mean over the steps of the L2 norm of the layer's whole gradient, before and after
--        clipping. clipped: fraction of the steps whose gradient was made smaller.
-- Why 1e-4: the two norms are summed up in another order and, in single precision, with its rounding; a norm counts
--        as smaller where it is so by more than a ten thousandth.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW update_ratios (
    run_id, experiment, epoch, layer, layer_name, weight_norm, update_norm, ratio, gradient_norm, clipped_norm, clipped
) AS
SELECT
    means.run_id,
    runs.experiment,
    means.epoch,
    means.layer,
    layers.layer_name,
    means.weight_norm,
    means.update_norm,
    means.ratio,
    means.gradient_norm,
    means.clipped_norm,
    means.clipped
FROM (
    SELECT
        run_id,
        layer,
        epoch,
        AVG(weight_norm) AS weight_norm,
        AVG(update_norm) AS update_norm,
        AVG(update_norm / NULLIF(weight_norm, 0)) AS ratio,
        AVG(gradient_norm) AS gradient_norm,
        AVG(clipped_norm) AS clipped_norm,
        AVG(CASE WHEN clipped_norm < (1 - 1e-4) * gradient_norm THEN 1e0 WHEN clipped_norm IS NOT NULL THEN 0e0 END)
        AS clipped
    FROM step_statistics
    GROUP BY run_id, layer, epoch
    HAVING COUNT(weight_norm) + COUNT(update_norm) + COUNT(clipped_norm) > 0
) AS means
INNER JOIN runs ON runs.run_id = means.run_id
INNER JOIN layers ON layers.run_id = means.run_id AND layers.layer = means.layer
