-- What:  norms of the steps of one epoch of one layer whose cells are all below 1e-140, summed up again from the cells,
--        for `make verify`. Cells are taken 1e200 times as large, since a double does not hold the squares of these.
-- Grain: one row a step.
-- Columns:
--   step      INT          the step
--   norm_sum  DOUBLE NULL  sum of the rows' L2 norms; NULL, as the next: no row of the step is finite
--   norm      DOUBLE NULL  L2 norm of all cells of the finite rows
SELECT
    Step AS step,
    SUM(SQRT({cells_enlarged_square})) / CAST('1e200' AS DOUBLE) AS norm_sum,
    SQRT(SUM({cells_enlarged_square})) / CAST('1e200' AS DOUBLE) AS norm
FROM {table} FORCE INDEX (PRIMARY)
WHERE run_id = :run_id AND Epoch = :epoch AND Step IN :step
GROUP BY Step
ORDER BY Step
