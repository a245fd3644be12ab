-- View:    dead_neurons
-- What:    how many neurons of a layer got no gradient at all over an epoch, of all experiments.
-- Grain:   one row per (run_id, epoch, layer). Runs that older versions recorded have none.
-- Order:   epoch, layer
-- Columns:
--   run_id      INT     the run
--   experiment  TEXT    the experiment's name
--   epoch       INT     the epoch, from 1
--   layer       INT     the layer, from 1
--   layer_name  TEXT    the layer's name, such as layer_2_sigmoid
--   width       INT     neurons of the layer
--   dead        INT     how many of them had cells, all of them 0 (which ones: the view that lists every neuron); a
--                       layer none of whose rows is finite has no dead neuron
--   fraction    DOUBLE  dead over width
CREATE OR REPLACE /*!80000 SQL SECURITY INVOKER */ /*M!100000 SQL SECURITY INVOKER */ VIEW {view} AS
SELECT
    summed.run_id AS run_id,
    runs.experiment AS experiment,
    summed.epoch AS epoch,
    summed.layer AS layer,
    layers.layer_name AS layer_name,
    summed.width AS width,
    summed.dead AS dead,
    summed.fraction AS fraction
FROM epoch_layers AS summed
INNER JOIN runs ON runs.run_id = summed.run_id
INNER JOIN layers ON layers.run_id = summed.run_id AND layers.layer = summed.layer
WHERE summed.width IS NOT NULL
