-- View:    run_provenance
-- What:    where every run comes from: data, settings, code and libraries.
-- Grain:   one row per run_id.
-- Order:   run_id
-- Columns:
--   run_id            INT            the run
--   experiment        TEXT           the experiment's name
--   seed              INT            seed of all that is random
--   dataset           TEXT           the data set's name
--   dataset_sha256    TEXT           of the names and sums of its four decompressed files
--   float_type        TEXT           double or single, in which the network computes
--   telemetry         TEXT           full, or statistics where no gradient is kept
--   record_every      INT            steps from one recorded step to the next, of which the first is 1
--   training_images   INT            images that the run trains on
--   epochs            INT            epochs that the run is to have
--   completed_epoch   INT            the last epoch that is complete, 0 before the first
--   status            TEXT           running, finished, failed or interrupted
--   started_at        DATETIME       when the run was registered, in UTC
--   finished_at       DATETIME NULL  when it ended; NULL while it goes on, and where it was killed
--   git_commit        TEXT NULL      of the code; NULL where it was not in a Git repository
--   config            TEXT           the experiment, as JSON
--   package_versions  TEXT           versions of Python and of the libraries, as JSON
CREATE OR REPLACE /*!80000 SQL SECURITY INVOKER */ /*M!100000 SQL SECURITY INVOKER */ VIEW {view} AS
SELECT
    run_id,
    experiment,
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
