-- View:    experiment_summary
-- What:    every run at a glance.
-- Grain:   one row per run_id.
-- Order:   run_id
-- Columns:
--   run_id           INT            the run
--   experiment       TEXT           the experiment's name
--   source           TEXT           who trained: trainer, or torch, keras or jax where a model was watched
--   seed             INT NULL       seed of all that is random; NULL, as dataset, training_images and epochs, where a
--                                   watched model's was not told
--   dataset          TEXT NULL      the data set's name
--   float_type       TEXT           double or single, in which the network computes
--   telemetry        TEXT           full, or statistics where no gradient is kept
--   record_every     INT            steps from one recorded step to the next, of which the first is 1
--   training_images  INT NULL       images that the run trains on: LIMIT, where one was given, else all of the data set
--   status           TEXT           running, finished, failed or interrupted
--   started_at       DATETIME       when the run was registered, in UTC
--   finished_at      DATETIME NULL  when it ended; NULL while it goes on, and where it was killed
--   epochs           INT NULL       epochs that the run is to have
--   completed_epoch  INT            the last epoch that is complete, 0 before the first
--   accuracy         DOUBLE NULL    fraction of training images that were right in the last completed epoch; NULL, as
--                                   test_accuracy and seconds, before the first, and of a watched model where it was
--                                   not told
--   loss             DOUBLE NULL    loss over them; NULL, as test_loss, also where it was not finite
--   test_accuracy    DOUBLE NULL    fraction of test images that were right after that epoch
--   test_loss        DOUBLE NULL    loss over them
--   seconds          DOUBLE NULL    wall time of the completed epochs
--   gradient_rows    INT            rows that the run has put into the gradient tables
--   gradient_values  INT            cells of these rows
--   remedy_of        INT NULL       the run whose diagnosis named the change that this one tries; NULL: it tries none
CREATE OR REPLACE /*!80000 SQL SECURITY INVOKER */ /*M!100000 SQL SECURITY INVOKER */ VIEW {view} AS
WITH totals AS (
    SELECT
        run_id,
        SUM(seconds) AS seconds
    FROM epoch_metrics
    GROUP BY run_id
),

chunks AS (
    SELECT
        progress.run_id,
        SUM(progress.row_count) AS gradient_rows,
        SUM(progress.row_count * layers.width) AS gradient_values
    FROM telemetry_progress AS progress
    INNER JOIN layers ON layers.run_id = progress.run_id AND layers.layer = progress.layer
    GROUP BY progress.run_id
)

SELECT
    runs.run_id AS run_id,
    runs.experiment AS experiment,
    runs.source AS source,
    runs.seed AS seed,
    runs.dataset AS dataset,
    runs.float_type AS float_type,
    runs.telemetry AS telemetry,
    runs.record_every AS record_every,
    runs.training_images AS training_images,
    runs.status AS status,
    runs.started_at AS started_at,
    runs.finished_at AS finished_at,
    runs.epochs AS epochs,
    runs.completed_epoch AS completed_epoch,
    last.accuracy AS accuracy,
    last.loss AS loss,
    last.test_accuracy AS test_accuracy,
    last.test_loss AS test_loss,
    totals.seconds AS seconds,
    COALESCE(chunks.gradient_rows, 0) AS gradient_rows,
    COALESCE(chunks.gradient_values, 0) AS gradient_values,
    runs.remedy_of AS remedy_of
FROM runs
LEFT JOIN epoch_metrics AS last
    ON last.run_id = runs.run_id AND last.epoch = runs.completed_epoch
LEFT JOIN totals ON totals.run_id = runs.run_id
LEFT JOIN chunks ON chunks.run_id = runs.run_id
