-- What:  the chunks of one run that are said to be stored.
-- Grain: one row a chunk.
-- NULL:  never.
SELECT
    layer,
    epoch,
    first_step,
    last_step,
    `rows`
FROM recorded_chunks
WHERE run_id = :run_id
ORDER BY layer, epoch, first_step
