-- What:  the neurons of one layer in one epoch of one run, counted again from the cells.
-- Grain: one row a neuron.
-- NULL:  mean_abs: no row of the layer's gradient was finite.
SELECT
    Run AS run_id,
    Epoch AS epoch,
    neuron,
    cells,
    zeros,
    mean_abs,
    non_finite
FROM {view}
WHERE Run = :run_id AND Epoch = :epoch
ORDER BY neuron
