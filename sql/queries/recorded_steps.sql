-- What:  which steps of one run of a watched model were recorded; of the trainer's they follow from its configuration.
-- Grain: one row an (epoch, step).
-- Columns:
--   epoch    INT       the epoch
--   step     INT       the step
--   samples  INT NULL  samples of its batch; NULL where that is not known
SELECT
    epoch,
    step,
    samples
FROM recorded_steps
WHERE run_id = :run_id
ORDER BY epoch, step
