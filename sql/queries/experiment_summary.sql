-- What:  every run at a glance, in the order in which they were registered.
-- Grain: one row a run_id.
-- NULL:  accuracy, loss and their test_ sisters, seconds: no epoch is complete, or (losses) the loss was not
--        finite; finished_at: the run still goes on, or was killed.
SELECT
    run_id,
    experiment,
    seed,
    dataset,
    float_type,
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
    test_accuracy,
    test_loss,
    seconds
FROM experiment_summary
ORDER BY run_id
