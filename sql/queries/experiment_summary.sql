-- What:  every run at a glance, in the order in which they were registered.
-- Grain: one row a run_id.
-- NULL:  accuracy, loss and their validation_ sisters, seconds: no epoch is complete, or (losses) the loss was not
--        finite; finished_at: the run still goes on, or was killed.
SELECT
    run_id,
    experiment,
    seed,
    dataset,
    `precision`,
    telemetry,
    record_every,
    training_images,
    status,
    started_at,
    finished_at,
    epochs,
    completed_epoch,
    accuracy,
    loss,
    validation_accuracy,
    validation_loss,
    seconds
FROM experiment_summary
ORDER BY run_id
