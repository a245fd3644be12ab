-- View:  recorded_neurons
-- What:  the table neuron_statistics as it is: what the trainer counted of each neuron before it was stored.
-- Grain: one row a (run_id, layer, epoch, neuron). Runs that older versions recorded have none.
-- neuron: from 1; its gradients are the column Gradient{neuron} of the layer's table. cells: values of the neuron in
--        rows that are finite throughout. zeros: how many of them are 0. magnitude_sum: sum of their magnitudes.
-- non_finite: the neuron's cells that are not finite. saturated: samples for which the slope of its activation was
--        below 1 % of its largest, rows that are not finite among them; NULL for a layer that cannot saturate.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW recorded_neurons (
    run_id, layer, epoch, neuron, cells, zeros, non_finite, magnitude_sum, saturated
) AS
SELECT
    run_id,
    layer,
    epoch,
    neuron,
    cells,
    zeros,
    non_finite,
    magnitude_sum,
    saturated
FROM neuron_statistics
