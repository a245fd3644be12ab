-- What:  the chunks of one run that are said to be stored.
-- Grain: one row a chunk.
-- NULL:  never.
SELECT
    layer,
    epoch,
    first_step,
    last_step,
    row_count
FROM telemetry_progress
WHERE run_id = :run_id
ORDER BY layer, epoch, first_step
