-- What:  norms, mean and smallness of the gradients of one run.
-- Grain: one row an (epoch, layer).
-- NULL:  no row of the layer's gradient was finite in that epoch.
SELECT
    run_id,
    experiment,
    epoch,
    layer,
    layer_name,
    norm,
    gradient_norm,
    mean,
    median,
    below_1em3,
    below_1em5,
    non_finite
FROM gradient_norms
WHERE run_id = :run_id
ORDER BY epoch, layer
