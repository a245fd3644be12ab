-- What:  what the view of all runs at a glance says of one run, as far as that follows from something else.
-- Grain: one row, none where there is no such run.
-- NULL:  accuracy, loss and their test_ sisters, seconds: no epoch is complete, or (losses) the loss was not
--        finite.
SELECT
    accuracy,
    loss,
    test_accuracy,
    test_loss,
    seconds,
    gradient_rows,
    gradient_values
FROM experiment_summary
WHERE run_id = :run_id
