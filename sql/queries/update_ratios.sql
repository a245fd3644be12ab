-- What:  how far the steps of one run moved the weights of each layer, beside how large these are.
-- Grain: one row an (epoch, layer), for layers with weights.
-- NULL:  ratio: the weights were 0 in every step; else what was not finite in any.
SELECT
    run_id,
    experiment,
    epoch,
    layer,
    layer_name,
    weight_norm,
    update_norm,
    ratio,
    gradient_norm,
    clipped_norm,
    clipped
FROM update_ratios
WHERE run_id = :run_id
ORDER BY epoch, layer
