-- View:    neurons
-- What:    every neuron of every layer over an epoch, of all experiments: how large its gradient was, and which are
--          dead or saturated.
-- Grain:   one row per (run_id, epoch, layer, neuron). Runs that older versions recorded have none.
-- Order:   epoch, layer, neuron
-- Columns:
--   run_id      INT          the run
--   experiment  TEXT         the experiment's name
--   epoch       INT          the epoch, from 1
--   layer       INT          the layer, from 1
--   layer_name  TEXT         the layer's name, such as layer_2_sigmoid
--   neuron      INT          the neuron, from 1; its gradients are the column Gradient{neuron} of the layer's table
--   cells       INT          values of the neuron in rows that are finite throughout
--   zeros       INT          how many of them are 0
--   mean_abs    DOUBLE NULL  their mean magnitude; NULL where cells is 0
--   dead        INT          1 where there are cells and all are 0, else 0
--   saturated   DOUBLE NULL  fraction of samples for which the slope of the neuron's activation was below 1 % of its
--                            largest, rows that are not finite among them; NULL for a layer that is no activation, and
--                            for one that cannot saturate
-- Why:     a union and not a join, since servers carry conditions into a union, and a join leaves step_statistics
--          without them.
CREATE OR REPLACE /*!80000 SQL SECURITY INVOKER */ /*M!100000 SQL SECURITY INVOKER */ VIEW {view} AS
WITH parts AS (
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
        SUM(row_count)
    FROM step_statistics
    WHERE saturated IS NOT NULL
    GROUP BY run_id, layer, epoch
),

counted AS (
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
    FROM parts
)

SELECT
    counted.run_id AS run_id,
    runs.experiment AS experiment,
    counted.epoch AS epoch,
    counted.layer AS layer,
    layers.layer_name AS layer_name,
    counted.neuron AS neuron,
    counted.cells AS cells,
    counted.zeros AS zeros,
    counted.magnitude_sum / NULLIF(counted.cells, 0) AS mean_abs,
    counted.cells > 0 AND counted.zeros = counted.cells AS dead,
    CAST(counted.saturated AS DOUBLE) / NULLIF(counted.samples, 0) AS saturated
FROM counted
INNER JOIN runs ON runs.run_id = counted.run_id
INNER JOIN layers ON layers.run_id = counted.run_id AND layers.layer = counted.layer
WHERE counted.neuron IS NOT NULL
