-- What:  loss and accuracy of one run, on training and validation images.
-- Grain: one row an epoch.
-- NULL:  a loss that was not finite.
SELECT
    run_id,
    experiment,
    seed,
    dataset,
    epoch,
    loss,
    accuracy,
    validation_loss,
    validation_accuracy,
    learning_rate,
    seconds
FROM training_curves
WHERE run_id = :run_id
ORDER BY epoch
