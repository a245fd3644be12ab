-- What:  some rows of one layer's gradient table at one step, from one row on, with as many of its cells as fit on a
--        screen: the first 8 gradient columns, or all of fewer.
-- Grain: one row a row of the gradient.
-- Columns:
--   run_id           INT          the run
--   Epoch            INT          the epoch
--   Step             INT          the step
--   RowIndex         INT          the row
--   {first_columns}  DOUBLE NULL  the first gradient columns, one after the other; NULL: not finite
--   Norm             DOUBLE NULL  of the whole row; NULL: a cell was not finite
--   Mean             DOUBLE NULL  of the whole row; NULL likewise
SELECT
    run_id,
    Epoch,
    Step,
    RowIndex,
    {first_columns},
    Norm,
    Mean
FROM {table}
WHERE run_id = :run_id AND Epoch = :epoch AND Step = :step AND RowIndex >= :row
ORDER BY RowIndex
LIMIT :rows
