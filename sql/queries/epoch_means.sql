-- What:  mean norms, means and smallness of the gradients of several runs.
-- Grain: one row a (run_id, epoch, layer).
-- NULL:  no row of the layer's gradient was finite in that epoch.
SELECT
    run_id,
    experiment,
    layer,
    layer_name,
    epoch,
    norm,
    gradient_norm,
    mean,
    mean_abs,
    zeros,
    below_1em3,
    below_1em5,
    non_finite
FROM epoch_means
WHERE run_id IN :run_ids
ORDER BY run_id, epoch, layer
