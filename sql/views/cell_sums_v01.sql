-- View:  {experiment}_layer_{layer}_cell_sums
-- What:  one layer's gradients summed up again from their cells, step by step, for `make verify`. Neither Norm, Mean
--        nor their index is read.
-- Grain: one row a (Run, Epoch, Step). Ask for one Run and one Epoch: each costs a reading of every cell.
-- row_count: rows. first_row, last_row: smallest and largest RowIndex. finite_rows: rows without a NULL cell; a row
--        that holds one is left out of all that follows, which is NULL where no row is left. null_cells: cells that
--        are NULL.
-- cell_sum, magnitude_sum, square_sum: sums of the values, their magnitudes and squares. norm_sum: sum of the rows' L2
--        norms. zeros, below_1e3, below_1e5: values that are 0, or of smaller magnitude than 1e-3 and 1e-5.
-- below_median, above_median: values below and above the median that step_statistics has; NULL where it has none.
-- Why + 0e0: the server shows a FLOAT with six digits, and all of it as an operand of +.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW {view} (
    Run, Epoch, Step, row_count, first_row, last_row, finite_rows, null_cells, cell_sum, magnitude_sum, square_sum,
    norm_sum, zeros, below_1e3, below_1e5, smallest, largest, below_median, above_median
) AS
SELECT
    cells.Run,
    cells.Epoch,
    cells.Step,
    COUNT(*),
    MIN(cells.RowIndex),
    MAX(cells.RowIndex),
    COUNT(LEAST({cells})),
    SUM({cells_null}),
    SUM({cells_sum}),
    SUM({cells_magnitude}),
    SUM({cells_square}),
    SUM(SQRT({cells_square})),
    SUM({cells_zero}),
    SUM({cells_small}),
    SUM({cells_tiny}),
    MIN(LEAST({cells}) + 0e0),
    MAX(GREATEST({cells}) + 0e0),
    SUM({cells_below_median}),
    SUM({cells_above_median})
FROM {table} AS cells FORCE INDEX (PRIMARY)
LEFT JOIN step_statistics AS statistics
    ON
        statistics.run_id = cells.Run
        AND statistics.layer = {layer}
        AND statistics.epoch = cells.Epoch
        AND statistics.step = cells.Step
GROUP BY cells.Run, cells.Epoch, cells.Step
