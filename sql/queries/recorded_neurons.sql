-- What:  the neurons of one layer in one epoch of one run, as recorded.
-- Grain: one row a neuron; none of a run that an older version recorded.
-- NULL:  saturated: the layer cannot saturate.
SELECT
    neuron,
    cells,
    zeros,
    non_finite,
    magnitude_sum,
    saturated
FROM neuron_statistics
WHERE run_id = :run_id AND layer = :layer AND epoch = :epoch
ORDER BY neuron
