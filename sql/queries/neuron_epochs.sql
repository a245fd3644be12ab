-- What:  of which layers and epochs one run has statistics of neurons, whether it is to have them or not.
-- Grain: one row a (layer, epoch).
-- Columns:
--   layer    INT  the layer
--   epoch    INT  the epoch
--   neurons  INT  neurons that have statistics
SELECT
    layer,
    epoch,
    COUNT(neuron) AS neurons
FROM neuron_statistics
WHERE run_id = :run_id
GROUP BY layer, epoch
ORDER BY layer, epoch
