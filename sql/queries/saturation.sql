-- What:  how much of each activation of one run is saturated.
-- Grain: one row an (epoch, layer), for activations that can saturate.
-- NULL:  never.
SELECT
    run_id,
    experiment,
    epoch,
    layer,
    layer_name,
    width,
    saturated,
    saturated_neurons
FROM saturation
WHERE run_id = :run_id
ORDER BY epoch, layer
