-- View:    runs_under_way
-- What:    how far every running run is within its epoch, and whether its process still has it.
-- Grain:   one row per run_id, of those whose status is running.
-- Order:   run_id
-- Columns:
--   run_id            INT            the run
--   experiment        TEXT           the experiment's name
--   epochs            INT NULL       epochs that the run is to have; NULL where a watched model's were not told
--   completed_epoch   INT            the last epoch that is complete, 0 before the first
--   epoch             INT NULL       the epoch in which it is; NULL, as all that follow up to updated_at, where the run
--                                    has said nothing since it completed the one before
--   step              INT NULL       steps of that epoch that are done
--   steps             INT NULL       batches of that epoch; NULL also where that is unknown
--   loss              DOUBLE NULL    mean over these steps so far; NULL also where it is unknown or not finite
--   accuracy          DOUBLE NULL    fraction that was right so far; NULL also where it is unknown
--   steps_per_second  DOUBLE NULL    speed of late; NULL also before there are two steps
--   waiting_rows      INT NULL       rows of gradients that wait to be stored
--   updated_at        DATETIME NULL  when the run said so, in UTC by the server's clock
--   lease_until       DATETIME NULL  until when its process has the run unless it renews that, in UTC; NULL: none has it
--   held              INT            1 if that time has not passed; 0: the run has been abandoned, or its process has
--                                    not reached the server since
CREATE OR REPLACE /*!80000 SQL SECURITY INVOKER */ /*M!100000 SQL SECURITY INVOKER */ VIEW {view} AS
SELECT
    runs.run_id AS run_id,
    runs.experiment AS experiment,
    runs.epochs AS epochs,
    runs.completed_epoch AS completed_epoch,
    pulse.epoch AS epoch,
    pulse.step AS step,
    pulse.steps AS steps,
    pulse.loss AS loss,
    pulse.accuracy AS accuracy,
    pulse.steps_per_second AS steps_per_second,
    pulse.waiting_rows AS waiting_rows,
    pulse.updated_at AS updated_at,
    runs.lease_until AS lease_until,
    COALESCE(runs.lease_until > UTC_TIMESTAMP(6), 0) AS held
FROM runs
LEFT JOIN run_pulse AS pulse ON pulse.run_id = runs.run_id
WHERE runs.status = 'running'
