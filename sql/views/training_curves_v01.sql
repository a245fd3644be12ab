-- View:  training_curves
-- What:  loss and accuracy of every run, epoch by epoch.
-- Grain: one row a (run_id, epoch).
-- loss, accuracy: over the training images as the epoch met them, weights changing meanwhile; validation_loss,
--        validation_accuracy: over the test images after the epoch; accuracies are fractions. A loss is NULL where it
--        was not finite. learning_rate: at the epoch's last step. seconds: wall time of the epoch.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW training_curves (
    run_id, experiment, seed, dataset, epoch, loss, accuracy, validation_loss, validation_accuracy, learning_rate, seconds
) AS
SELECT
    runs.run_id,
    runs.experiment,
    runs.seed,
    runs.dataset,
    metrics.epoch,
    metrics.loss,
    metrics.accuracy,
    metrics.validation_loss,
    metrics.validation_accuracy,
    metrics.learning_rate,
    metrics.seconds
FROM runs
INNER JOIN epoch_metrics AS metrics ON metrics.run_id = runs.run_id
