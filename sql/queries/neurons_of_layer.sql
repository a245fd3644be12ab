-- What:  the neurons of one layer of one run over time.
-- Grain: one row a (neuron, epoch).
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
WHERE run_id = :run_id AND layer = :layer
ORDER BY neuron, epoch
