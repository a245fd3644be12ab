-- What:  the chunks of one run that are said to be stored.
-- Grain: one row a chunk.
-- Columns:
--   layer       INT  the layer
--   epoch       INT  the epoch
--   first_step  INT  first step of the chunk
--   last_step   INT  its last
--   row_count   INT  its rows
SELECT
    layer,
    epoch,
    first_step,
    last_step,
    row_count
FROM telemetry_progress
WHERE run_id = :run_id
ORDER BY layer, epoch, first_step
