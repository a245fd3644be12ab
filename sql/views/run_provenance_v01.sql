-- View:  run_provenance
-- What:  where every run comes from: data, settings, code and libraries.
-- Grain: one row a run_id.
-- config, package_versions: JSON, as text. git_commit: NULL where the code was not in a Git repository.
--        finished_at: NULL while the run goes on, or where it was killed. dataset_sha256: of the names and sums of its
--        four decompressed files.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW run_provenance (
    run_id, experiment, seed, dataset, dataset_sha256, `precision`, telemetry, record_every, training_images, epochs,
    completed_epoch, status, started_at, finished_at, git_commit, config, package_versions
) AS
SELECT
    run_id,
    experiment,
    seed,
    dataset,
    dataset_sha256,
    `precision`,
    telemetry,
    record_every,
    training_images,
    epochs,
    completed_epoch,
    status,
    started_at,
    finished_at,
    git_commit,
    CAST(config AS CHAR),
    CAST(package_versions AS CHAR)
FROM runs
