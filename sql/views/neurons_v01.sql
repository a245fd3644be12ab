-- View:  neurons
-- What:  every neuron of every layer over an epoch, of all experiments: how large its gradient was, and which are dead
--        or saturated.
-- Grain: one row a (run_id, epoch, layer, neuron). Runs that older versions recorded have none.
-- neuron: from 1; its gradients are the column Gradient{neuron} of the layer's table. cells: values of the neuron in
--        rows that are finite throughout. zeros: how many of them are 0. mean_abs: mean magnitude; NULL where cells is
--        0. dead: 1 where there are cells and all are 0, else 0.
-- saturated: fraction of samples for which the slope of the neuron's activation was below 1 % of its largest, rows that
--        are not finite among them; NULL for a layer that is no activation, and for one that cannot saturate.
-- Why a union and not a join: both servers carry conditions into it, and a join leaves step_statistics without them.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW neurons (
    run_id, experiment, epoch, layer, layer_name, neuron, cells, zeros, mean_abs, dead, saturated
) AS
SELECT
    counted.run_id,
    runs.experiment,
    counted.epoch,
    counted.layer,
    layers.layer_name,
    counted.neuron,
    counted.cells,
    counted.zeros,
    counted.magnitude_sum / NULLIF(counted.cells, 0),
    counted.cells > 0 AND counted.zeros = counted.cells,
    counted.saturated * 1e0 / NULLIF(counted.samples, 0)
FROM (
    SELECT
        run_id,
        layer,
        epoch,
        neuron,
        cells,
        zeros,
        magnitude_sum,
        saturated,
        MAX(samples) OVER (PARTITION BY run_id, layer, epoch) AS samples
    FROM (
        SELECT
            run_id,
            layer,
            epoch,
            neuron,
            cells,
            zeros,
            magnitude_sum,
            saturated,
            CAST(NULL AS SIGNED) AS samples
        FROM neuron_statistics
        UNION ALL
        SELECT
            run_id,
            layer,
            epoch,
            NULL,
            NULL,
            NULL,
            NULL,
            NULL,
            SUM(`rows`)
        FROM step_statistics
        WHERE saturated IS NOT NULL
        GROUP BY run_id, layer, epoch
    ) AS parts
) AS counted
INNER JOIN runs ON runs.run_id = counted.run_id
INNER JOIN layers ON layers.run_id = counted.run_id AND layers.layer = counted.layer
WHERE counted.neuron IS NOT NULL
