-- What:  one epoch of one layer of one run, summed up again from the cells.
-- Grain: one row a step.
-- NULL:  no row of the step is finite; below_median and above_median also where no median is recorded.
SELECT
    Step AS step,
    row_count,
    first_row,
    last_row,
    finite_rows,
    null_cells,
    cell_sum,
    magnitude_sum,
    square_sum,
    norm_sum,
    zeros,
    below_1e3,
    below_1e5,
    smallest,
    largest,
    below_median,
    above_median
FROM {view}
WHERE Run = :run_id AND Epoch = :epoch
ORDER BY Step
