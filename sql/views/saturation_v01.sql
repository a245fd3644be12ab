-- View:  saturation
-- Needs: neurons
-- What:  how much of an activation is saturated over an epoch, of all experiments.
-- Grain: one row a (run_id, epoch, layer), for every activation that can saturate. Runs that older versions recorded
--        have none.
-- width: neurons of the layer. saturated: fraction of its cells, that is of samples times neurons, where the slope of
--        the activation was below 1 % of its largest. saturated_neurons: how many neurons were so for every sample.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW saturation (
    run_id, experiment, epoch, layer, layer_name, width, saturated, saturated_neurons
) AS
SELECT
    run_id,
    experiment,
    epoch,
    layer,
    layer_name,
    COUNT(neuron),
    AVG(saturated),
    SUM(saturated = 1)
FROM neurons
WHERE saturated IS NOT NULL
GROUP BY run_id, experiment, epoch, layer, layer_name
