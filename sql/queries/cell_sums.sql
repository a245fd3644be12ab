-- What:  one epoch of one layer of one run summed up again from its cells, step by step, for `make verify`. Neither
--        Norm, Mean nor their index is read.
-- Grain: one row a step.
-- Why CAST: the server shows a FLOAT with six digits, and all of it as a DOUBLE.
-- Columns:
--   step           INT          the step
--   row_count      INT          rows
--   first_row      INT          smallest RowIndex
--   last_row       INT          largest RowIndex
--   finite_rows    INT          rows without a NULL cell; a row that holds one is left out of the sums that follow
--   null_cells     INT          cells that are NULL
--   cell_sum       DOUBLE NULL  sum of the values; NULL, as in all that follow: no row of the step is finite
--   magnitude_sum  DOUBLE NULL  sum of their magnitudes
--   square_sum     DOUBLE NULL  sum of their squares
--   norm_sum       DOUBLE NULL  sum of the rows' L2 norms
--   zeros          DOUBLE NULL  values that are 0
--   below_1em3     DOUBLE NULL  values of smaller magnitude than 1e-3
--   below_1em5     DOUBLE NULL  values of smaller magnitude than 1e-5
--   smallest       DOUBLE NULL  the smallest value
--   largest        DOUBLE NULL  the largest value
--   below_median   DOUBLE NULL  values below the median of step_statistics; NULL also where none is recorded
--   above_median   DOUBLE NULL  values above it
SELECT
    cells.Step AS step,
    COUNT(*) AS row_count,
    MIN(cells.RowIndex) AS first_row,
    MAX(cells.RowIndex) AS last_row,
    COUNT(LEAST({cells})) AS finite_rows,
    SUM({cells_null}) AS null_cells,
    SUM({cells_sum}) AS cell_sum,
    SUM({cells_magnitude}) AS magnitude_sum,
    SUM({cells_square}) AS square_sum,
    SUM(SQRT({cells_square})) AS norm_sum,
    SUM({cells_zero}) AS zeros,
    SUM({cells_small}) AS below_1em3,
    SUM({cells_tiny}) AS below_1em5,
    MIN(CAST(LEAST({cells}) AS DOUBLE)) AS smallest,
    MAX(CAST(GREATEST({cells}) AS DOUBLE)) AS largest,
    SUM({cells_below_median}) AS below_median,
    SUM({cells_above_median}) AS above_median
FROM {table} AS cells FORCE INDEX (PRIMARY)
LEFT JOIN step_statistics AS statistics
    ON
        statistics.run_id = cells.run_id
        AND statistics.layer = {layer}
        AND statistics.epoch = cells.Epoch
        AND statistics.step = cells.Step
WHERE cells.run_id = :run_id AND cells.Epoch = :epoch
GROUP BY cells.Step
ORDER BY cells.Step
