-- View:    noise_scales
-- What:    how much the gradients of a layer's weights differ from batch to batch of an epoch, beside what they have in
--          common, of all experiments, summed up while they were recorded.
-- Grain:   one row per (run_id, epoch, layer), for every layer with weights, at most a million of them. Runs that older
--          versions recorded have none before `make summarize`.
-- Order:   epoch, layer
-- Columns:
--   run_id          INT          the run
--   experiment      TEXT         the experiment's name
--   epoch           INT          the epoch, from 1
--   layer           INT          the layer, from 1
--   layer_name      TEXT         the layer's name, such as layer_1_input
--   steps           INT          recorded steps with a finite row
--   mean_square     DOUBLE NULL  mean over the steps of |g|^2, as in the noise_scale view of the layer, which works it
--                                out anew from the cells; NULL, as the others, as there
--   square_of_mean  DOUBLE NULL  |mean of g|^2, of the mean gradient of all these steps
--   noise_scale     DOUBLE NULL  the simple noise scale tr(Sigma) / |G|^2, in samples
-- Why:     where the gradient is 0, or so small that no double holds its square, all three may be NULL in a run that
--          has them.
CREATE OR REPLACE /*!80000 SQL SECURITY INVOKER */ /*M!100000 SQL SECURITY INVOKER */ VIEW {view} AS
SELECT
    summed.run_id AS run_id,
    runs.experiment AS experiment,
    summed.epoch AS epoch,
    summed.layer AS layer,
    layers.layer_name AS layer_name,
    summed.steps AS steps,
    summed.mean_square AS mean_square,
    summed.square_of_mean AS square_of_mean,
    summed.noise_scale AS noise_scale
FROM epoch_layers AS summed
INNER JOIN runs ON runs.run_id = summed.run_id
INNER JOIN layers ON layers.run_id = summed.run_id AND layers.layer = summed.layer
WHERE
    layers.row_meaning = 'input'
    AND (
        summed.steps = 0
        OR summed.gradient_norm < CAST('1e-140' AS DOUBLE)
        OR COALESCE(summed.mean_square, summed.square_of_mean, summed.noise_scale) IS NOT NULL
    )
