-- What:  how many neurons of each layer of one run got no gradient at all over an epoch.
-- Grain: one row an (epoch, layer).
-- NULL:  never.
SELECT
    run_id,
    experiment,
    epoch,
    layer,
    layer_name,
    width,
    dead,
    fraction
FROM dead_neurons
WHERE run_id = :run_id
ORDER BY epoch, layer
