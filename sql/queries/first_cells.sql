-- What:  the first rows of one layer's gradient table at one step, with as many of its cells as fit on a screen: the
--        first 8 gradient columns, or all of fewer.
-- Grain: one row a row of the gradient.
-- Norm, Mean: of the whole row, all {width} cells of it.
-- NULL:  a cell that was not finite; Norm and Mean of a row that holds one.
SELECT
    run_id,
    Epoch,
    Step,
    RowIndex,
    {first_columns},
    Norm,
    Mean
FROM {table}
WHERE run_id = :run_id AND Epoch = :epoch AND Step = :step
ORDER BY RowIndex
LIMIT :rows
