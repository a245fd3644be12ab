-- View:    saturation
-- What:    how much of an activation is saturated over an epoch, of all experiments.
-- Grain:   one row per (run_id, epoch, layer), for every activation that can saturate. Runs that older versions
--          recorded have none.
-- Order:   epoch, layer
-- Columns:
--   run_id             INT     the run
--   experiment         TEXT    the experiment's name
--   epoch              INT     the epoch, from 1
--   layer              INT     the layer, from 1
--   layer_name         TEXT    the layer's name, such as layer_2_sigmoid
--   width              INT     neurons of the layer
--   saturated          DOUBLE  fraction of its cells, that is of samples times neurons, where the slope of the
--                              activation was below 1 % of its largest
--   saturated_neurons  INT     how many neurons were so for every sample
CREATE OR REPLACE /*!80000 SQL SECURITY INVOKER */ /*M!100000 SQL SECURITY INVOKER */ VIEW {view} AS
SELECT
    summed.run_id AS run_id,
    runs.experiment AS experiment,
    summed.epoch AS epoch,
    summed.layer AS layer,
    layers.layer_name AS layer_name,
    summed.width AS width,
    summed.saturated AS saturated,
    summed.saturated_neurons AS saturated_neurons
FROM epoch_layers AS summed
INNER JOIN runs ON runs.run_id = summed.run_id
INNER JOIN layers ON layers.run_id = summed.run_id AND layers.layer = summed.layer
WHERE summed.saturated IS NOT NULL
