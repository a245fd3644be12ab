-- View:    {experiment}_layer_{layer}_near_zero
-- What:    how much of one layer's gradient is next to nothing.
-- Grain:   one row per (run_id, Epoch).
-- Order:   Epoch
-- Columns:
--   run_id      INT          the run
--   Epoch       INT          the epoch, from 1
--   below_1em3  DOUBLE NULL  fraction of the epoch's gradient values whose magnitude is below 1e-3; values in rows
--                            without a norm are left out; NULL where none is left
--   below_1em5  DOUBLE NULL  the same, below 1e-5
-- Reads:   step_statistics, since counting would touch every cell of the gradient table.
CREATE OR REPLACE /*!80000 SQL SECURITY INVOKER */ /*M!100000 SQL SECURITY INVOKER */ VIEW {view} AS
SELECT
    runs.run_id AS run_id,
    steps.epoch AS Epoch,
    SUM(steps.below_1em3 * steps.finite_rows) / NULLIF(SUM(steps.finite_rows), 0) AS below_1em3,
    SUM(steps.below_1em5 * steps.finite_rows) / NULLIF(SUM(steps.finite_rows), 0) AS below_1em5
FROM runs
INNER JOIN step_statistics AS steps
    ON steps.run_id = runs.run_id AND steps.layer = {layer}
WHERE runs.experiment = '{experiment}'
GROUP BY runs.run_id, steps.epoch
