-- View:    gradient_histograms
-- What:    every layer's gradient by order of magnitude, in powers of two, at some of an epoch's recorded steps: the
--          first, every tenth after it, and the last.
-- Grain:   one row per (run_id, epoch, layer, step, exponent), for exponents that have cells, and for NULL. Runs that
--          older versions recorded have none before `make summarize`.
-- Order:   epoch, layer, step, exponent
-- Columns:
--   run_id      INT       the run
--   experiment  TEXT      the experiment's name
--   epoch       INT       the epoch, from 1
--   layer       INT       the layer, from 1
--   layer_name  TEXT      the layer's name, such as layer_2_sigmoid
--   step        INT       the step, from 1
--   exponent    INT NULL  those cells whose magnitude is at least 2 ^ exponent and below 2 ^ (exponent + 1); NULL: those
--                         that are 0
--   cells       INT       how many they are; cells that cannot be stored are not among them, those beside them in a row
--                         are
--   counted     INT       how many there are at this step of all exponents, and of zeros
CREATE OR REPLACE /*!80000 SQL SECURITY INVOKER */ /*M!100000 SQL SECURITY INVOKER */ VIEW {view} AS
SELECT
    counts.run_id AS run_id,
    runs.experiment AS experiment,
    counts.epoch AS epoch,
    counts.layer AS layer,
    layers.layer_name AS layer_name,
    counts.step AS step,
    NULLIF(counts.exponent, -1075) AS exponent,
    counts.cells AS cells,
    counts.counted AS counted
FROM (
    SELECT
        run_id,
        layer,
        epoch,
        step,
        exponent,
        cells,
        SUM(cells) OVER (PARTITION BY run_id, layer, epoch, step) AS counted
    FROM layer_histograms
) AS counts
INNER JOIN runs ON runs.run_id = counts.run_id
INNER JOIN layers ON layers.run_id = counts.run_id AND layers.layer = counts.layer
