-- View:  {experiment}_layer_{layer}_near_zero
-- What:  how much of one layer's gradient is next to nothing.
-- Grain: one row a (Run, Epoch).
-- below_1e3, below_1e5: fraction of the epoch's gradient values whose magnitude is below 1e-3 and 1e-5; values in
--        rows without a norm are left out; NULL where none is left.
-- Reads: step_statistics, since counting would touch every cell of the gradient table.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW {view} (Run, Epoch, below_1e3, below_1e5) AS
SELECT
    runs.run_id,
    steps.epoch,
    SUM(steps.below_1e3 * steps.finite_rows) / NULLIF(SUM(steps.finite_rows), 0),
    SUM(steps.below_1e5 * steps.finite_rows) / NULLIF(SUM(steps.finite_rows), 0)
FROM runs
INNER JOIN step_statistics AS steps
    ON steps.run_id = runs.run_id AND steps.layer = {layer}
WHERE runs.experiment = '{experiment}'
GROUP BY runs.run_id, steps.epoch
