-- View:  experiment_summary
-- What:  every run at a glance.
-- Grain: one row a run_id.
-- training_images: how many the run trains on: LIMIT, where one was given, else all of the data set.
-- accuracy, loss, validation_accuracy, validation_loss: of the last completed epoch; NULL before the first.
--        seconds: wall time of the completed epochs. gradient_rows, gradient_values: what the run has put into the
--        gradient tables.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW experiment_summary (
    run_id, experiment, seed, dataset, `precision`, telemetry, record_every, training_images, status,
    started_at, finished_at, epochs, completed_epoch, accuracy, loss, validation_accuracy, validation_loss,
    seconds, gradient_rows, gradient_values
) AS
SELECT
    runs.run_id,
    runs.experiment,
    runs.seed,
    runs.dataset,
    runs.`precision`,
    runs.telemetry,
    runs.record_every,
    runs.training_images,
    runs.status,
    runs.started_at,
    runs.finished_at,
    runs.epochs,
    runs.completed_epoch,
    last.accuracy,
    last.loss,
    last.validation_accuracy,
    last.validation_loss,
    totals.seconds,
    COALESCE(chunks.gradient_rows, 0),
    COALESCE(chunks.gradient_values, 0)
FROM runs
LEFT JOIN epoch_metrics AS last
    ON last.run_id = runs.run_id AND last.epoch = runs.completed_epoch
LEFT JOIN (
    SELECT
        run_id,
        SUM(seconds) AS seconds
    FROM epoch_metrics
    GROUP BY run_id
) AS totals ON totals.run_id = runs.run_id
LEFT JOIN (
    SELECT
        progress.run_id,
        SUM(progress.`rows`) AS gradient_rows,
        SUM(progress.`rows` * layers.width) AS gradient_values
    FROM telemetry_progress AS progress
    INNER JOIN layers ON layers.run_id = progress.run_id AND layers.layer = progress.layer
    GROUP BY progress.run_id
) AS chunks ON chunks.run_id = runs.run_id
