-- What:  the neurons of one layer in one epoch of one run, as recorded.
-- Grain: one row a neuron; none of a run that an older version recorded.
-- Columns:
--   neuron         INT          the neuron, from 1
--   cells          INT          cells in rows that are finite
--   zeros          INT          how many of them are 0
--   non_finite     INT          cells that are not finite
--   magnitude_sum  DOUBLE       sum of their magnitudes
--   saturated      DOUBLE NULL  samples in which it was saturated; NULL: the layer cannot saturate
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
