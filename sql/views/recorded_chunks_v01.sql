-- View:  recorded_chunks
-- What:  the table telemetry_progress as it is: what the trainer noted of each transaction that stored gradients.
-- Grain: one row a (run_id, layer, epoch, first_step).
-- first_step, last_step: first and last step of the chunk. rows: how many it stored.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW recorded_chunks (run_id, layer, epoch, first_step, last_step, `rows`) AS
SELECT
    run_id,
    layer,
    epoch,
    first_step,
    last_step,
    `rows`
FROM telemetry_progress
