-- What:  the first rows of one layer's gradient table at one step, with as many of its cells as fit on a screen.
-- Grain: one row a row of the gradient.
-- NULL:  a cell that was not finite; Norm and Mean of a row that holds one.
SELECT
    Run,
    Epoch,
    Step,
    RowIndex,
    {gradient_columns},
    Norm,
    Mean
FROM {view}
WHERE Run = :run_id AND Epoch = :epoch AND Step = :step
ORDER BY RowIndex
LIMIT :rows
