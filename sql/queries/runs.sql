-- Query: runs
-- What:  every run at a glance, for `make runs`.
-- Grain: one row a run; NULL accuracy and loss before the first completed epoch, and whatever of a watched model was
--        not told.
SELECT
    run_id,
    experiment,
    source,
    dataset,
    seed,
    float_type,
    telemetry,
    status,
    completed_epoch,
    epochs,
    accuracy,
    loss,
    seconds,
    gradient_rows
FROM experiment_summary
ORDER BY run_id
