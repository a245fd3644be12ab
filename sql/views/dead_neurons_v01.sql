-- View:  dead_neurons
-- What:  how many neurons of a layer got no gradient at all over an epoch, of all experiments.
-- Grain: one row a (run_id, epoch, layer). Runs that older versions recorded have none.
-- width: neurons of the layer. dead: how many of them had cells and all of these 0 (which ones: the view that lists
--        every neuron). fraction: dead over width. A layer none of whose rows is finite has no dead neuron.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW dead_neurons (
    run_id, experiment, epoch, layer, layer_name, width, dead, fraction
) AS
SELECT
    counted.run_id,
    runs.experiment,
    counted.epoch,
    counted.layer,
    layers.layer_name,
    counted.width,
    counted.dead,
    counted.dead * 1e0 / NULLIF(counted.width, 0)
FROM (
    SELECT
        run_id,
        layer,
        epoch,
        COUNT(neuron) AS width,
        SUM(cells > 0 AND zeros = cells) AS dead
    FROM neuron_statistics
    GROUP BY run_id, layer, epoch
) AS counted
INNER JOIN runs ON runs.run_id = counted.run_id
INNER JOIN layers ON layers.run_id = counted.run_id AND layers.layer = counted.layer
