-- What:  loss and accuracy of one or several runs, on training and test images.
-- Grain: one row a (run_id, epoch).
-- NULL:  a loss that was not finite.
SELECT
    run_id,
    experiment,
    seed,
    dataset,
    epoch,
    loss,
    accuracy,
    test_loss,
    test_accuracy,
    learning_rate,
    seconds
FROM training_curves
WHERE run_id IN :run_ids
ORDER BY run_id, epoch
