-- View:    run_provenance
-- What:    where every run comes from: data, settings, code and libraries.
-- Grain:   one row per run_id.
-- Order:   run_id
-- Columns:
--   run_id            INT            the run
--   experiment        TEXT           the experiment's name
--   source            TEXT           who trained: trainer, or torch, keras or jax where a model was watched
--   recorded_at       TEXT           what was recorded of gradients that were clipped: before_clipping, or as_stepped,
--                                    as the optimizer got them
--   seed              INT NULL       seed of all that is random; NULL, as dataset, dataset_sha256, training_images and
--                                    epochs, where a watched model's was not told
--   dataset           TEXT NULL      the data set's name
--   dataset_sha256    TEXT NULL      of the names and sums of its four decompressed files
--   float_type        TEXT           double or single, in which the network computes
--   telemetry         TEXT           full, or statistics where no gradient is kept
--   record_every      INT            steps from one recorded step to the next, of which the first is 1
--   training_images   INT NULL       images that the run trains on
--   epochs            INT NULL       epochs that the run is to have
--   completed_epoch   INT            the last epoch that is complete, 0 before the first
--   status            TEXT           running, finished, failed or interrupted
--   started_at        DATETIME       when the run was registered, in UTC
--   finished_at       DATETIME NULL  when it ended; NULL while it goes on, and where it was killed
--   git_commit        TEXT NULL      of the code; NULL where it was not in a Git repository
--   config            TEXT           the experiment, or what the user of a watched model wanted to have kept, as JSON
--   package_versions  TEXT           versions of Python and of the libraries, as JSON
CREATE OR REPLACE /*!80000 SQL SECURITY INVOKER */ /*M!100000 SQL SECURITY INVOKER */ VIEW {view} AS
SELECT
    run_id,
    experiment,
    source,
    recorded_at,
    seed,
    dataset,
    dataset_sha256,
    float_type,
    telemetry,
    record_every,
    training_images,
    epochs,
    completed_epoch,
    status,
    started_at,
    finished_at,
    git_commit,
    CAST(config AS CHAR) AS config,
    CAST(package_versions AS CHAR) AS package_versions
FROM runs
