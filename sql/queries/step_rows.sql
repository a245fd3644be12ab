-- What:  of how many rows the gradient of every layer was, at every step of one run, by its statistics.
-- Grain: one row a (layer, epoch, step).
-- Columns:
--   layer      INT  the layer
--   epoch      INT  the epoch
--   step       INT  the step
--   row_count  INT  rows of the gradient
SELECT
    layer,
    epoch,
    step,
    row_count
FROM step_statistics
WHERE run_id = :run_id
ORDER BY layer, epoch, step
