-- What:  one epoch of one layer of one run summed up again from its cells, step by step, for `make verify`. Neither
--        Norm, Mean nor their index is read.
-- Grain: one row a step.
-- row_count: rows. first_row, last_row: smallest and largest RowIndex. finite_rows: rows without a NULL cell; a row
--        that holds one is left out of all that follows. null_cells: cells that are NULL.
-- cell_sum, magnitude_sum, square_sum: sums of the values, their magnitudes and squares. norm_sum: sum of the rows' L2
--        norms. zeros, below_1em3, below_1em5: values that are 0, or of smaller magnitude than 1e-3 and 1e-5.
-- below_median, above_median: values below and above the median that step_statistics has.
-- NULL:  no row of the step is finite; below_median and above_median also where no median is recorded.
-- Why CAST: the server shows a FLOAT with six digits, and all of it as a DOUBLE.
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
