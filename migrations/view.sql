-- View:    {name}
-- What:    one sentence that ends with a full stop.
-- Grain:   one row per (run_id, epoch, layer).
-- Order:   epoch, layer
-- Columns:
--   run_id  INT          the run; a type is INT, DOUBLE, TEXT or DATETIME
--   epoch   INT          the epoch, from 1
--   layer   INT          the layer, from 1
--   value   DOUBLE NULL  what it is, in which unit, and what NULL means where there may be one
-- Why:     what a reader would ask, if anything; name views that this one reads in a line "-- Needs: a, b" above.
CREATE OR REPLACE /*!80000 SQL SECURITY INVOKER */ /*M!100000 SQL SECURITY INVOKER */ VIEW {view} AS
SELECT
    run_id,
    epoch,
    layer,
    AVG(mean_abs) AS value
FROM step_statistics
GROUP BY run_id, epoch, layer
