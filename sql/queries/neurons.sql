-- What:  every neuron of every layer of one run: how large its gradient was, and which are dead or saturated.
-- Grain: one row an (epoch, layer, neuron).
-- NULL:  mean_abs: no row of the layer's gradient was finite in that epoch; saturated: the layer is no activation, or
--        one that cannot saturate.
SELECT
    run_id,
    experiment,
    epoch,
    layer,
    layer_name,
    neuron,
    cells,
    zeros,
    mean_abs,
    dead,
    saturated
FROM neurons
WHERE run_id = :run_id
ORDER BY epoch, layer, neuron
