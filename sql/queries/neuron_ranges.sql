-- What:  how alike, how dead and how saturated the neurons of each layer of one run are.
-- Grain: one row an (epoch, layer).
-- NULL:  least, largest, mean: no row of the layer's gradient was finite in that epoch; saturated,
--        saturated_neurons: the layer is no activation, or one that cannot saturate.
SELECT
    run_id,
    experiment,
    epoch,
    layer,
    layer_name,
    COUNT(*) AS width,
    MIN(mean_abs) AS least,
    MAX(mean_abs) AS largest,
    AVG(mean_abs) AS mean,
    SUM(dead) AS dead,
    AVG(saturated) AS saturated,
    SUM(saturated = 1) AS saturated_neurons
FROM neurons
WHERE run_id = :run_id
GROUP BY run_id, experiment, epoch, layer, layer_name
ORDER BY epoch, layer
