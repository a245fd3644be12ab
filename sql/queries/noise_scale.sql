-- What:  how much the gradients of one layer's weights differ from batch to batch, beside what they have in common.
-- Grain: one row, of one epoch of one run.
-- NULL:  noise_scale: no common gradient can be told from the noise; all but steps: no row was finite.
SELECT
    run_id,
    Epoch AS epoch,
    steps,
    mean_square,
    square_of_mean,
    noise_scale
FROM {view}
WHERE run_id = :run_id AND Epoch = :epoch
