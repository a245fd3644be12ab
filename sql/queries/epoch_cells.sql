-- What:  every cell of one epoch of one layer of one run, for `make verify`. Neither Norm, Mean nor their index is read.
-- Grain: one row a row of the gradient, in order.
-- Columns:
--   step           INT          the step
--   row_index      INT          the row within the step, from 0
--   {all_columns}  DOUBLE NULL  the gradient columns, one after the other; NULL: not finite
SELECT
    Step AS step,
    RowIndex AS row_index,
    {all_columns}
FROM {table} FORCE INDEX (PRIMARY)
WHERE run_id = :run_id AND Epoch = :epoch
ORDER BY Step, RowIndex
