-- What:  where every run is now: its last complete epoch, what its process last wrote of the epoch under way, and
--        whether that process still holds the run.
-- Grain: one row a run.
-- Columns:
--   run_id            INT          the run
--   experiment        TEXT         its experiment
--   started_at        DATETIME     when it was registered, in UTC
--   status            TEXT         running, finished, failed or interrupted
--   lost              INT          1 where it says running, and no process holds it any more
--   completed_epoch   INT          its last complete epoch
--   epochs            INT NULL     how many it is to have; NULL: not known
--   epoch             INT NULL     the epoch under way; NULL, as what follows: nothing was written of it
--   step              INT NULL     the step within it
--   steps             INT NULL     how many it has; NULL: not known
--   loss              DOUBLE NULL  mean loss of the epoch so far; NULL: not known, or not finite
--   accuracy          DOUBLE NULL  mean accuracy of the epoch so far; NULL: not known
--   steps_per_second  DOUBLE NULL  how fast it is
--   waiting_rows      INT NULL     rows that wait to be written
--   age               DOUBLE NULL  seconds since that was written
SELECT
    runs.run_id,
    runs.experiment,
    runs.started_at,
    runs.status,
    COALESCE(under_way.held = 0, FALSE) AS lost,
    runs.completed_epoch,
    runs.epochs,
    under_way.epoch,
    under_way.step,
    under_way.steps,
    under_way.loss,
    under_way.accuracy,
    under_way.steps_per_second,
    under_way.waiting_rows,
    TIMESTAMPDIFF(MICROSECOND, under_way.updated_at, UTC_TIMESTAMP(6)) / 1000000 AS age
FROM runs
LEFT JOIN runs_under_way AS under_way ON under_way.run_id = runs.run_id
ORDER BY runs.run_id
