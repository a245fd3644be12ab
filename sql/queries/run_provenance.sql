-- What:  where one run comes from: data, settings, code and libraries.
-- Grain: one row.
-- NULL:  git_commit: the code was not in a Git repository; finished_at: the run still goes on, or was killed.
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
    config,
    package_versions
FROM run_provenance
WHERE run_id = :run_id
